import Control
import DriveConfiguration
import Foundation
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
    var contents = RecordingContents()
    contents.software = "tulpar \(softwareVersion)"
    contents.originLatitude = configuration.controller.originLatitude
    contents.originLongitude = configuration.controller.originLongitude
    contents.originHeight = configuration.controller.originHeight
    contents.zoneNames = configuration.zoneNames
    contents.holdLineNames = configuration.holdLineNames
    contents.attachments = [
      MCAPAttachment(
        name: DriveSchema.configuration, mediaType: "application/octet-stream",
        data: configuration.encoded()),
      MCAPAttachment(
        name: "software.json", mediaType: "application/json", data: try softwareIdentity()),
    ]
    contents.attachments += try Self.files(of: profile, as: "profile")
    contents.attachments += try Self.files(of: mission, as: "mission")
    if let scenario {
      contents.attachments.append(try Self.attachment(scenario, as: "scenario.yaml"))
    }
    contents.maps = contents.attachments.filter { $0.name.hasSuffix(".geojson") }.map(\.data)
    contents.facts = [
      MCAPPair("profile", configuration.profileName),
      MCAPPair("mission", configuration.missionName),
      MCAPPair("configuration", hexadecimal(configuration.hash)),
      MCAPPair("seed", "\(seed)"),
    ]
    contents.facts += configuration.buses.enumerated().map {
      MCAPPair(RecordedCANText.busPrefix + "\($0.offset)", $0.element.interface)
    }
    recorder = try DriveRecorder(RecordingSink(creating: path), contents)
  }

  /// What `check` reads of a folder: no other file decides anything.
  private static func files(of folder: String, as name: String) throws -> [MCAPAttachment] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      .filter { name in [".yaml", ".dbc", ".geojson"].contains { name.hasSuffix($0) } }
      .map { try attachment(folder + "/" + $0, as: name + "/" + $0) }
  }

  private static func attachment(_ path: String, as name: String) throws -> MCAPAttachment {
    let mediaType =
      name.hasSuffix(".yaml")
      ? "application/yaml" : name.hasSuffix(".geojson") ? "application/geo+json" : "text/plain"
    return MCAPAttachment(name: name, mediaType: mediaType, data: try readInput(path))
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

/// Which program this is; the hash of a debug build would take longer than the drive.
private func softwareIdentity() throws -> [UInt8] {
  var identity = ["name": "tulpar", "version": softwareVersion]
  #if DEBUG
    identity["build"] = "debug"
  #else
    identity["build"] = "release"
    let program = try readInput("/proc/self/exe")
    identity["executableSHA256"] = SHA256.hex(of: program)
  #endif
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
  return [UInt8](try encoder.encode(identity))
}
