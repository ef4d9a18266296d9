import Control
import Signals
import Testing
import Units

/// A clock and a receiver, in front of the judge of both (S-28).
private struct Clocks {
  var watch = ClockWatch()
  var inputs = Inputs()
  /// System clock and receiver, less true time, s.
  var systemError = 0.0
  var receiverError = 0.0
  /// From the epoch of a fix to its arrival.
  var latency = 0.1
  var hasFixes = true
  var isSynchronised = true
  private var cycle: Int64 = 0

  private static var start: Int64 { 1_795_000_000_000_000_000 }

  mutating func run(_ seconds: Double) {
    for _ in 0..<Int(seconds * 100) {
      cycle += 1
      inputs.beginCycle(at: Instant(nanoseconds: cycle * 10_000_000))
      inputs.utcOffset = Interval(nanoseconds: Self.start) + .seconds(systemError)
      inputs.utcSigmaSeconds = isSynchronised ? 0.002 : .nan
      if hasFixes, cycle % 10 == 0 {
        var fix = GNSSReport()
        fix.receivedAt = inputs.now
        fix.mode = 3
        let epoch = inputs.now + Interval(nanoseconds: Self.start) - .seconds(latency)
        fix.validAtUTC = (epoch + .seconds(receiverError)).nanoseconds
        inputs.append(fix)
      }
      watch.step(inputs, latency: .milliseconds(100))
    }
  }

  var trust: ClockTrust { watch.report.trust }
}

/// S-28: UTC trust needs two sources; spoofed, stepped or absent time at boot gives no commit.
@Suite struct ClockTests {
  @Test func twoClocksThatAgreeAreTrustedAfterASecond() {
    var clocks = Clocks()
    clocks.run(0.5)
    #expect(clocks.trust == .settling && !clocks.watch.report.allowsCommit)
    clocks.run(1.5)
    #expect(clocks.trust == .trusted && clocks.watch.report.allowsCommit)
  }

  @Test func oneClockAloneIsNone() {
    var clocks = Clocks()
    clocks.hasFixes = false
    clocks.run(10)
    #expect(clocks.trust == .gnssTimeAbsent)
    var other = Clocks()
    other.isSynchronised = false
    other.run(10)
    #expect(other.trust == .systemUnsynchronised)
    var neither = Clocks()
    (neither.hasFixes, neither.isSynchronised) = (false, false)
    neither.run(10)
    #expect(neither.trust == .unknown)
  }

  @Test func aSourceThatEndsEndsTheTrust() {
    var clocks = Clocks()
    clocks.run(3)
    clocks.hasFixes = false
    clocks.run(6)
    #expect(clocks.trust == .gnssTimeAbsent)
    clocks.hasFixes = true
    clocks.run(2)
    #expect(clocks.trust == .trusted)
    clocks.isSynchronised = false
    clocks.run(0.1)
    #expect(clocks.trust == .systemUnsynchronised)
  }

  /// A receiver that is made to believe another time, from the beginning.
  @Test(arguments: [-3_600, -0.7, 0.7, 86_400] as [Double])
  func aSpoofedReceiverIsDisagreed(_ error: Double) {
    var clocks = Clocks()
    clocks.receiverError = error
    clocks.run(30)
    #expect(clocks.trust == .disagree)
  }

  /// What walks away slowly is found when it is far enough.
  @Test func aReceiverThatIsLedAwayIsDisagreed() {
    var clocks = Clocks()
    clocks.run(3)
    for _ in 0..<100 {
      clocks.receiverError += 0.01
      clocks.run(0.1)
    }
    #expect(clocks.trust == .disagree)
  }

  @Test func aSteppedSystemClockIsNamedAndCounted() {
    var clocks = Clocks()
    clocks.run(3)
    clocks.systemError = 0.1
    clocks.run(0.5)
    #expect(clocks.trust == .systemStepped)
    #expect(clocks.watch.report.systemSteps == 1)
    clocks.run(2)
    #expect(clocks.trust == .trusted, "a step to what both tell is mended by time")
    clocks.systemError = 3_600
    clocks.run(30)
    #expect(!clocks.watch.report.allowsCommit)
    #expect(clocks.watch.report.systemSteps == 2)
  }

  @Test func aSteppedReceiverIsNamedAndCounted() {
    var clocks = Clocks()
    clocks.run(3)
    clocks.receiverError = 1_000
    clocks.run(0.5)
    #expect(!clocks.watch.report.allowsCommit)
    #expect(clocks.watch.report.gnssSteps == 1)
    clocks.run(10)
    #expect(clocks.trust == .disagree)
  }

  /// Device offsets are in the log: of the clock to GNSS time with its spread, of the receiver's
  /// latency, of the frames' stamps.
  @Test func offsetsAreTold() {
    var clocks = Clocks()
    clocks.systemError = 0.04
    clocks.latency = 0.13
    for cycle in 0..<400 {
      clocks.latency = 0.13 + (cycle % 2 == 0 ? 0.01 : -0.01)
      clocks.run(0.1)
    }
    let report = clocks.watch.report
    #expect(abs(report.gnssLatencySeconds - 0.17) < 0.002)
    #expect(abs(report.gnssOffsetSeconds - 0.07) < 0.002)
    #expect(abs(report.gnssSpreadSeconds - 0.01) < 0.001)
    #expect(report.frameAgeSeconds[0].isNaN)
    // A bus whose stamps are 2 s behind the monotonic clock.
    for _ in 0..<600 {
      clocks.inputs.beginCycle(at: clocks.inputs.now + .milliseconds(10))
      var frame = ReceivedFrame()
      frame.bus = 2
      frame.receivedAt = clocks.inputs.now - .milliseconds(2_004)
      clocks.inputs.frames.append(frame)
      clocks.watch.step(clocks.inputs, latency: .zero)
    }
    #expect(abs(clocks.watch.report.frameAgeSeconds[2] - 2.004) < 1e-6)
    #expect(clocks.watch.report.frameAgeSeconds[1].isNaN)
  }
}
