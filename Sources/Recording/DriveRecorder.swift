import Control
import ReproducibleMath
import Signals
import Units

/// What a recording says of itself and of the drive, beside the drive.
package struct RecordingContents {
  /// Software that records, as "tulpar 0.1.0".
  package var software = ""
  /// Further facts for the header, in order.
  package var facts: [MCAPPair] = []
  /// Configuration, profile, DBC, mission, identity; each is hashed into the header.
  package var attachments: [MCAPAttachment] = []
  /// GeoJSON texts to draw beside the drive.
  package var maps: [[UInt8]] = []
  package var originLatitude = Degrees(0)
  package var originLongitude = Degrees(0)
  package var originHeight = Metres(0)
  package var zoneNames: [String] = []
  package var holdLineNames: [String] = []

  package init() {}
}

/// The names by which a recording of a drive is known.
package enum DriveSchema {
  /// Raised when older readers would misread what is written.
  package static var version: Int { 1 }
  package static var metadata: String { "tulpar.recording" }
  /// Metadata with the number of the truck, as soon as it was told.
  package static var truck: String { "tulpar.truck" }
  package static var vehicle: String { "vehicle" }
  /// The fact that names the computer (S-25).
  package static var computer: String { "computer" }
  package static var cycleTopic: String { "tulpar.cycle" }
  package static var keyframeTopic: String { "tulpar.keyframe" }
  package static var canTopic: String { "tulpar.can" }
  package static var cycleEncoding: String { "x-tulpar-cycle" }
  package static var keyframeEncoding: String { "x-tulpar-keyframe" }
  /// Cycles from one keyframe to the next: ten seconds.
  ///
  /// They stand where the number of the cycle is a multiple of it, and before the first of a file.
  package static var keyframePeriod: UInt64 { 1_000 }
  /// The attachment that the core was built with, as `tulpar compile` writes it.
  package static var configuration: String { "configuration.tulpar" }
  /// The attachment that explains the file to who has nothing else.
  package static var guide: String { "reading.md" }
  /// Before the name of an attachment: its SHA-256.
  package static var hashPrefix: String { "sha256:" }
}

/// Writes a drive, cycle by cycle, for replay and for general tools.
package final class DriveRecorder {
  private let writer: MCAPWriter
  private let frame: SiteFrame
  private let zoneNames: [String]
  private let holdLineNames: [String]
  private var channels = Channels()
  private var encoder: CycleEncoder
  private var changes = ChangeLog()
  /// Those of the cycle in hand, packed.
  private var frames = RecordBuffer()
  /// Chunks written when the last whole cycle was.
  private var wholeAtChunk: UInt32?
  /// Cycles that were recorded, and the newest of them that the chunk in hand may have a part of.
  package private(set) var cycles: UInt64 = 0
  private var cyclesInHand: UInt64 = 0

  private struct Channels {
    var cycle: UInt16 = 0
    var keyframe: UInt16 = 0
    var can: UInt16 = 0
    var status: UInt16 = 0
    var gnss: UInt16 = 0
    var location: UInt16 = 0
    var pose: UInt16 = 0
    var log: UInt16 = 0
    var map: UInt16 = 0
  }

  /// What a kill may cost: half of the second that is allowed.
  private static var chunkSpan: UInt64 { 500_000_000 }

  /// - Parameter hashes: those of the recorder before, where a drive is kept in several files; such a
  ///   file begins with a keyframe.
  package init(
    _ sink: RecordingSink, _ contents: RecordingContents,
    continuing hashes: DriveHashes = DriveHashes()
  ) throws(RecordingError) {
    encoder = CycleEncoder(continuing: hashes)
    writer = try MCAPWriter(
      sink, header: MCAPHeader(profile: "tulpar", library: contents.software))
    frame = SiteFrame(
      latitude: contents.originLatitude, longitude: contents.originLongitude,
      height: contents.originHeight)
    zoneNames = contents.zoneNames
    holdLineNames = contents.holdLineNames
    var pairs = [
      MCAPPair("schema", "\(DriveSchema.version)"), MCAPPair("layout", CycleLayout.hash),
    ]
    pairs += contents.facts
    // A drive that is recorded again brings its own.
    let others = contents.attachments.filter { $0.name != DriveSchema.guide }
    let attachments =
      others + [
        MCAPAttachment(
          name: DriveSchema.guide, mediaType: "text/markdown", data: PackageResources.reading_md)
      ]
    for attachment in attachments {
      pairs.append(
        MCAPPair(DriveSchema.hashPrefix + attachment.name, SHA256.hex(of: attachment.data)))
    }
    try writer.add(MCAPMetadata(name: DriveSchema.metadata, pairs: pairs))
    for attachment in attachments { try writer.attach(attachment) }
    try addChannels()
    for map in contents.maps {
      var members = JSONMembers()
      members.put("geojson", String(decoding: map, as: UTF8.self))
      try writer.write(channel: channels.map, logTime: 0, publishTime: 0, data: members.bytes)
    }
  }

  private func addChannels() throws(RecordingError) {
    let cycle = try writer.add(
      schema: DriveSchema.cycleTopic, encoding: DriveSchema.cycleEncoding,
      data: Array(CycleLayout.text.utf8))
    channels.cycle = try writer.add(
      channel: DriveSchema.cycleTopic, encoding: DriveSchema.cycleEncoding, schema: cycle)
    let keyframe = try writer.add(
      schema: DriveSchema.keyframeTopic, encoding: DriveSchema.keyframeEncoding,
      data: Array(KeyframeLayout.text.utf8))
    channels.keyframe = try writer.add(
      channel: DriveSchema.keyframeTopic, encoding: DriveSchema.keyframeEncoding, schema: keyframe)
    let can = try writer.add(
      schema: DriveSchema.canTopic, encoding: "x-tulpar-can", data: Array(PublishedSchemas.can.utf8)
    )
    channels.can = try writer.add(
      channel: DriveSchema.canTopic, encoding: "x-tulpar-can", schema: can)
    channels.status = try add("/status", "tulpar.Status", PublishedSchemas.status)
    channels.gnss = try add("/gnss", "foxglove.LocationFix", PublishedSchemas.locationFix)
    channels.location = try add("/location", "foxglove.LocationFix", PublishedSchemas.locationFix)
    channels.pose = try add("/pose", "foxglove.PoseInFrame", PublishedSchemas.poseInFrame)
    channels.log = try add("/log", "foxglove.Log", PublishedSchemas.log)
    channels.map = try add("/map", "foxglove.GeoJSON", PublishedSchemas.geoJSON)
  }

  private func add(
    _ topic: String, _ name: String, _ schema: String
  ) throws(RecordingError) -> UInt16 {
    let number = try writer.add(schema: name, encoding: "jsonschema", data: Array(schema.utf8))
    return try writer.add(channel: topic, encoding: "json", schema: number)
  }

  /// Over every cycle of the drive so far.
  package var hashes: DriveHashes { encoder.hashes }

  /// The state that the next cycle starts from.
  package func record(
    _ keyframe: borrowing @_addressable Keyframe,
    before cycle: borrowing @_addressable RecordedCycle
  ) throws(RecordingError) {
    // It begins a chunk, so that a reader finds it by the summary alone.
    try writer.flush()
    var buffer = RecordBuffer()
    KeyframeCodec.encode(keyframe, encoder.hashes, into: &buffer)
    try writer.write(
      channel: channels.keyframe, logTime: Self.time(cycle.inputs),
      publishTime: Self.utc(cycle.inputs), data: buffer.bytes)
  }

  private static func time(_ inputs: borrowing @_addressable Inputs) -> UInt64 {
    UInt64(max(inputs.now.nanoseconds, 0))
  }

  private static func utc(_ inputs: borrowing @_addressable Inputs) -> UInt64 {
    UInt64(max(inputs.now.nanoseconds &+ inputs.utcOffset.nanoseconds, 0))
  }

  /// One cycle of the core.
  ///
  /// - Parameter sent: what the guardian put on the buses in it.
  package func record(
    _ cycle: inout RecordedCycle, sent: [ReceivedFrame] = []
  ) throws(RecordingError) {
    try flush(at: cycle.inputs.now)
    if writer.chunkIsEmpty { cyclesInHand = 0 }
    let chunk = writer.chunksWritten
    try write(&cycle, sent, chunk)
    cycles += 1
    cyclesInHand = writer.chunksWritten == chunk ? cyclesInHand + 1 : 1
  }

  private func write(
    _ cycle: inout RecordedCycle, _ sent: [ReceivedFrame], _ chunk: UInt32
  ) throws(RecordingError) {
    let now = Self.time(cycle.inputs)
    encoder.encode(
      &cycle.inputs, &cycle.outputs, decodedHash: cycle.decodedHash,
      isWhole: wholeAtChunk != chunk)
    wholeAtChunk = chunk
    let utc = Self.utc(cycle.inputs)
    func write(_ channel: UInt16, _ bytes: [UInt8]) throws(RecordingError) {
      try writer.write(channel: channel, logTime: now, publishTime: utc, data: bytes)
    }
    try write(channels.cycle, encoder.bytes)
    pack(cycle.inputs, sent)
    if frames.count > 0 { try write(channels.can, frames.bytes) }
    for i in 0..<cycle.inputs.gnssCount {
      if let fix = Self.location(cycle.inputs.gnss[i]) { try write(channels.gnss, fix) }
    }
    for change in changes.take(cycle.outputs, zones: zoneNames, lines: holdLineNames) {
      try write(channels.log, change.json(at: cycle.inputs.now))
    }
    // Ten times a second is what a picture can show.
    guard cycle.inputs.cycle % 10 == 0 else { return }
    let outputs = cycle.outputs
    try write(channels.status, status(outputs, at: cycle.inputs.now))
    guard outputs.state.trust > .lost, outputs.state.east.isFinite, outputs.state.north.isFinite
    else { return }
    try write(channels.location, location(outputs.state, at: cycle.inputs.now))
    try write(channels.pose, pose(outputs.state, at: cycle.inputs.now))
  }

  /// Bytes of the file so far, without the chunk in hand.
  package var size: UInt64 { writer.sink.offset }
  package var chunks: UInt32 { writer.chunksWritten }
  /// Cycles of which every message is in a chunk that was written.
  package var writtenCycles: UInt64 { writer.chunkIsEmpty ? cycles : cycles - cyclesInHand }

  /// Closes the chunk in hand when it is as old as chunks may be: the next cycle may never come.
  package func flush(at now: Instant) throws(RecordingError) {
    let now = UInt64(max(now.nanoseconds, 0))
    if !writer.chunkIsEmpty, now >= writer.chunkStartTime + Self.chunkSpan { try writer.flush() }
  }

  package func synchronise() throws(RecordingError) { try writer.sink.synchronise() }

  /// Which truck it is (S-25), wherever in the file that becomes known.
  package func record(vehicle number: String) throws(RecordingError) {
    try writer.add(
      MCAPMetadata(name: DriveSchema.truck, pairs: [MCAPPair(DriveSchema.vehicle, number)]))
  }

  package func finish() throws(RecordingError) {
    try writer.finish()
    try writer.sink.synchronise()
  }
}

// MARK: - Messages

extension DriveRecorder {
  private func pack(_ inputs: borrowing @_addressable Inputs, _ sent: [ReceivedFrame]) {
    frames.removeAll()
    for i in 0..<inputs.frames.count { pack(inputs.frames[i], 0) }
    for frame in sent { pack(frame, 1) }
  }

  private func pack(_ frame: borrowing @_addressable ReceivedFrame, _ direction: UInt8) {
    let length = min(frame.length, 64)
    frames.put(direction)
    frames.put(frame.bus)
    frames.put(UInt8(frame.isExtended ? 1 : 0))
    frames.put(length)
    frames.put(frame.identifier)
    frames.put(frame.receivedAt.nanoseconds)
    for byte in 0..<Int(length) {
      frames.put(UInt8(truncatingIfNeeded: frame.words[byte >> 3] >> UInt64(8 * (byte & 7))))
    }
  }

  /// Nil for what has no position.
  private static func location(_ report: GNSSReport) -> [UInt8]? {
    guard report.mode >= 2, report.latitude.isFinite, report.longitude.isFinite else { return nil }
    return location(
      report.receivedAt, "gnss", (report.latitude, report.longitude, report.height),
      variance: (report.sigma.value * report.sigma.value, report.sigma.value * report.sigma.value))
  }

  private static func location(
    _ time: Instant, _ frame: String, _ place: (Degrees, Degrees, Metres),
    variance: (east: Double, north: Double)
  ) -> [UInt8] {
    var members = JSONMembers()
    members.put(timestamp: time.nanoseconds)
    members.put("frame_id", frame)
    members.put("latitude", place.0.value)
    members.put("longitude", place.1.value)
    members.put("altitude", place.2.isFinite ? place.2.value : 0)
    let isKnown = variance.east.isFinite && variance.north.isFinite
    let (east, north) = isKnown ? variance : (0, 0)
    members.put("position_covariance", raw: "[\(east),0,0,0,\(north),0,0,0,0]")
    // Foxglove's numbers: 0 unknown, 2 diagonal known.
    members.put("position_covariance_type", raw: isKnown ? "2" : "0")
    return members.bytes
  }

  private func location(_ state: VehicleState, at now: Instant) -> [UInt8] {
    let place = frame.geodetic(east: state.east, north: state.north, up: .zero)
    return Self.location(
      now, "site", (place.latitude, place.longitude, place.height),
      variance: (
        state.sigmaEast.value * state.sigmaEast.value,
        state.sigmaNorth.value * state.sigmaNorth.value
      ))
  }

  private func pose(_ state: VehicleState, at now: Instant) -> [UInt8] {
    var members = JSONMembers()
    members.put(timestamp: now.nanoseconds)
    members.put("frame_id", "site")
    let half = state.heading.value.isFinite ? state.heading.value / 2 : 0
    members.put(
      "pose",
      raw: "{\"position\":{\"x\":\(state.east.value),\"y\":\(state.north.value),\"z\":0},"
        + "\"orientation\":{\"x\":0,\"y\":0,\"z\":\(sine(half)),\"w\":\(cosine(half))}}")
    return members.bytes
  }

  private func status(_ outputs: Outputs, at now: Instant) -> [UInt8] {
    var members = JSONMembers()
    members.put(timestamp: now.nanoseconds)
    members.put("mode", "\(outputs.mode)")
    members.put("demand", "\(outputs.demand.level)")
    members.put("reason", "\(outputs.demand.reason)")
    members.put("speed", outputs.state.speed.value)
    members.put("speed_cap", outputs.speedCap.value)
    members.put("target_speed", outputs.targetSpeed.value)
    members.put("acceleration", outputs.state.acceleration.value)
    members.put("station", outputs.path.station.value)
    members.put("front_station", outputs.path.frontStation.value)
    members.put("stop_target", outputs.authority.stopTarget.value)
    members.put("supervised_limit", outputs.authority.supervisedLimit.value)
    members.put("lateral_deviation", outputs.path.lateralDeviation.value)
    members.put("heading_error", outputs.path.headingError.value)
    members.put("curvature", outputs.state.curvature.value)
    members.put("commanded_curvature", outputs.command.curvature.value)
    members.put("steering_disagreement", outputs.steeringDisagreement)
    members.put("drive_torque", outputs.command.driveTorque.value)
    members.put("brake_deceleration", outputs.command.brakeDeceleration.value)
    members.put("articulation", outputs.state.articulation.value)
    members.put("sigma_east", outputs.state.sigmaEast.value)
    members.put("sigma_north", outputs.state.sigmaNorth.value)
    members.put("trust", "\(outputs.state.trust)")
    members.put("zone", ChangeLog.name(zoneNames, outputs.zone))
    members.put("hold_line", ChangeLog.name(holdLineNames, outputs.holdLine))
    members.put("ready_to_arm", outputs.readyToArm)
    members.put("not_ready", "\(outputs.notReady)")
    members.put("vehicle_ahead", "\(outputs.motion.ahead.phase)")
    members.put("vehicle_ahead_gap", outputs.motion.ahead.gap.value)
    members.put("vehicle_ahead_speed", outputs.motion.ahead.speed.value)
    return members.bytes
  }
}
