import ArgumentParser
import CLinux
import Foundation

struct TellCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tell",
    abstract: "Speak to a running daemon over its control socket.",
    discussion: """
      The answer is one JSON object on standard output. Status 0: done; 1: the daemon refused, or \
      does not run; 2: wrong use. Scripted authority (release, revoke) is for virtual buses only.
      """)

  @Argument(help: "The control socket, as in /run/tulpar/control.sock.") var socket: String
  @Argument(help: "acknowledge, stop, arm, disarm, status, release or revoke.") var request: String
  @Argument(help: "The hold line, for release and revoke.") var line: String?

  private static let plain = ["acknowledge", "stop", "arm", "disarm", "status"]
  private static let withLine = ["release", "revoke"]
  private static let byteLimit = 65_536

  mutating func validate() throws {
    guard Self.plain.contains(request) || Self.withLine.contains(request) else {
      let allowed = (Self.plain + Self.withLine).sorted().joined(separator: ", ")
      throw ValidationError("unknown request '\(request)'; allowed are \(allowed)")
    }
    guard Self.withLine.contains(request) == (line != nil) else {
      throw ValidationError(
        line == nil ? "'\(request)' needs a hold line" : "'\(request)' takes no hold line")
    }
  }

  mutating func run() throws {
    var members = ["do": request]
    members["line"] = line
    let body = try JSONSerialization.data(withJSONObject: members, options: [.sortedKeys])
    let answer = try exchange([UInt8](body))
    print(String(decoding: answer, as: UTF8.self))
    let object = try? JSONSerialization.jsonObject(with: Data(answer)) as? [String: Any]
    guard object?["ok"] as? Bool == true else {
      let reason = object?["error"] as? String ?? "the daemon's answer is not understood"
      throw CommandFailure.failed("\(request): \(reason)")
    }
  }

  private func exchange(_ body: [UInt8]) throws(CommandFailure) -> [UInt8] {
    let descriptor = unsafe tl_unix_connect(socket, 5_000)
    guard descriptor >= 0 else { throw failure("cannot be reached", -descriptor) }
    defer { tl_close(descriptor) }
    let message = (0..<4).map { UInt8(truncatingIfNeeded: body.count >> (8 * $0)) } + body
    // A daemon that refuses the user has already answered and closed; its answer is still there.
    let written = unsafe tl_write_all(descriptor, message, message.count)
    var head = [UInt8](repeating: 0, count: 4)
    let result = unsafe tl_read_exactly(descriptor, &head, 4)
    guard result == 1 else { throw failure("gave no answer", written != 0 ? -written : -result) }
    let length = head.enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    guard length > 0, length <= Self.byteLimit else {
      throw .failed("\(socket): an answer of \(length) bytes is not from the daemon")
    }
    var answer = [UInt8](repeating: 0, count: length)
    guard unsafe tl_read_exactly(descriptor, &answer, length) == 1 else {
      throw .failed("\(socket): the answer is cut off")
    }
    return answer
  }

  private func failure(_ what: String, _ number: Int32) -> CommandFailure {
    let reason = number > 0 ? unsafe String(cString: strerror(number)) : "closed"
    return .failed("\(socket): \(what) (\(reason))")
  }
}
