import CLinux
import Foundation

/// One request to a running daemon, and its answer.
struct ControlClient {
  let socket: String

  private static let byteLimit = 65_536

  func exchange(_ body: [UInt8]) throws(CommandFailure) -> [UInt8] {
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
