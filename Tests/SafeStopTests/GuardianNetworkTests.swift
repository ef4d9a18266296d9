import NetworkManagement
import SafeStop
import Signals
import Testing
import Units
import WireCodec

@Suite struct GuardianNetworkTests {
  private static let address: UInt8 = 0x27

  private static func bench() -> Bench {
    var bench = Bench()
    bench.configuration.network.isPresent = true
    bench.configuration.network.address = address
    bench.configuration.network.name = 0x1000_FF00_0000_0001
    return bench
  }

  /// A claim of our address by NAME 0, as in address_claim.log.
  private static var forgedClaim: ReceivedFrame {
    var frame = ReceivedFrame()
    frame.identifier = 0x18EE_FF00 | UInt32(address)
    frame.isExtended = true
    frame.length = 8
    return frame
  }

  private static func identifiers(_ output: GuardianOutput) -> [UInt32] {
    (0..<output.networkFrameCount).map { output.networkFrames[$0].identifier }
  }

  @Test("nothing is transmitted in MANUAL and SHADOW (S-23)", arguments: [Mode.manual, .shadow])
  func silent(mode: Mode) {
    var bench = Self.bench()
    bench.daemon.slot.mode = mode
    bench.daemon.slot.transmitAllowed = false
    bench.run(3) { bench in
      #expect(bench.output.frameCount + bench.output.networkFrameCount == 0)
    }
    bench.heard = [Self.forgedClaim]
    bench.run(0.5) { bench in
      #expect(bench.output.frameCount + bench.output.networkFrameCount == 0)
    }
    #expect(bench.output.report.address == .contested)
  }

  @Test("armed: the address is claimed, and no command goes out in the 250 ms of objection")
  func claims() {
    var bench = Self.bench()
    // Standstill is known by then.
    bench.run(2)
    bench.daemon.slot.mode = .armed
    bench.daemon.slot.transmitAllowed = true
    var claimedAt: Instant?
    var commandedAt: Instant?
    for _ in 0..<100 {
      bench.cycle()
      if Self.identifiers(bench.output).contains(0x18EE_FF27), claimedAt == nil {
        claimedAt = bench.now
      }
      if bench.output.frameCount > 0, commandedAt == nil { commandedAt = bench.now }
    }
    guard let claimedAt, let commandedAt else {
      Issue.record("claim \(String(describing: claimedAt)), \(String(describing: commandedAt))")
      return
    }
    #expect(commandedAt - claimedAt >= .milliseconds(250))
    #expect(commandedAt - claimedAt <= .milliseconds(280))
    #expect(bench.output.report.address == .claimed)
  }

  @Test("the address lost while arming: cannot claim, and no command ever goes out")
  func objected() {
    var bench = Self.bench()
    bench.run(2)
    bench.daemon.slot.mode = .armed
    bench.daemon.slot.transmitAllowed = true
    bench.run(0.1)
    bench.heard = [Self.forgedClaim]
    var sent: [UInt32] = []
    for _ in 0..<300 {
      bench.cycle()
      #expect(bench.output.frameCount == 0)
      sent += Self.identifiers(bench.output)
    }
    #expect(sent == [0x18EE_FFFE])
    #expect(bench.output.report.address == .cannotClaim)
    #expect(bench.output.report.state == .idle)
  }

  @Test("the address lost in motion: the stop is finished from it, then cannot claim (S-4)")
  func lostInMotion() {
    var bench = Self.bench()
    bench.drive()
    #expect(bench.truck.speed > 5)
    bench.heard = [Self.forgedClaim]
    bench.cycle()
    #expect(bench.output.report.address == .lost)
    var sent: [UInt32] = []
    var silentWhileMoving = 0
    for _ in 0..<6_000 where bench.output.report.address == .lost {
      bench.cycle()
      sent += Self.identifiers(bench.output)
      if bench.truck.speed > 0.1, bench.output.frameCount == 0 { silentWhileMoving += 1 }
    }
    #expect(bench.output.demand == StopDemand(.comfortStop, .sourceAddressLost))
    #expect(silentWhileMoving == 0)
    #expect(bench.truck.speed == 0 && bench.output.report.state == .held)
    // Parked, the address is given up and nothing is sent from it any more.
    bench.run(0.2) { sent += Self.identifiers($0.output) }
    #expect(sent == [0x18EE_FFFE])
    bench.run(5) { bench in
      #expect(bench.output.frameCount + bench.output.networkFrameCount == 0)
    }
  }

  @Test("a guardian that inherits a stop brakes at once and claims meanwhile (S-19)")
  func inherited() {
    var bench = Self.bench()
    bench.drive()
    bench.guardian = GuardianCore(inheritsStop: true)
    bench.run(0.05)
    #expect(bench.output.report.state == .stopping && bench.output.frameCount > 0)
    #expect(bench.output.report.address == .claiming)
    bench.run(0.3)
    #expect(bench.output.report.address == .claimed)
  }
}
