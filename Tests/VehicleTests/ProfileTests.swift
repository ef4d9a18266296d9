import Foundation
import ActuatorGate
import Estimation
import PathFollowing
import SafeStop
import Signals
import Testing
import TestSupport
import Units
import Vehicle
import WireCodec

@Suite struct Profiles {
  @Test(arguments: [firstProfile, yardProfile, carrierProfile, recordedProfile])
  func readWithoutFindings(folder: String) {
    let findings = Findings()
    #expect(VehicleProfile.load(folder: folder, findings: findings) != nil)
    #expect(findings.all.isEmpty)
  }

  /// S-10: lengths follow from named reference points.
  @Test func referencePointsBecomeLengths() throws {
    let parameters = try #require(readProfile().profile).parameters
    #expect(parameters.wheelbase == Metres(3.6))
    #expect(parameters.rearAxleToFrontBumper == Metres(5))
    #expect(parameters.fifthWheelOffset == Metres(0.6))
    #expect((parameters.kingPinToTrailerAxle.value - 8.1).magnitude < 1e-12)
    #expect((parameters.trailerAxleToRear.value - 3.9).magnitude < 1e-12)
    // 1.6 m of a 13.6 m trailer is ahead of its king-pin.
    #expect((parameters.totalLength.value - (5 - 0.6 + 12)).magnitude < 1e-12)
    #expect(parameters.mass == Kilograms(36_000))
    #expect(parameters.hasTrailer)
  }

  @Test func theFirstProfileMayBeArmed() throws {
    let profile = try #require(readProfile().profile)
    #expect(profile.armingObstacles.isEmpty)
    #expect(profile.actuators.count == Actuator.allCases.count)
    #expect(profile.independentBrakePath?.tripsAfter == .milliseconds(250))
  }

  @Test(arguments: [firstProfile, yardProfile, carrierProfile])
  func theShippedTrucksMayBeArmed(folder: String) throws {
    let profile = try #require(readProfile(of: folder).profile)
    #expect(profile.armingObstacles.isEmpty)
    #expect(profile.parameters.hasTrailer == (folder != carrierProfile))
  }

  private func block(of actuator: Actuator, in folder: String) throws -> String? {
    let text = String(decoding: bytes(of: folder + "/profile.yaml"), as: UTF8.self)
    let section = try #require(text.range(of: "\nactuators:\n"))
    let rest = section.upperBound..<text.endIndex
    guard
      let start = text.range(of: "\n  \(actuator.name):\n", range: rest)
        ?? text.range(of: "  \(actuator.name):\n", range: rest)
    else { return nil }
    let end = try #require(
      text.range(of: "known_from", range: start.upperBound..<text.endIndex).flatMap {
        text.range(of: "\n", range: $0.upperBound..<text.endIndex)
      })
    return String(text[start.lowerBound..<end.lowerBound])
  }

  /// S-2: each missing actuator refuses arming by its name, on every kind of bus.
  @Test(
    arguments: [firstProfile, yardProfile, carrierProfile],
    Actuator.allCases.filter(\.isRequired))
  func aMissingActuatorRefusesArming(folder: String, actuator: Actuator) throws {
    guard let block = try block(of: actuator, in: folder) else {
      #expect(folder == carrierProfile && actuator == .trailerParkingBrake)
      return
    }
    let (profile, messages) = readProfile(replacing: block, with: "", of: folder)
    let obstacles = try #require(profile, "\(messages)").armingObstacles
    #expect(obstacles == ["actuator \(actuator.name) is not bound (S-2)"])
  }

  /// S-2: a feedback that tells nothing of the actuator is none.
  @Test(arguments: Actuator.allCases.filter(\.isRequired))
  func aFeedbackThatShowsNothingRefusesArming(actuator: Actuator) throws {
    let block = try #require(try block(of: actuator, in: firstProfile))
    let start = try #require(block.range(of: "feedback: ["))
    let end = try #require(block.range(of: "]", range: start.upperBound..<block.endIndex))
    let blind = block.replacingCharacters(
      in: start.lowerBound..<end.upperBound, with: "feedback: [yaw_rate]")
    let (profile, messages) = readProfile(replacing: block, with: blind)
    let obstacles = try #require(profile, "\(messages)").armingObstacles
    #expect(obstacles.count == 1)
    #expect(obstacles.first?.hasPrefix("actuator \(actuator.name) has no feedback (S-2)") == true)
  }

  /// What a profile says of a platform's own protocol reaches the frame table.
  @Test func theCarriersMessagesAreFDFrames() throws {
    let profile = try #require(readProfile(of: carrierProfile).profile)
    let motion = profile.frames.transmit[0]
    #expect(motion.isFD && motion.bitRateSwitch && motion.length == 32 && motion.fill == 0)
    #expect(motion.isExtended && motion.identifier == 0x1A00_10A0)
    #expect(motion.check.kind == .crc16CCITT && motion.check.dataIdentifier == 0x5A01)
    #expect(motion.counterModulus == 255)
    let status = profile.frames.receive[0]
    #expect(status.mask == 0x1FFF_FFFF && status.minimumLength == 48)
    #expect(profile.buses.first?.dataBitRate == 2_000_000)
  }

  @Test func theOperationsKeysReachTheirValues() throws {
    let tuning = try #require(readProfile(of: yardProfile).profile).tuning
    #expect(tuning.startTolerance == Metres(3))
    #expect(tuning.degradedSpeed == MetresPerSecond(8 / 3.6))
    #expect(try #require(readProfile().profile).tuning.startTolerance == nil)
  }

  /// S-1: actuators that release need a brake path that trips without us.
  @Test func aMissingBrakePathRefusesArming() throws {
    let text = String(decoding: bytes(of: firstProfile + "/profile.yaml"), as: UTF8.self)
    let start = try #require(text.range(of: "independent_brake_path:"))
    let end = try #require(text.range(of: "emergency_stop:"))
    let block = String(text[start.lowerBound..<end.lowerBound])
    let profile = try #require(readProfile(replacing: block, with: "").profile)
    #expect(
      profile.armingObstacles == [
        "no independent brake path, while service_brake, standstill_hold, steering, engine, retarder"
          + " release on silence (S-1)"
      ])
  }

  /// S-5: slow wheel speeds lower the caps, and the check says so.
  @Test func slowWheelSpeedsAreTold() throws {
    let (profile, messages) = readProfile(
      replacing: "period: 20 ms\n    freshness: 100 ms",
      with: "period: 50 ms\n    freshness: 250 ms")
    #expect(profile != nil)
    #expect(messages.contains { $0.contains("wheel speeds are stale after 250 ms") })
  }

  @Test func aReplayProfileCannotBeArmed() throws {
    let profile = try #require(readProfile(of: recordedProfile).profile)
    #expect(profile.armingObstacles == ["the profile is for replay only (use: replay)"])
    #expect(profile.frames.transmitCount == 0)
  }

  /// J1939-71: the top codes of each length say error and not available.
  @Test func reservedCodesFollowTheLength() throws {
    let frames = try #require(readProfile().profile).frames
    func field(_ channel: SignalChannel) -> SignalField? {
      (0..<frames.fieldCount).map { frames.fields[$0] }.first { $0.channel == channel }
    }
    #expect(field(.wheelSpeedFrontLeft)?.notAvailableFrom == 0xFF00)
    #expect(field(.wheelSpeedFrontLeft)?.errorFrom == 0xFE00)
    #expect(field(.brakePedal)?.notAvailableFrom == 0xFF)
    #expect(field(.brakePedal)?.errorFrom == 0xFE)
    #expect(field(.brakeSwitch)?.notAvailableFrom == 3)
    #expect(field(.brakeSwitch)?.errorFrom == 2)
    // R-MRM-9: an unknown emergency-stop line counts as pressed, so every code is a value.
    #expect(field(.emergencyStopLine)?.notAvailableFrom == .max)
    #expect(field(.emergencyStopLine)?.highest == .infinity)
  }

  @Test func tuningReachesItsStructures() throws {
    let section = """
      safe_stop:
        comfort_deceleration: 1.2 m/s2
        times: {standstill: 2 s}
        conditions:
          off_path: {level: emergency_stop, debounce: 300 ms}
      estimation:
        wheel_speed_noise: 0.1 m/s
        standstill_needs_two_sources: false
      path_following:
        approach_time: 5 s
        lateral_damping: 0.8

      gnss:
      """
    let (profile, messages) = readProfile(replacing: "gnss:", with: section)
    let tuning = try #require(profile, "\(messages)").tuning
    #expect(tuning.safeStop.comfortDeceleration == MetresPerSecondSquared(1.2))
    #expect(tuning.safeStop.times.standstill == .milliseconds(2_000))
    #expect(tuning.safeStop.health[.offPath].level == .emergencyStop)
    #expect(tuning.safeStop.health[.offPath].debounce == .milliseconds(300))
    #expect(tuning.estimation.wheelSpeedNoise == MetresPerSecond(0.1))
    #expect(!tuning.estimation.standstillNeedsTwoSources)
    #expect(tuning.pathFollowing.approachTime == .milliseconds(5_000))
    #expect(tuning.pathFollowing.lateralDamping == 0.8)
  }

  @Test func limitsReachTheGate() throws {
    let (profile, messages) = readProfile(
      replacing: "speed_cap: 8.33 m/s", with: "speed_cap: 20 km/h\n  hand_over: {duration: 2 s}")
    let limits = try #require(profile, "\(messages)").tuning.limits
    #expect(limits.speedCap == MetresPerSecond(20 / 3.6))
    #expect(limits.handOver.duration == .milliseconds(2_000))
    #expect(limits.handOver.curvatureRate == HandOverLimits().curvatureRate)
    #expect(limits.rows[4].speed == MetresPerSecond(4.2))
    #expect((limits.rows[4].curvature.value - 0.113).magnitude < 1e-12)
    #expect((limits.rows[4].curvatureRate.value - 0.13).magnitude < 1e-12)
  }

  @Test func limitsMustRiseInSpeed() {
    let (profile, messages) = readProfile(replacing: "- speed: 2 m/s", with: "- speed: 1 m/s")
    #expect(profile == nil)
    #expect(messages.contains { $0.contains("allowed: more than the row before, 1 m/s") })
  }

  /// A field whose name in `visit` is not its property's would be no key and could not be tuned.
  @Test func everyTuningFieldIsAKey() {
    #expect(
      FieldTable(EstimatorConfiguration()).fields.count == fieldCount(EstimatorConfiguration()))
    #expect(FieldTable(FollowerConfiguration()).fields.count == fieldCount(FollowerConfiguration()))
    #expect(FieldTable(VehicleParameters()).fields.count == fieldCount(VehicleParameters()))
    #expect(FieldTable(SafeStopTimes()).fields.count == fieldCount(SafeStopTimes()))
    #expect(FieldTable(HandOverLimits()).fields.count == fieldCount(HandOverLimits()))
    #expect(FieldTable(GateRow()).fields.count == fieldCount(GateRow()))
  }

  private func fieldCount<T: Visitable>(_ value: T) -> Int {
    var copy = value
    var writer = WordWriter<256>()
    copy.visit(&writer)
    return writer.count
  }

  @Test func schemaInTheRepositoryIsThatOfTheTable() {
    let file = String(
      decoding: bytes(of: repository + "/hw-profiles/profile.schema.json"), as: UTF8.self)
    #expect(
      file == jsonSchema(title: "Tulpar hw-profile", ProfileSchema.keys),
      "write it anew: tulpar check --schema profile > hw-profiles/profile.schema.json")
  }
}
