import Records
import Signals
import Testing
import tulpard

/// What the daemon says of itself to an operator.
@Suite struct DaemonStatus {
  /// Checks of the next arming are no obstacle to a truck that drives.
  @Test(arguments: [Mode.armed, .autonomous, .stopping])
  func namesNoObstacleToArmingOnceArmed(_ mode: Mode) {
    var outputs = Outputs()
    outputs.mode = mode
    outputs.notReady = .busExchanged
    #expect(ArmingStatus.notReady(outputs) == "null")
  }

  @Test(arguments: [Mode.manual, .shadow, .held])
  func namesTheObstacleBefore(_ mode: Mode) {
    var outputs = Outputs()
    outputs.mode = mode
    outputs.notReady = .busExchanged
    #expect(ArmingStatus.notReady(outputs) == "\"busExchanged\"")
  }

  /// domain.md 2.4: a writer that hangs in its disk still says "kept"; the core knows better, and
  /// would discard a release.
  @Test func aRecordingThatTheCoreHasGivenUpHasFailed() {
    var faults = Faults()
    #expect(DriveRecord.state(.kept, faults) == .kept)
    #expect(DriveRecord.state(.failed, faults) == .failed)
    faults.insert(.recordingFailed)
    #expect(DriveRecord.state(.kept, faults) == .failed)
    #expect(DriveRecord.state(.short, faults) == .failed)
  }

  @Test func aDamagedRecordIsNotCalledARequest() {
    do throws(JSONText.Problem) {
      _ = try JSONText.strings(in: [0x7B], what: "commissioning record")
      Issue.record("it was taken")
    } catch {
      #expect(error.message.hasPrefix("not a commissioning record: "))
    }
  }
}
