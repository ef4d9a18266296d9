import ArgumentParser
import Foundation
import Recording

struct RecoverCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover",
    abstract: "Make a whole recording of one that broke off.",
    discussion: """
      Copies every record before the first damage, checked by its sums, into a new file with indexes \
      and summary. The old file stays as it is. Status 0: something was kept; 1: nothing that can be \
      replayed; 2: wrong use, or a file that cannot be read at all.
      """)

  @Argument(help: "The broken recording.") var log: String
  @Option(
    help: ArgumentHelp("The new file; it must not exist yet.", valueName: "FILE"))
  var out: String

  mutating func run() throws {
    guard !FileManager.default.fileExists(atPath: out) else {
      throw CommandFailure.badInput("\(out): exists already")
    }
    var kept: UInt64 = 0
    do throws(RecordingError) {
      let source = try ByteSource(opening: log)
      let path = out
      let recovery = try Recovery(source) { () throws(RecordingError) in
        try RecordingSink(creating: path)
      }
      print(text(recovery, of: source))
      kept = recovery.messages
    } catch {
      throw CommandFailure.badInput("\(error)")
    }
    guard kept > 0 else {
      throw CommandFailure.failed(
        "\(log): no message stands before the damage: nothing in \(out) can be replayed")
    }
  }

  private func text(_ recovery: Recovery, of source: ByteSource) -> String {
    let kept = String(
      format: "kept %llu messages over %.2f s and %d attachments", recovery.messages,
      Double(recovery.end - recovery.start) * 1e-9, recovery.attachments)
    guard let damage = recovery.damage else { return "\(log) is whole; \(kept)" }
    let lost = source.size - min(damage.offset, source.size)
    return "\(damage)\n\(kept); \(lost) bytes from there on are left out"
  }
}
