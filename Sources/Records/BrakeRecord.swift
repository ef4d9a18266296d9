import Signals
import Units

/// What the brakes of one truck were found to give of what is demanded (S-8); survives restarts.
///
///     {"format": "1", "share": "0.83"}
package struct BrakeRecord: Sendable, Equatable {
  package struct Problem: Error, Equatable, CustomStringConvertible {
    package let description: String
  }

  package let share: Fraction

  /// Of a record that cannot be read: somebody had a reason to write one.
  package static var unreadable: BrakeRecord { BrakeRecord(share: Fraction(0.5)) }

  package init(share: Fraction) { self.share = share }

  /// - Parameter bytes: of the file.
  package init(_ bytes: [UInt8]) throws(Problem) {
    let members: [String: String]
    do throws(JSONText.Problem) {
      members = try JSONText.strings(in: bytes, what: "brake record")
    } catch {
      throw Problem(description: error.message)
    }
    guard members["format"] == "1" else {
      throw Self.refused("format", members["format"], "1")
    }
    for key in members.keys.sorted() where key != "format" && key != "share" {
      throw Problem(description: "\(key): unknown key")
    }
    guard let text = members["share"], let share = Double(text), share >= 0, share <= 1 else {
      throw Self.refused("share", members["share"], "0 to 1")
    }
    self.share = Fraction(share)
  }

  package var encoded: [UInt8] {
    Array("{\"format\": \"1\", \"share\": \"\(share.value)\"}\n".utf8)
  }

  private static func refused(_ key: String, _ value: String?, _ allowed: String) -> Problem {
    Problem(
      description: "\(key): read \(value.map { "'\($0)'" } ?? "nothing"), allowed is \(allowed)")
  }
}
