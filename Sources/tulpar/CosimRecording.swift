import Control
import DriveConfiguration
import Foundation
import Logbook
import Recording
import Records
import Signals

/// Records a co-simulated drive; what fails on the way is kept for its end, the drive goes on.
final class CosimRecording {
  private let path: String
  private let recorder: DriveRecorder
  private var cycle = RecordedCycle()
  /// Of the first cycle, whose truck is already in motion, and now and then.
  private var keyframe: Keyframe?
  private var failure: RecordingError?

  init(
    _ path: String, _ controller: ControllerConfiguration, route: [RoutePiece]
  ) throws(RecordingError) {
    self.path = path
    var configuration = DriveConfiguration()
    configuration.profileName = "co-simulation"
    configuration.missionName = "co-simulation"
    configuration.controller = controller
    configuration.route = route
    var contents = try RecordingContents(
      configuration, software: "tulpar \(softwareVersion)", folders: [])
    contents.attach(
      identity: "tulpar", version: softwareVersion, computer: ComputerIdentity.here())
    recorder = try DriveRecorder(RecordingSink(creating: path), contents)
  }

  /// Before the step.
  func begin(_ controller: inout Controller, cycle: UInt64) {
    guard cycle == 1 || cycle % DriveSchema.keyframePeriod == 0 else { return }
    var state = Keyframe()
    controller.save(to: &state)
    keyframe = state
  }

  /// After it.
  func take(_ inputs: Inputs, _ outputs: Outputs, decodedHash: UInt64) {
    guard failure == nil else { return }
    cycle.inputs = inputs
    cycle.outputs = outputs
    cycle.decodedHash = decodedHash
    do throws(RecordingError) {
      if let keyframe { try recorder.record(keyframe, before: cycle) }
      keyframe = nil
      try recorder.record(&cycle)
    } catch {
      failure = error
    }
  }

  func finish() throws(CommandFailure) {
    do throws(RecordingError) {
      if let failure { throw failure }
      try recorder.finish()
    } catch {
      throw .failed("the drive went on without its recording: \(error)")
    }
    FileHandle.standardError.write(Data("tulpar: recorded \(path)\n".utf8))
  }
}
