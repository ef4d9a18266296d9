import CAN
import DBC
import Foundation
import TestSupport
import Testing

/// Compares with cantools, over seeded random payloads of every message of every file.
@Suite struct OracleTests {
  @Test(
    "decode and encode equal cantools bit for bit",
    .enabled(if: referencePython != nil, "no Python with cantools"),
    .enabled(if: sharedData("data/cantools-dbc") != nil, "no shared DBC files"))
  func equalsCantools() throws {
    let files = try conformanceFiles()
    let script = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "oracle.py").path
    let output = try runPython([script, "20261121", "40"] + files)
    var comparison = Comparison()
    for line in output.split(separator: "\n") { try comparison.check(line) }
    #expect(comparison.files == files.count)
    #expect(comparison.decoded > 5_000)
    #expect(comparison.encoded > 10_000)
    #expect(comparison.problems.isEmpty, "\(comparison.problems.prefix(20))")
  }
}

private struct Comparison {
  var files = 0
  var decoded = 0
  var encoded = 0
  var problems: [String] = []
  private var path = ""
  private var database: DBCDatabase?
  private var message = 0

  mutating func check(_ line: Substring) throws {
    let fields = line.split(separator: " ")
    switch fields[0] {
    case "F":
      files += 1
      path = String(line.dropFirst(2))
      database = try? load(path)
    case "E":
      if database != nil { problems.append("\(path): cantools refuses it") }
    case "M":
      let name = String(fields[1])
      let index = database?.messages.firstIndex { $0.name == name }
      if index == nil { problems.append("\(path): no message \(name)") }
      message = index ?? 0
    case "D": decode(fields)
    case "N": encode(fields)
    case "X": break
    default: problems.append("unreadable: \(line)")
    }
  }

  private mutating func decode(_ fields: [Substring]) {
    guard let database, database.messages.indices.contains(message) else { return }
    decoded += 1
    let signals = database.messages[message].signals
    let got = decodeAll(database, message, bytes(fields[1]))
    var expected = values(fields.dropFirst(2))
    for (signal, value) in zip(signals, got) where value.state != .absent {
      let exact = signal.floatKind == .none ? signal.exact(value) : .real(value.physical)
      // A code of J1939 has no physical value; cantools scales it all the same.
      let real =
        value.state == .value
        ? exact.real
        : Double(signal.rawInteger(value)) * signal.scale + signal.offset
      guard let reference = expected.removeValue(forKey: signal.name) else {
        problems.append("\(path) \(signal.name): cantools leaves it out")
        continue
      }
      let equal: Bool
      switch (reference, exact) {
      case (.integer(let a), .integer(let b)): equal = a == b
      default:
        equal =
          reference.real.bitPattern == real.bitPattern
          || (reference.real.isNaN && real.isNaN)
      }
      if !equal { problems.append("\(path) \(signal.name): \(exact), cantools \(reference)") }
    }
    if !expected.isEmpty { problems.append("\(path): not decoded \(expected.keys)") }
  }

  private mutating func encode(_ fields: [Substring]) {
    guard let database, database.messages.indices.contains(message) else { return }
    encoded += 1
    let entry = database.messages[message]
    let inputs = values(fields.dropFirst(2))
    do {
      let payload = try entry.encode(inputs, checkLimits: false)
      if payload != bytes(fields[1]) {
        problems.append("\(path) \(entry.name): \(payload), cantools \(fields[1])")
      }
    } catch {
      problems.append("\(path) \(error)")
    }
  }

  private func values(_ fields: ArraySlice<Substring>) -> [String: DBCQuantity] {
    var result: [String: DBCQuantity] = [:]
    for field in fields {
      let parts = field.split(separator: "=")
      let text = parts[1].dropFirst()
      result[String(parts[0])] =
        parts[1].first == "i"
        ? .integer(Int128(text) ?? 0)
        : .real(Double(bitPattern: UInt64(text, radix: 16) ?? 0))
    }
    return result
  }

  private func bytes(_ hex: Substring) -> [UInt8] {
    guard hex != "-" else { return [] }
    let digits = Array(hex)
    return stride(from: 0, to: digits.count, by: 2).map {
      UInt8(String(digits[$0...$0 + 1]), radix: 16) ?? 0
    }
  }
}
