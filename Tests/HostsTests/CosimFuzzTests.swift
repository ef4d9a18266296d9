import Signals
import TestSupport
import Testing
import tulpar

@Suite struct CosimFuzzTests {
  private static let start =
    #"{"type":"init","version":1,"dt":0.01,"vehicle":{"L1":3.6,"acc_min":-3},"stops":[50],"#
    + #""columns":["s","x","y","yaw","kappa","v_ref"],"#
    + #""path":[[0,0,0,0,0,5],[50,50,0,0,0.001,5],[100,100,0,0,0,5]],"start":[0,0,0,2]}"#
  private static let ticks = [
    #"{"type":"tick","k":0,"t":0,"speed":2,"yaw_rate":0,"steer":0,"gnss":null,"next_stop":null}"#,
    #"{"type":"tick","k":0,"t":0.01,"speed":2.5,"yaw_rate":-0.01,"steer":0.1,"#
      + #""gnss":{"t":0,"x":1.5,"y":-2,"heading":0.1,"speed":2},"next_stop":50}"#,
    #"{"type":"end"}"#,
  ]
  private static let corpus = FuzzCorpus(
    [start] + ticks,
    tokens: [
      "{", "}", "[", "]", ":", ",", "\"", "null", "true", "\"type\":", "\"init\"", "\"tick\"",
      "\"k\":", "\"t\":", "\"gnss\":", "\"path\":", "\"stops\":", "[0,0,0,0,0,5],", "[[[[[[[[[[",
    ], longest: 1_500)

  @Test("co-simulation lines: refused with their line, or answered by numbers")
  func lines() throws {
    let setup = try CosimSetup(
      CosimMessage.decode(CosimMessage.Start.self, Self.start, line: 1),
      vehicle: VehicleParameters())
    let fuzz = Fuzz("co-simulation lines", cases: 1_000_000)
    let failures = fuzz.run(Self.corpus) { bytes, random in
      do {
        return try Self.answer(String(decoding: bytes, as: UTF8.self), setup, &random)
      } catch let failure as CommandFailure {
        return failure.status == 2 && failure.message.hasPrefix("cosim: ")
          ? .refused : .broken("unexplained: \(failure.message)")
      } catch {
        return .broken("another error: \(error)")
      }
    }
    #expect(failures == [])
  }

  private static func answer(
    _ text: String, _ setup: CosimSetup, _ random: inout RandomWords
  ) throws -> FuzzVerdict {
    switch try CosimMessage.decode(CosimMessage.Kind.self, text, line: 7).type {
    case "init":
      let start = try CosimMessage.decode(CosimMessage.Start.self, text, line: 7)
      _ = try CosimSetup(start, vehicle: VehicleParameters())
      return .accepted
    case "tick":
      let tick = try CosimMessage.decode(CosimMessage.Tick.self, text, line: 7)
      // A session costs far more than its line.
      guard random.next(below: 64) == 0 else { return .accepted }
      var session = CosimSession(setup)
      let reply = try session.step(tick, line: 7)
      let numbers = [reply.steer, reply.accel, reply.est.x, reply.est.y, reply.est.yaw]
      return numbers.allSatisfy(\.isFinite) ? .accepted : .broken("\(reply)")
    default: return .refused
    }
  }
}
