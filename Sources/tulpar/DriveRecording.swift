import Control
import DriveConfiguration
import Foundation
import Logbook
import Recording
import SafeStop
import Signals
import Simulation
import Units
import WireCodec

/// Records a simulated drive; what fails on the way is kept for its end, the drive goes on.
final class DriveRecording {
  let path: String
  private let recorder: DriveRecorder
  private(set) var failure: RecordingError?
  private var cycle = RecordedCycle()

  init(
    _ path: String, _ configuration: DriveConfiguration, profile: String, mission: String,
    scenario: String?, seed: UInt64
  ) throws {
    self.path = path
    var contents = try RecordingContents(
      configuration, software: "tulpar \(softwareVersion)",
      folders: [(profile, "profile"), (mission, "mission")])
    contents.attach(identity: "tulpar", version: softwareVersion)
    if let scenario {
      contents.attachments.append(
        MCAPAttachment(
          name: "scenario.yaml", mediaType: "application/yaml", data: try readInput(scenario)))
    }
    contents.facts.append(MCAPPair("seed", "\(seed)"))
    recorder = try DriveRecorder(RecordingSink(creating: path), contents)
  }

  /// The cycle that the loop has just run, unless its daemon stood still or is gone.
  func take(_ loop: ClosedLoop) {
    guard failure == nil, loop.outputs.cycle == loop.inputs.cycle else { return }
    cycle.inputs = loop.inputs
    cycle.outputs = loop.outputs
    cycle.decodedHash = loop.decodedHash
    do throws(RecordingError) {
      if let keyframe = loop.keyframe { try recorder.record(keyframe, before: cycle) }
      try recorder.record(&cycle, sent: sent(loop))
    } catch {
      failure = error
    }
  }

  func finish() {
    guard failure == nil else { return }
    do throws(RecordingError) { try recorder.finish() } catch { failure = error }
  }

  private func sent(_ loop: ClosedLoop) -> [ReceivedFrame] {
    let output = loop.guardianOutput
    return (0..<output.frameCount + output.networkFrameCount).map {
      let frame =
        $0 < output.frameCount ? output.frames[$0] : output.networkFrames[$0 - output.frameCount]
      var sent = ReceivedFrame()
      sent.identifier = frame.identifier
      sent.isExtended = frame.isExtended
      sent.bus = frame.bus
      sent.length = frame.length
      sent.receivedAt = loop.now
      sent.words = frame.words
      return sent
    }
  }
}
