import ControlTuning
import Foundation
import Vehicle

/// What single drives of a search gave, one line of JSON each, on disk as soon as it is known.
///
/// The first line says what they are drives of: another search must not take them for its own.
struct TuneControlParts: Sendable {
  struct Drive: Hashable, Sendable {
    let course: String
    let seed: UInt64
    let choice: WeightChoice
  }

  private let path: String?
  private var kept: [Drive: DriveMeasures] = [:]

  private struct Header: Codable {
    var format: String
    var key: [String: String]
  }

  private struct Line: Codable {
    var course: String
    var seed: UInt64
    var hundredths: [Int]
    var measures: DriveMeasures
  }

  private static var format: String { "tulpar tune control 1" }

  /// - Parameter path: nil to keep nothing.
  init(_ path: String?, key: [(name: String, value: String)]) throws(CommandFailure) {
    self.path = path
    guard let path else { return }
    var bytes: [UInt8] = []
    if FileManager.default.fileExists(atPath: path) { bytes = try readInput(path) }
    // A stop may have cut the last line.
    while let last = bytes.last, last != UInt8(ascii: "\n") { bytes.removeLast() }
    let lines = bytes.split(separator: UInt8(ascii: "\n"))
    if let first = lines.first {
      try Self.check(first, key, path)
    } else {
      let header = Header(
        format: Self.format, key: Dictionary(key.map { ($0.name, $0.value) }) { first, _ in first })
      bytes = try Self.line(header, path)
    }
    for (index, text) in lines.dropFirst().enumerated() {
      guard let line = try? JSONDecoder().decode(Line.self, from: Data(text)),
        line.hundredths.count == LateralWeight.allCases.count
      else { throw Self.refusal("\(path):\(index + 2): not a drive of tulpar tune control", path) }
      let choice = WeightChoice(hundredths: line.hundredths)
      kept[Drive(course: line.course, seed: line.seed, choice: choice)] = line.measures
    }
    do { try Data(bytes).write(to: URL(filePath: path), options: .atomic) } catch {
      throw .badInput("\(path): cannot write (\(reason(error)))")
    }
  }

  private static func check(
    _ first: ArraySlice<UInt8>, _ key: [(name: String, value: String)], _ path: String
  ) throws(CommandFailure) {
    guard let header = try? JSONDecoder().decode(Header.self, from: Data(first)) else {
      throw refusal("\(path):1: not parts of tulpar tune control", path)
    }
    guard header.format == format else {
      throw refusal(
        "\(path):1: format: read \(quoted(header.format)); allowed: \(quoted(format))", path)
    }
    for (name, value) in key where header.key[name] != value {
      throw refusal(
        "\(path):1: \(name): read \(header.key[name].map { quoted($0) } ?? "nothing"); allowed: "
          + "\(quoted(value)), as this command drives", path)
    }
    let known = Set(key.map(\.name))
    if let other = header.key.keys.sorted().first(where: { !known.contains($0) }) {
      throw refusal("\(path):1: \(other): of another command, this one has none", path)
    }
  }

  private static func refusal(_ message: String, _ path: String) -> CommandFailure {
    .badInput("\(message); remove \(path) to begin anew, or give another --out")
  }

  private static func line(_ value: some Encodable, _ path: String) throws(CommandFailure)
    -> [UInt8]
  {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do { return [UInt8](try encoder.encode(value) + Data("\n".utf8)) } catch {
      throw .badInput("\(path): cannot write (\(reason(error)))")
    }
  }

  subscript(_ drive: Drive) -> DriveMeasures? { kept[drive] }

  mutating func keep(_ measures: DriveMeasures, of drive: Drive) throws(CommandFailure) {
    kept[drive] = measures
    guard let path else { return }
    let bytes = try Self.line(
      Line(
        course: drive.course, seed: drive.seed, hundredths: drive.choice.hundredths,
        measures: measures), path)
    do {
      let file = try FileHandle(forWritingTo: URL(filePath: path))
      defer { try? file.close() }
      try file.seekToEnd()
      try file.write(contentsOf: Data(bytes))
      try file.synchronize()
    } catch {
      throw .badInput("\(path): cannot write (\(reason(error)))")
    }
  }
}
