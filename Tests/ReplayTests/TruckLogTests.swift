import DriveConfiguration
import Foundation
import Recording
import Replay
import Signals
import TestSupport
import Testing

private let folder = sharedData("data/truck-sentry")
private let missing: Comment = "the recordings of the real truck are not on this machine"

private func log(_ name: String) throws -> [UInt8] {
  Array(try Data(contentsOf: URL(filePath: try #require(folder)).appending(path: name)))
}

/// Recordings of a real Kenworth T270; the figures are those of can-gnss.md, section 9.
@Suite struct TruckLogs {
  @Test(.enabled(if: folder != nil, missing))
  func aNormalDriveDecodesToItsFiguresAndStopsNothing() throws {
    let timeline = try Truck().replay(try log("normal.log"), name: "normal.log")
    #expect(timeline.frames == 19_957)
    #expect(timeline.overflowedFrames == 0 && timeline.errorFrames == 0)

    let speed = try #require(timeline.signal(.vehicleSpeed))
    #expect(speed.valid == 300 && speed.notAvailable == 0)
    #expect(speed.first * 3.6 == 23.203125)
    #expect((speed.last * 3.6 - 54.390625).magnitude < 1e-9)
    #expect((speed.highest * 3.6 - 54.90625).magnitude < 1e-9)
    let message = try #require(timeline.message("vehicle_speed"))
    #expect(message.frames == 300)
    #expect(message.first == 0.011063)
    #expect(message.last == 29.915046)

    let engine = try #require(timeline.signal(.engineSpeed))
    #expect(engine.valid == 1_499)
    #expect((engine.lowest * 30 / Double.pi - 1_147.25).magnitude < 1e-6)
    #expect((engine.highest * 30 / Double.pi - 1_786.125).magnitude < 1e-6)

    // The brake switch of the engine's CCVS1 is "not available" throughout: neither pressed nor not.
    let brake = try #require(timeline.signal(.brakeSwitch))
    #expect(brake.valid == 0 && brake.notAvailable == 300)
    let gear = try #require(timeline.signal(.currentGear))
    #expect(gear.first == 2 && gear.last == 4)

    #expect(timeline.firstStop == nil)
    #expect(!timeline.entries.contains { if case .faultBegan = $0.event { true } else { false } })
  }

  /// The engine loses its address while the truck drives: its last frame is at 15.489 s, its
  /// freshness 100 ms (S-5), the cycle 10 ms.
  @Test(.enabled(if: folder != nil, missing))
  func anEngineThatLostItsAddressStopsTheTruckInOneDetectionTime() throws {
    let timeline = try Truck().replay(try log("address_claim.log"), name: "address_claim.log")
    let last = try #require(timeline.message("engine")).last
    #expect((last - 15.489).magnitude < 0.001)
    let stop = try #require(timeline.firstStop)
    #expect(stop.reason == .engineStale)
    #expect(stop.seconds > last)
    #expect(stop.seconds <= last + 0.100 + 0.010 + 1e-9)
    #expect(timeline.beginnings(of: "busStarved").isEmpty)
    // It is silent to the end of the log.
    let engine = try #require(timeline.message("engine"))
    #expect(engine.gapBegan == last && (engine.longestGap - (timeline.end - last)).magnitude < 1e-9)
    // The transmission and the brakes go on.
    #expect(try #require(timeline.message("driveline")).last > 29.98)
    #expect(try #require(timeline.signal(.frontAxleSpeed)).valid == 299)
    // A stop is latched: nothing in the rest of the recording leaves it.
    let phases = timeline.entries.compactMap { entry -> String? in
      if case .ladder(let phase, _) = entry.event { phase } else { nil }
    }
    #expect(phases == ["comfort"])
  }

  /// Every computer is silent for 7.84 s while the bus is full of identifier 0: starved, not silent.
  @Test(.enabled(if: folder != nil, missing))
  func aFloodedBusIsCalledStarved() throws {
    let timeline = try Truck().replay(try log("dos_full.log"), name: "dos_full.log")
    let engine = try #require(timeline.message("engine"))
    #expect((engine.longestGap - 7.843).magnitude < 0.001)
    #expect((engine.gapBegan - 16.532).magnitude < 0.001)
    let stop = try #require(timeline.firstStop)
    #expect(stop.reason == .busStarved)
    #expect(stop.seconds > 16.53 && stop.seconds < 16.66)
    for name in ["engineStale", "brakeStale", "wheelSpeedStale", "drivelineStale"] {
      #expect(timeline.beginnings(of: name).allSatisfy { $0 > 24.36 }, "\(name)")
    }
  }

  /// A log of a real truck becomes a drive that re-runs bit for bit.
  @Test(
    .enabled(if: folder != nil, missing),
    arguments: ["normal.log", "address_claim.log", "dos_full.log"])
  func aRecordedLogReplaysBitForBit(name: String) throws {
    let truck = try Truck()
    let frames = try RecordedFrames(
      try log(name), name: name, buses: truck.configuration.buses.map(\.interface))
    var replay = try Replay(
      configuration: truck.configuration, messageNames: truck.names, frames: frames)
    var contents = RecordingContents()
    contents.attachments = [
      MCAPAttachment(
        name: DriveSchema.configuration, mediaType: "application/octet-stream",
        data: replay.configuration.encoded())
    ]
    let sink = RecordingSink()
    let recorder = try DriveRecorder(sink, contents)
    var cycle = RecordedCycle()
    let timeline = try replay.run { inputs, outputs in
      cycle.inputs = inputs
      cycle.outputs = outputs
      try recorder.record(&cycle)
    }
    try recorder.finish()
    let source = ByteSource(bytes: sink.memory, name: "drive.mcap")
    let comparison = try DriveReplay(DriveLog(source)).run()
    #expect(comparison.difference == nil)
    #expect(comparison.cycles == timeline.cycles)
    #expect(comparison.frames == UInt64(timeline.frames - timeline.overflowedFrames))
  }
}
