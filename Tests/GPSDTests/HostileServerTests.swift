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

  /// S-25: which receiver it is, told step by step as gpsd finds out; another one is told too.
  @Test func theReceiverIsTold() throws {
    let server = try Server()
    let session = GPSDSession(host: "127.0.0.1", port: server.port, policy: .recorded)
    func receiver(after text: String, unlike old: String? = nil) -> String? {
      server.say(text)
      let end = GPSDSession.monotonic() + .seconds(30)
      while session.receiver == nil || session.receiver == old, GPSDSession.monotonic() < end {
        session.run(for: .milliseconds(50)) { _ in }
        // What is quiet is given up.
        server.say(
          #"{"class":"VERSION","release":"3.22","rev":"1","proto_major":3,"proto_minor":14}"#)
      }
      return session.receiver
    }
    session.run(for: .milliseconds(50)) { _ in }
    let first = receiver(
      after: """
        {"class":"DEVICES","devices":[{"class":"DEVICE","path":"/dev/gps0"}]}
        {"class":"DEVICE","path":"/dev/gps0","driver":"NMEA0183","activated":"2026-11-22T05:40:00Z"}
        {"class":"DEVICE","path":"/dev/gps0","driver":"u-blox","subtype":"ZED-F9P","subtype1":"HPG 1.32"}
        {"class":"TPV","device":"/dev/gps0","mode":1}
        """)
    #expect(first == "u-blox at /dev/gps0, ZED-F9P, HPG 1.32")
    let second = receiver(
      after: """
        {"class":"DEVICE","path":"/dev/gps0","activated":0}
        {"class":"DEVICE","path":"/dev/gps1","driver":"u-blox","subtype":"ZED-F9R","subtype1":"HPS 1.30"}
        {"class":"TPV","device":"/dev/gps1","mode":1}
        """, unlike: first)
    #expect(second == "u-blox at /dev/gps1, ZED-F9R, HPS 1.30")
  }

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
  private var client: Int32 = -1

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

  deinit {
    if client >= 0 { close(client) }
    close(descriptor)
  }

  /// Says it to the client, and listens on.
  func say(_ text: String) {
    if client < 0 { client = accept(descriptor, nil, nil) }
    let bytes = Array((text + "\n").utf8)
    _ = unsafe bytes.withUnsafeBytes {
      unsafe send(client, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
  }

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
