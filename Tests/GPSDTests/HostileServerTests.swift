import Foundation
import GPSD
import TestSupport
import Testing
import Units

/// Something on gpsd's port that is not gpsd, or no longer.
@Suite(.serialized, .realTime) struct HostileServers {
  /// It takes the connection and says nothing: probed after 3 s, given up after 6 s.
  @Test func aServerThatSaysNothingIsGivenUp() throws {
    let server = try Server()
    let session = GPSDSession(host: "127.0.0.1", port: server.port, policy: GNSSPolicy())
    var causes: [GPSDDisconnection] = []
    let start = GPSDSession.monotonic()
    var lostAfter: Interval?
    while lostAfter == nil, GPSDSession.monotonic() - start < .seconds(20) {
      session.run(for: .milliseconds(200)) { event in
        guard case .disconnected(let cause, _) = event else { return }
        causes.append(cause)
        lostAfter = GPSDSession.monotonic() - start
      }
    }
    #expect(causes.first == .silent)
    #expect(try #require(lostAfter).seconds > 5.9)
  }

  static let answers: [(text: String, cause: GPSDDisconnection)] = [
    (
      #"{"class":"VERSION","release":"9","rev":"9","proto_major":4,"proto_minor":0}"#,
      .unknownProtocol
    ),
    ("", .closed),
    (String(repeating: "x", count: 30_000), .closed),
    (#"{"class":"TPV","mode":3,"lat":1e400,"lon":}"#, .closed),
    (
      #"{"class":"TPV","mode":99,"time":"9999-99-99T99:99:99.999Z","lat":46.0,"lon":82.0}"#, .closed
    ),
    (#"{"class":"ATT","heading":nan}"#, .closed),
    ("\u{0}\u{1}\u{2}{{{{[[[[", .closed),
  ]

  /// Whatever it answers before it hangs up, the client survives, reports nothing and comes back.
  @Test(arguments: answers)
  func aServerThatTalksNonsenseIsSurvived(_ answer: (text: String, cause: GPSDDisconnection)) throws
  {
    let server = try Server()
    let session = GPSDSession(host: "127.0.0.1", port: server.port, policy: .recorded)
    var causes: [GPSDDisconnection] = []
    var reports = 0
    let start = GPSDSession.monotonic()
    session.run(for: .milliseconds(50)) { _ in }
    server.answer(answer.text + "\n")
    while causes.isEmpty, GPSDSession.monotonic() - start < .seconds(5) {
      session.run(for: .milliseconds(50)) { event in
        switch event {
        case .disconnected(let cause, _): causes.append(cause)
        case .report: reports += 1
        case .refused, .connected, .stale: break
        }
      }
    }
    #expect(causes.first == answer.cause)
    #expect(reports == 0)
    session.run(for: .milliseconds(300)) { _ in }
    #expect(server.isCalled())
  }
}

/// A listening socket; the kernel takes connections before anyone accepts them.
private final class Server {
  let port = freePort()
  private let descriptor: Int32

  init() throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = loopback(port)
    var on: Int32 = 1
    unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    let bound = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(bound == 0 && listen(descriptor, 8) == 0)
  }

  deinit { close(descriptor) }

  /// Says it to the client that waits, and hangs up.
  func answer(_ text: String) {
    let client = accept(descriptor, nil, nil)
    let bytes = Array(text.utf8)
    _ = unsafe bytes.withUnsafeBytes {
      unsafe send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
    shutdown(client, Int32(SHUT_WR))
    usleep(100_000)
    close(client)
  }

  /// Whether a connection waits.
  func isCalled() -> Bool {
    var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return unsafe poll(&question, 1, 1_000) == 1
  }
}
