import CLinux
import Foundation
import TestSupport
import Testing

/// A daemon on a silent bus, and clients that say anything to it.
@Suite(.timeLimit(.minutes(30))) struct ControlSocketFuzzTests {
  private static let corpus = FuzzCorpus(
    [
      #"{"do":"status"}"#, #"{"do":"release","line":"nowhere"}"#, #"{"do":"none"}"#, "{}", "",
      #"{"do":"status","line":"A"}"#,
    ],
    tokens: ["{", "}", "\"", "\\u0000", "\"line\":", ":", ","], longest: 6_000)

  @Test("length prefixes and requests: each connection ends or is answered, and the next is served")
  func connections() throws {
    let bench = try TruckBench()
    try bench.startBus()
    try bench.startDaemon()
    let fuzz = Fuzz("control connections", cases: 10_000)
    let failures = fuzz.run { random in
      let client = unsafe tl_unix_connect(bench.control, 5_000)
      guard client >= 0 else { return .broken("the daemon takes no clients: \(client)") }
      defer { tl_close(client) }
      let (bytes, isWhole) = Self.message(&random)
      // The daemon may have answered and closed before all is written.
      unsafe _ = tl_write_all(client, bytes, bytes.count)
      guard isWhole else { return .refused }
      return Self.answer(client).map { $0 ? .accepted : .refused } ?? .broken("no answer")
    }
    #expect(failures == [])
    #expect(bench.tell("status")["ok"] as? Bool == true)
    #expect(bench.exitStatus("daemon") == nil, "\(bench.log("daemon"))")
  }

  /// What is written, and whether an answer is due.
  private static func message(_ random: inout RandomWords) -> ([UInt8], Bool) {
    let body = corpus.mutated(&random)
    var length = UInt32(body.count)
    let isHonest = random.next(below: 4) != 0
    if !isHonest {
      let lengths: [UInt32] = [0, 1, 4_096, 4_097, 65_536, 1 << 24, 1 << 31, .max]
      length =
        random.next(below: 2) == 0
        ? UInt32(truncatingIfNeeded: random.next()) : lengths[Int(random.next(below: 8))]
    }
    var bytes = (0..<4).map { UInt8(truncatingIfNeeded: length >> UInt32(8 * $0)) } + body
    if random.next(below: 16) == 0 {
      bytes.removeLast(Int(random.next(below: UInt64(bytes.count))))
      return (bytes, false)
    }
    // A length out of bounds is answered at once, one that promises too much is waited for.
    let isAnswered = length == 0 || length > 4_096 || Int(length) <= body.count
    return (bytes, isAnswered)
  }

  /// Whether the answer says that it was done; nil without an answer.
  private static func answer(_ client: Int32) -> Bool? {
    var head = [UInt8](repeating: 0, count: 4)
    guard unsafe tl_read_exactly(client, &head, 4) == 1 else { return nil }
    let length = head.enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    guard (2...65_536).contains(length) else { return nil }
    var body = [UInt8](repeating: 0, count: length)
    guard unsafe tl_read_exactly(client, &body, length) == 1 else { return nil }
    let object = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
    guard let isDone = object?["ok"] as? Bool else { return nil }
    return isDone || object?["error"] is String ? isDone : nil
  }
}
