import Foundation
import Identification
import Replay

/// What single drives told, one line of JSON each, on disk as soon as it is known.
struct TuneParts {
  private let path: String?
  private var kept: [String: DriveFindings] = [:]

  /// Lines of other software are of other estimators, and are left out.
  private static var version: String { "1 tulpar \(softwareVersion)" }

  private struct Line: Codable {
    var version: String
    var drive: String
    var sha256: String
    var findings: [String: Numbers]
  }

  private struct Numbers: Codable {
    /// Absent where nothing was found.
    var value: Double?
    var standardError: Double?
    var quantile: Double
    var systematic: Double?
    /// Absent where the drive told enough.
    var advice: String?

    init(_ finding: DriveFindings.Finding) {
      let estimate = finding.estimate
      value = estimate.value.isFinite ? estimate.value : nil
      standardError = estimate.standardError.isFinite ? estimate.standardError : nil
      quantile = estimate.quantile
      systematic = finding.systematic.isFinite ? finding.systematic : nil
      if case .notEnough(let advice) = estimate.excitation { self.advice = advice }
    }

    var finding: DriveFindings.Finding {
      DriveFindings.Finding(
        Estimate(
          value ?? .nan, standardError: standardError ?? .infinity, quantile: quantile,
          excitation: advice.map { .notEnough($0) } ?? .enough), systematic: systematic ?? 0)
    }
  }

  /// - Parameter path: nil to keep nothing.
  init(_ path: String?) throws(CommandFailure) {
    self.path = path
    guard let path else { return }
    if !FileManager.default.fileExists(atPath: path) {
      guard FileManager.default.createFile(atPath: path, contents: nil) else {
        throw .badInput("\(path): cannot write")
      }
      return
    }
    var bytes = try readInput(path)
    // A stop may have cut the last line.
    while let last = bytes.last, last != UInt8(ascii: "\n") { bytes.removeLast() }
    for text in bytes.split(separator: UInt8(ascii: "\n")) {
      guard let line = try? JSONDecoder().decode(Line.self, from: Data(text)),
        line.version == Self.version
      else { continue }
      var findings = DriveFindings()
      for (name, numbers) in line.findings {
        guard let quantity = TunedQuantity(rawValue: name) else { continue }
        findings.findings[quantity] = numbers.finding
      }
      kept[line.sha256] = findings
    }
    do { try Data(bytes).write(to: URL(filePath: path), options: .atomic) } catch {
      throw .badInput("\(path): cannot write (\(reason(error)))")
    }
  }

  subscript(_ hash: String) -> DriveFindings? { kept[hash] }

  mutating func keep(
    _ findings: DriveFindings, hash: String, path drive: String
  ) throws(CommandFailure) {
    guard let path else { return }
    kept[hash] = findings
    var numbers: [String: Numbers] = [:]
    for (quantity, finding) in findings.findings {
      numbers[quantity.rawValue] = Numbers(finding)
    }
    let line = Line(version: Self.version, drive: drive, sha256: hash, findings: numbers)
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      let data = try encoder.encode(line) + Data("\n".utf8)
      let file = try FileHandle(forWritingTo: URL(filePath: path))
      defer { try? file.close() }
      try file.seekToEnd()
      try file.write(contentsOf: data)
      try file.synchronize()
    } catch {
      throw .badInput("\(path): cannot write (\(reason(error)))")
    }
  }
}
