import CLinux
import Glibc
import Realtime
import Records
import Signals

/// The local socket by which operator, clerk and scripts speak to the core: 4 bytes of length,
/// little-endian, and that much JSON, both ways.
///
/// One thread serves many clients, so that nobody's silence keeps an operator's stop waiting; of
/// several requests a stop comes first. A client that is slow, silent or too long is dropped. Who
/// may speak is the kernel's word (SO_PEERCRED), not the client's.
final class ControlSocket: @unchecked Sendable {
  static let byteLimit = 4_096
  /// Of `tl_poll`'s 32, one is the listener.
  private static let clientLimit = 24
  /// A request must be whole this long after its first byte, and the next one begin.
  private static let silenceNanoseconds: Int64 = 1_000_000_000
  /// Of a whole connection.
  private static let turnNanoseconds: Int64 = 30_000_000_000
  /// Requests of one connection, so that nobody holds the socket.
  private static let requestLimit = 64

  private let listener: Int32
  private let commands: OperatorCommands
  // Used by the one thread that `start` makes.
  private var clients: [Client] = []

  private struct Client {
    let descriptor: Int32
    let opened: Int64
    /// When the last request was answered, or the connection made.
    var since: Int64
    var bytes: [UInt8] = []
    var requests = 0
  }

  init(path: String, commands: OperatorCommands) throws(StartFailure) {
    self.commands = commands
    listener = unsafe tl_unix_listen(path, 0o660)
    guard listener >= 0 else {
      throw .failed("control socket \(path): \(errorText(-listener))")
    }
  }

  func start() throws(RealtimeThread.Failure) -> RealtimeThread {
    try RealtimeThread(.init(name: "control-socket")) { [self] in
      while true { serve() }
    }
  }

  private func serve() {
    let descriptors = [listener] + clients.map(\.descriptor)
    let limit = tl_monotonic_ns() + (clients.isEmpty ? 1_000_000_000 : 100_000_000)
    let ready = unsafe tl_poll(descriptors, UInt32(descriptors.count), limit)
    for index in clients.indices.reversed() where ready & (2 << UInt32(index)) != 0 {
      if !read(&clients[index]) { drop(index) }
    }
    if ready & 1 != 0 { accept() }
    answer()
    let now = tl_monotonic_ns()
    for index in clients.indices.reversed() {
      let client = clients[index]
      let isOver =
        now - client.since > Self.silenceNanoseconds || now - client.opened > Self.turnNanoseconds
      if isOver { drop(index) }
    }
  }

  private func accept() {
    let client = tl_unix_accept(listener, 200)
    guard client >= 0 else {
      // Out of descriptors: wait rather than spin.
      if client != -EAGAIN { tl_sleep_until(tl_monotonic_ns() + 10_000_000) }
      return
    }
    var user: UInt32 = .max
    var process: Int32 = 0
    guard unsafe tl_unix_peer(client, &user, &process) == 0 else {
      tl_close(client)
      return
    }
    guard user == tl_user_id() || user == 0 else {
      Journal.warning("control socket: user \(user) (process \(process)) was refused")
      reply(client, OperatorCommands.failure("user \(user) may not control this truck"))
      tl_close(client)
      return
    }
    // A crowd of idle clients makes room for who comes now.
    if clients.count >= Self.clientLimit,
      let oldest = clients.indices.min(by: { clients[$0].since < clients[$1].since })
    {
      drop(oldest)
    }
    let now = tl_monotonic_ns()
    clients.append(Client(descriptor: client, opened: now, since: now))
  }

  /// Takes what has come; whether the client is still there.
  private func read(_ client: inout Client) -> Bool {
    var chunk = [UInt8](repeating: 0, count: Self.byteLimit + 4)
    let count = unsafe tl_receive_now(client.descriptor, &chunk, chunk.count)
    guard count > 0 else { return count == -Int(EAGAIN) }
    // More than one request at a time is a client that does not wait for its answers.
    guard client.bytes.count + count <= 2 * (Self.byteLimit + 4) else { return false }
    client.bytes += chunk[..<count]
    return true
  }

  /// Answers one whole request of each client, a stop before all others.
  private func answer() {
    var requests: [(index: Int, members: [String: String])] = []
    var ended: [Int] = []
    for index in clients.indices {
      do throws(JSONText.Problem) {
        guard let body = try takeRequest(&clients[index]) else { continue }
        requests.append((index, try JSONText.strings(in: body)))
      } catch {
        reply(clients[index].descriptor, OperatorCommands.failure(error.message))
        ended.append(index)
      }
    }
    let isStop = { (members: [String: String]) in members["do"] == "stop" }
    for request in requests.filter({ isStop($0.members) })
      + requests.filter({ !isStop($0.members) })
    {
      let isTold = reply(clients[request.index].descriptor, commands.perform(request.members))
      clients[request.index].requests += 1
      clients[request.index].since = tl_monotonic_ns()
      if !isTold || clients[request.index].requests >= Self.requestLimit {
        ended.append(request.index)
      }
    }
    for index in ended.sorted(by: >) { drop(index) }
  }

  /// The next request's body when it has come whole.
  private func takeRequest(_ client: inout Client) throws(JSONText.Problem) -> [UInt8]? {
    guard client.bytes.count >= 4 else { return nil }
    let length = client.bytes[..<4].enumerated().reduce(0) {
      $0 | Int($1.element) << (8 * $1.offset)
    }
    guard length > 0, length <= Self.byteLimit else {
      throw JSONText.Problem(
        message: "a request has 1 to \(Self.byteLimit) bytes, not \(length)")
    }
    guard client.bytes.count >= 4 + length else { return nil }
    let body = Array(client.bytes[4..<4 + length])
    client.bytes.removeFirst(4 + length)
    return body
  }

  private func drop(_ index: Int) {
    tl_close(clients[index].descriptor)
    clients.remove(at: index)
  }

  @discardableResult
  private func reply(_ client: Int32, _ text: String) -> Bool {
    let body = Array(text.utf8)
    let message = (0..<4).map { UInt8(truncatingIfNeeded: body.count >> (8 * $0)) } + body
    return unsafe tl_write_all(client, message, message.count) == 0
  }
}
