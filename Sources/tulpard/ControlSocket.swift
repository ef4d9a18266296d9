import CLinux
import Realtime
import Signals

/// The local socket by which operator, clerk and scripts speak to the core: 4 bytes of length,
/// little-endian, and that much JSON, both ways.
///
/// One thread serves one client after the other; a client that is slow, silent or too long loses
/// its turn. Who may speak is the kernel's word (SO_PEERCRED), not the client's.
final class ControlSocket: @unchecked Sendable {
  static let byteLimit = 4_096
  private static let timeoutMilliseconds: Int32 = 1_000
  /// Of a whole connection: an operator's stop waits behind it.
  private static let turnNanoseconds: Int64 = 2_000_000_000
  /// Requests of one connection, so that nobody holds the socket.
  private static let requestLimit = 64

  private let listener: Int32
  private let commands: OperatorCommands

  init(path: String, commands: OperatorCommands) throws(StartFailure) {
    self.commands = commands
    listener = unsafe tl_unix_listen(path, 0o660)
    guard listener >= 0 else {
      throw .failed("control socket \(path): \(errorText(-listener))")
    }
  }

  func start() throws(RealtimeThread.Failure) -> RealtimeThread {
    try RealtimeThread(.init(name: "control-socket")) { [self] in
      while true { serveNext() }
    }
  }

  private func serveNext() {
    var waiting = listener
    guard unsafe tl_poll(&waiting, 1, tl_monotonic_ns() + 1_000_000_000) != 0 else { return }
    let client = tl_unix_accept(listener, Self.timeoutMilliseconds)
    guard client >= 0 else {
      // Out of descriptors: wait rather than spin.
      tl_sleep_until(tl_monotonic_ns() + 10_000_000)
      return
    }
    defer { tl_close(client) }
    var user: UInt32 = .max
    var process: Int32 = 0
    guard unsafe tl_unix_peer(client, &user, &process) == 0 else { return }
    guard user == tl_user_id() || user == 0 else {
      Journal.warning("control socket: user \(user) (process \(process)) was refused")
      reply(client, OperatorCommands.failure("user \(user) may not control this truck"))
      return
    }
    let end = tl_monotonic_ns() + Self.turnNanoseconds
    for _ in 0..<Self.requestLimit where !serve(client, until: end) { return }
  }

  /// Answers one request; whether another may follow.
  private func serve(_ client: Int32, until end: Int64) -> Bool {
    var head = [UInt8](repeating: 0, count: 4)
    let silence = tl_monotonic_ns() + Int64(Self.timeoutMilliseconds) * 1_000_000
    guard unsafe tl_read_exactly_until(client, &head, 4, min(silence, end)) == 1 else {
      return false
    }
    let length = head.enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    guard length > 0, length <= Self.byteLimit else {
      reply(
        client,
        OperatorCommands.failure("a request has 1 to \(Self.byteLimit) bytes, not \(length)"))
      return false
    }
    var body = [UInt8](repeating: 0, count: length)
    guard unsafe tl_read_exactly_until(client, &body, length, end) == 1 else { return false }
    do throws(JSONText.Problem) {
      return reply(client, commands.perform(try JSONText.strings(in: body)))
    } catch {
      reply(client, OperatorCommands.failure(error.message))
      return false
    }
  }

  @discardableResult
  private func reply(_ client: Int32, _ text: String) -> Bool {
    let body = Array(text.utf8)
    let message = (0..<4).map { UInt8(truncatingIfNeeded: body.count >> (8 * $0)) } + body
    return unsafe tl_write_all(client, message, message.count) == 0
  }
}
