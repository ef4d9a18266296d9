import Control
import SafeStop
import Signals
import Simulation
import Testing
import Units

/// domain.md 2.4: what cannot be recorded gets no new authority, and is never stopped for it.
@Suite struct DrivesThatCannotBeKept {
  @Test func aReleaseIsNotTakenAndTheDriveGoesOn() throws {
    let loop = try courseLoop()
    try #require(loop.driveIntoTheBend())
    loop.records.recording = .failed
    loop.step()
    #expect(loop.outputs.faults.contains(.recordingFailed))
    let line = loop.outputs.holdLine
    let target = loop.outputs.authority.stopTarget
    // Through the bend and to the line as if nothing were wrong, and the script's release with it.
    #expect(loop.run(seconds: 120) { $0.outputs.state.isStandstill })
    loop.run(seconds: 10)
    #expect(loop.outputs.mode == .autonomous && loop.outputs.demand.level == .nominal)
    #expect(loop.outputs.authority.stopTarget == target && loop.outputs.holdLine == line)
    #expect((target - loop.truth.frontStation).magnitude < Metres(2))
    // A release that was refused is not remembered.
    loop.records.recording = .kept
    loop.run(seconds: 10)
    #expect(loop.outputs.authority.stopTarget == target)
    #expect(!loop.outputs.faults.contains(.recordingFailed))
    loop.send(.release, line: Int(line))
    loop.run(seconds: 15)
    #expect(loop.outputs.authority.stopTarget > target)
    #expect(loop.truth.frontStation > target)
  }

  /// Less than a tenth of the disk is told, and nothing else.
  @Test func aShortDiskIsToldOnly() throws {
    let loop = try courseLoop()
    loop.records.recording = .short
    #expect(loop.driveIntoTheBend())
    #expect(loop.outputs.faults.contains(.recordingShort))
    #expect(loop.outputs.demand.level == .nominal)
  }

  @Test func aTruckWhoseDriveCannotBeKeptIsNotArmed() throws {
    let loop = try courseLoop()
    loop.records.recording = .failed
    loop.run(seconds: 20)
    #expect(loop.outputs.mode == .manual)
    #expect(loop.outputs.arming.refused == 1 << UInt64(ArmingCheck.recording.rawValue))
    #expect(loop.outputs.notReady == .recordingFailed)
  }
}
