import Control
import DriveConfiguration
import Foundation
import Logbook
import Recording
import Records
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

  /// - Parameters:
  ///   - trailer: what stands for the mission's own `trailer.yaml` on this trip.
  ///   - facts: of this drive, for the header.
  init(
    _ path: String, _ configuration: DriveConfiguration, profile: String, mission: String? = nil,
    scenario: String? = nil, trailer: String? = nil, facts: [MCAPPair]
  ) throws {
    self.path = path
    var folders = [(path: profile, name: "profile")]
    if let mission { folders.append((mission, "mission")) }
    var contents = try RecordingContents(
      configuration, software: "tulpar \(softwareVersion)", folders: folders)
    contents.attach(
      identity: "tulpar", version: softwareVersion, computer: ComputerIdentity.here())
    if trailer != nil { contents.attachments.removeAll { $0.name == "mission/trailer.yaml" } }
    for case (let file?, let name) in [(scenario, "scenario.yaml"), (trailer, "trailer.yaml")] {
      contents.attachments.append(
        MCAPAttachment(name: name, mediaType: "application/yaml", data: try readInput(file)))
    }
    contents.facts += facts
    recorder = try DriveRecorder(RecordingSink(creating: path), contents)
  }

  /// The cycle that the loop has just run, unless its daemon stood still or is gone.
  func take(_ loop: ClosedLoop) {
    guard loop.hasDecided, failure == nil else { return }
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

  func take(_ inputs: borrowing Inputs, _ outputs: borrowing Outputs) {
    guard failure == nil else { return }
    cycle.inputs = copy inputs
    cycle.outputs = copy outputs
    do throws(RecordingError) { try recorder.record(&cycle) } catch { failure = error }
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
