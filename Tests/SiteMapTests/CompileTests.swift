import ActuatorGate
import BorderZone
import Control
import DriveConfiguration
import PathFollowing
import SafeStop
import Signals
import SiteMap
import Testing
import Units
import Vehicle
import WireCodec

@Suite struct CompiledDrives {
  private func compile(_ scale: Int = 1) throws -> DriveConfiguration {
    try compileDrive(
      profile: firstProfile, mission: repository + "/missions/rig-course", timingScale: scale)
  }

  @Test func surviveTheirFile() throws {
    let drive = try compile()
    let read = try DriveConfiguration(decoding: drive.encoded())
    #expect(read.hash == drive.hash)
    #expect(read.holdLineNames == ["MIDWAY", "END"])
    #expect(read.controller.vehicle.mass == Kilograms(36_000))
    #expect(read.controller.frames.receiveCount == 16)
    #expect(read.startStation == Metres(20))
  }

  @Test func sameFilesGiveTheSameHash() throws {
    #expect(try compile().hash == compile().hash)
  }

  @Test func missionLimitsReachTheFollower() throws {
    let follower = try compile().controller.follower
    #expect(follower.cruiseSpeed == MetresPerSecond(25 / 3.6))
    #expect(follower.deceleration == MetresPerSecondSquared(1))
    #expect(follower.jerk == MetresPerSecondCubed(0.8))
  }

  @Test func timingScaleStretchesThresholdsOnly() throws {
    let one = try compile().controller
    let five = try compile(5).controller
    #expect(five.frames.receive[0].freshness == one.frames.receive[0].freshness * 5)
    #expect(five.frames.receive[0].period == one.frames.receive[0].period)
    #expect(five.frames.transmit[0].period == one.frames.transmit[0].period)
    #expect(five.safeStop.times.commandFreshness > one.safeStop.times.commandFreshness)
    #expect(five.vehicle.steeringDelay == one.vehicle.steeringDelay)
    #expect(five.vehicle.brakeLag == one.vehicle.brakeLag)
  }

  /// S-5: wheel speeds that are found missing after 250 ms allow 40 % of the speed.
  @Test func slowWheelSpeedsLowerTheCaps() throws {
    var profile = try #require(VehicleProfile.load(folder: firstProfile, findings: Findings()))
    profile.frames.receive[0].freshness = .milliseconds(250)
    let mission = try #require(
      Mission.load(folder: repository + "/missions/rig-course", findings: Findings()))
    let drive = try compileDrive(profile, mission)
    #expect((drive.controller.limits.speedCap - MetresPerSecond(3.332)).magnitude.value < 1e-9)
    #expect(drive.controller.follower.cruiseSpeed == drive.controller.limits.speedCap)
  }

  @Test(arguments: [0, -1, 101]) func anImpossibleTimingScaleIsRefused(scale: Int) {
    #expect(throws: ConfigurationRefused.self) { try compile(scale) }
  }

  /// The route must be within the steering's reach.
  @Test func aRouteTooSharpForTheTruckIsRefused() throws {
    var profile = try #require(VehicleProfile.load(folder: firstProfile, findings: Findings()))
    profile.parameters.roadWheelAngleLimit = Radians(0.1)
    let mission = try #require(
      Mission.load(folder: repository + "/missions/rig-course", findings: Findings()))
    #expect {
      try compileDrive(profile, mission)
    } throws: { error in
      "\(error)".contains("radius") && "\(error)".contains("allowed: 39.")
    }
  }

  /// S-3: what a zone counts on must be on the truck.
  @Test func aProtectionThatTheTruckLacksIsRefused() throws {
    var profile = try #require(VehicleProfile.load(folder: firstProfile, findings: Findings()))
    for i in 0..<profile.frames.fieldCount {
      switch profile.frames.fields[i].channel {
      case .protectiveFieldRange, .attendantEnable: profile.frames.fields[i].channel = .horn
      default: continue
      }
    }
    for rule in ["protective_field", "attendant_enable"] {
      let (mission, messages) = readMission(
        changing: "zones.geojson", #""persons": "excluded""#, to: #""persons": "\#(rule)""#)
      let loaded = try #require(mission, "\(messages)")
      #expect {
        try compileDrive(profile, loaded)
      } throws: { error in
        "\(error)".contains("zones.START.persons: \(rule), but")
      }
    }
  }

  /// S-20: a chain that lets go of the wheel in motion needs a cap at which that fits.
  @Test func aStopThatRemovesTheSteeringNeedsALowCap() throws {
    var profile = try #require(VehicleProfile.load(folder: firstProfile, findings: Findings()))
    var mission = try #require(
      Mission.load(folder: repository + "/missions/rig-course", findings: Findings()))
    profile.emergencyStop = EmergencyStopChain(category: 0, removesSteering: true)
    #expect {
      try compileDrive(profile, mission)
    } throws: { error in
      "\(error)".contains("speed_cap: at") && "\(error)".contains("(S-20)")
    }
    for i in 0..<mission.zones.zoneCount {
      mission.zones.zones[i].speedCap = MetresPerSecond(kilometresPerHour: 5)
    }
    _ = try compileDrive(profile, mission)
  }

  @Test func aTrailerLeftInANoStopZoneIsRefused() throws {
    let profile = try #require(VehicleProfile.load(folder: firstProfile, findings: Findings()))
    var mission = try #require(
      Mission.load(folder: repository + "/missions/rig-course", findings: Findings()))
    mission.zones.zones[1].noStop = true
    mission.zones.lines[0].stopTarget = mission.zones.zones[1].end + Metres(10)
    #expect {
      try compileDrive(profile, mission)
    } throws: { error in
      "\(error)".contains("would stand in SLOW, where nothing may stop")
    }
  }

  /// S-18: slower is nearer; a hard-over at 25 km/h is metres off at rest.
  @Test func aRunawayGrowsWithSpeed() {
    let vehicle = VehicleParameters()
    let slow = SteeringRunaway(
      speed: MetresPerSecond(10 / 3.6), trip: Metres(0.15), vehicle: vehicle)
    let fast = SteeringRunaway(
      speed: MetresPerSecond(25 / 3.6), trip: Metres(0.15), vehicle: vehicle)
    #expect(slow.atRest < fast.atRest)
    #expect(fast.atStop < Metres(0.16))
    #expect(fast.atRest > Metres(2))
  }

  /// S-11: planned braking stays within 0.8 of what may be counted on.
  @Test func comfortBrakingBeyondTheAssumedIsRefused() throws {
    var profile = try #require(VehicleProfile.load(folder: firstProfile, findings: Findings()))
    profile.parameters.assumedDeceleration = MetresPerSecondSquared(1)
    let mission = try #require(
      Mission.load(folder: repository + "/missions/rig-course", findings: Findings()))
    #expect {
      try compileDrive(profile, mission)
    } throws: { error in
      "\(error)".contains("0.8 of the assumed deceleration, 0.8 m/s2 (S-11)")
    }
  }

  @Test func schemaInTheRepositoryIsThatOfTheTable() {
    let file = String(
      decoding: bytes(of: repository + "/missions/mission.schema.json"), as: UTF8.self)
    #expect(
      file == jsonSchema(title: "Tulpar mission", MissionSchema.keys),
      "write it anew: tulpar check --schema mission > missions/mission.schema.json")
  }

  @Test func replayNeedsNoMission() throws {
    let folder = repository + "/hw-profiles/kenworth-t270"
    let profile = try #require(VehicleProfile.load(folder: folder, findings: Findings()))
    let drive = compileReplay(profile)
    #expect(drive.route.isEmpty)
    #expect(drive.controller.frames.receiveCount == 7)
    #expect(!drive.armingObstacles.isEmpty)
  }
}
