import Foundation
import Recording
import Replay
import Signals
import Units

/// `tulpar replay --against`: what two builds decide from the same drives, or how two drives differ.
struct ReplayAgainst {
  let other: String
  let profile: String?
  let mission: String?
  let json: Bool

  func run(_ logs: [String]) throws {
    if try RecordedDriveReplay.takes(other) {
      guard logs.count == 1 else {
        throw CommandFailure.badInput("--against \(other): a recording is compared with one LOG")
      }
    } else if !FileManager.default.isExecutableFile(atPath: other) {
      throw CommandFailure.badInput(
        "--against \(other): is neither a recording nor a program that can be run")
    }
    var tally = DriveTally()
    for log in logs {
      try tally.take(log, json: json) {
        let divergence = try compared(log)
        return (
          divergence.isSame, divergence.text(isOnlyOne: logs.count == 1),
          json ? try divergence.json(log, other) : ""
        )
      }
    }
    try tally.finish(json: json)
  }

  private func compared(_ log: String) throws -> DriveDivergence {
    let recorded = RecordedDriveReplay(log: log, profile: profile, mission: mission)
    let divergence = try recorded.explaining {
      if try RecordedDriveReplay.takes(other) {
        let first = try DriveLog(ByteSource(opening: log), byName: true)
        let second = try DriveLog(ByteSource(opening: other), byName: true)
        return first.hasOurLayout && second.hasOurLayout
          ? try DriveDivergence.of(first, second) : try DriveDivergence.byName(first, second)
      }
      let folder = FileManager.default.temporaryDirectory.appending(path: "against-\(UUID())")
      defer { try? FileManager.default.removeItem(at: folder) }
      let theirs = try replayedByOther(log, into: folder)
      return try recorded.opened().compare(with: DriveLog(ByteSource(opening: theirs)))
    }
    guard divergence.cycles > 0 else {
      throw CommandFailure.badInput(
        "\(log): has no cycle in common with \(other): there is nothing to compare")
    }
    return divergence
  }

  /// Has the other program replay the drive; where it recorded what it decided.
  private func replayedByOther(_ log: String, into folder: URL) throws -> String {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let process = Process()
    process.executableURL = URL(filePath: other)
    process.arguments = ["replay", log, "--out", folder.path]
    process.standardOutput = FileHandle.nullDevice
    let errors = folder.appending(path: "errors")
    try Data().write(to: errors)
    process.standardError = try FileHandle(forWritingTo: errors)
    do { try process.run() } catch {
      throw CommandFailure.badInput("\(other): cannot be run: \(reason(error))")
    }
    process.waitUntilExit()
    let replayed = folder.appending(path: "replayed.mcap").path
    let isReplay = process.terminationReason == .exit && process.terminationStatus <= 1
    guard isReplay, FileManager.default.fileExists(atPath: replayed) else {
      let said = (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
      throw CommandFailure.badInput(
        "\(other) does not replay \(log) (status \(process.terminationStatus)): "
          + (said.isEmpty ? "it leaves no replayed.mcap" : said.trimmingSuffix))
    }
    return replayed
  }
}

/// Of a comparison's JSON: one output field that differs.
struct DifferingField: Codable {
  let name: String
  let cycles: UInt64
  /// Null where one value is no number.
  let largest: Double?
  let first: Double
}

/// Of a comparison's JSON: which fields of two builds were compared by name.
private struct ComparedFields: Codable {
  let compared: Int
  let onlyHere: [String]
  let onlyThere: [String]
  let otherKind: [String]
  let otherLength: [String]

  init(_ overlap: FieldOverlap) {
    compared = overlap.compared
    (onlyHere, onlyThere) = (overlap.onlyHere, overlap.onlyThere)
    (otherKind, otherLength) = (overlap.otherKind, overlap.otherLength)
  }
}

/// The lines of many drives, and what ends the command after them.
struct DriveTally {
  private var same = 0
  private var different = 0
  private var refused: [String] = []
  private var objects: [String] = []

  /// - Parameter body: whether the drive is the same, a text for a reader, and JSON.
  mutating func take(
    _ log: String, json: Bool, _ body: () throws -> (isSame: Bool, text: String, json: String)
  ) throws {
    let line: String
    do {
      let found = try body()
      if found.isSame { same += 1 } else { different += 1 }
      objects.append(found.json)
      line = "\(log): \(found.text)"
    } catch let failure as CommandFailure {
      refused.append(failure.message)
      line = "\(log): cannot be replayed"
    }
    if !json { try FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8)) }
  }

  /// Exit status 2 if a drive could not be replayed, 1 if one differs.
  func finish(json: Bool) throws {
    let count = same + different + refused.count
    let summary =
      "\(count) \(count == 1 ? "drive" : "drives"): \(same) identical, \(different) different"
      + (refused.isEmpty ? "" : ", \(refused.count) not replayed")
    let text = json ? "[" + objects.joined(separator: ",\n") + "]\n" : summary + "\n"
    if json || count > 1 { try FileHandle.standardOutput.write(contentsOf: Data(text.utf8)) }
    if !refused.isEmpty { throw CommandFailure.badInput(refused.joined(separator: "\n")) }
    if different > 0 { throw CommandFailure.failed(summary) }
  }
}

extension DriveDivergence {
  fileprivate func text(isOnlyOne: Bool) -> String {
    ([verdict(isOnlyOne: isOnlyOne)]
      + [("decisions", decisions), ("inputs", consumed)].flatMap { name, overlap in
        overlap.map { Self.lines(name, $0) } ?? []
      }).joined(separator: "\n")
  }

  /// What was compared by name, and what was not.
  private static func lines(_ name: String, _ overlap: FieldOverlap) -> [String] {
    let others: [(String, [String])] = [
      ("not compared, only here", overlap.onlyHere),
      ("not compared, only there", overlap.onlyThere),
      ("not compared, of another kind", overlap.otherKind),
      ("compared as far as both go", overlap.otherLength),
    ]
    return ["\(name): \(overlap.compared) fields that both have were compared by name"]
      + others.filter { !$0.1.isEmpty }.map { title, fields in
        "\(name), \(title) (\(fields.count)): " + fields.joined(separator: ", ")
      }
  }

  private func verdict(isOnlyOne: Bool) -> String {
    let share = decisions == nil ? "" : " in the fields that both have"
    if isSame, let otherInputsSince {
      return "same decisions\(share), inputs differ from cycle \(otherInputsSince) on, "
        + "\(cycles) cycles"
    }
    guard !isSame else {
      return decisions == nil
        ? "identical, \(cycles) cycles" : "same decisions\(share), \(cycles) cycles"
    }
    var text = "\(differing) of \(cycles) cycles differ\(share)"
    if unpaired > 0 { text += "; \(unpaired) cycles are in one of the two only" }
    if let first {
      text += "; the first: \(first.place) is \(first.recorded) here, \(first.replayed) there"
    }
    if let otherInputsSince { text += "; inputs differ from cycle \(otherInputsSince) on" }
    guard isOnlyOne, !differences.isEmpty else { return text }
    return text + "\n" + table
  }

  /// A line for each field that differs.
  var table: String {
    let width = max(differences.map(\.name.count).max() ?? 0, 5)
    func row(_ name: String, _ cycles: String, _ largest: String, _ time: String) -> String {
      [name.padded(to: width), cycles.padded(to: 8), largest.padded(to: 20), time]
        .joined(separator: "  ")
    }
    var lines = [row("field", "cycles", "largest difference", "first at, s")]
    for field in differences {
      lines.append(
        row(
          field.name, "\(field.cycles)", String(format: "%.6g", field.largest),
          String(format: "%.2f", Double(field.time.nanoseconds) * 1e-9)))
    }
    return lines.joined(separator: "\n")
  }

  var fields: [DifferingField] {
    differences.map {
      DifferingField(
        name: $0.name, cycles: $0.cycles, largest: $0.largest.isFinite ? $0.largest : nil,
        first: Double($0.time.nanoseconds) * 1e-9)
    }
  }

  private struct Result: Codable {
    let log: String
    let against: String
    let identical: Bool
    let cycles: UInt64
    let differing: UInt64
    let unpaired: UInt64
    let inputsDifferSince: UInt64?
    /// Only where the two recordings have not the same fields.
    let decisions: ComparedFields?
    let inputs: ComparedFields?
    let fields: [DifferingField]
  }

  fileprivate func json(_ log: String, _ other: String) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let result = Result(
      log: log, against: other,
      identical: isSame && otherInputsSince == nil && decisions == nil && consumed == nil,
      cycles: cycles, differing: differing, unpaired: unpaired,
      inputsDifferSince: otherInputsSince, decisions: decisions.map(ComparedFields.init),
      inputs: consumed.map(ComparedFields.init), fields: fields)
    return String(decoding: try encoder.encode(result), as: UTF8.self)
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(width - count, 0))
  }

  fileprivate var trimmingSuffix: String {
    trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
