import ActuatorGate
import BorderZone
import Control
import DriveConfiguration
import Estimation
import PathFollowing
import ReproducibleMath
import SafeStop
import Signals
import Units
import Vehicle
import WireCodec

/// Profile and mission folders, resolved into one configuration.
///
/// `timingScale` stretches every timing threshold: 1 on a truck, more on a host that is too slow to
/// keep time, which is then said in every log.
package func compileDrive(
  profile: String, mission: String, timingScale: Int = 1
) throws(ConfigurationRefused) -> DriveConfiguration {
  let findings = Findings()
  let loadedProfile = VehicleProfile.load(folder: profile, findings: findings)
  let loadedMission = Mission.load(folder: mission, findings: findings)
  guard let loadedProfile, let loadedMission, !findings.hasErrors else {
    throw ConfigurationRefused(findings: findings.errors)
  }
  return try compileDrive(loadedProfile, loadedMission, timingScale: timingScale)
}

/// The same from checked values.
package func compileDrive(
  _ profile: VehicleProfile, _ mission: Mission, timingScale: Int = 1
) throws(ConfigurationRefused) -> DriveConfiguration {
  let findings = Findings()
  let compiler = DriveCompiler(profile: profile, mission: mission, findings: findings)
  compiler.check()
  if !(1...100).contains(timingScale) {
    compiler.refuse("--timing-scale", "read \(timingScale); allowed: 1 to 100")
  }
  guard !findings.hasErrors else { throw ConfigurationRefused(findings: findings.errors) }
  return compiler.resolve(timingScale: timingScale)
}

/// The configuration of a profile without a mission, for recorded frames.
package func compileReplay(
  _ profile: VehicleProfile, timingScale: Int = 1
) -> DriveConfiguration {
  DriveCompiler(profile: profile, mission: Mission(), findings: Findings())
    .resolve(timingScale: timingScale)
}

private struct DriveCompiler {
  let profile: VehicleProfile
  let mission: Mission
  let findings: Findings

  func refuse(_ key: String, _ message: String) {
    findings.add(
      Finding(
        file: "profile \(profile.name) with mission \(mission.name)", line: 0, key: key,
        message: message))
  }

  /// What neither file can know alone.
  func check() {
    if profile.use == .replay {
      refuse("use", "read replay: recorded frames only; allowed: drive")
    }
    checkCurvature()
    let limits = mission.limits
    if limits.cruiseSpeed > profile.tuning.limits.speedCap {
      refuse(
        "limits.cruise_speed",
        "read \(formatted(limits.cruiseSpeed.value, .speed)); allowed: the gate's speed cap, "
          + formatted(profile.tuning.limits.speedCap.value, .speed))
    }
    let assumed = profile.parameters.assumedDeceleration * 0.8
    if limits.comfortDeceleration > assumed {
      refuse(
        "limits.comfort_deceleration",
        "read \(formatted(limits.comfortDeceleration.value, .acceleration)); allowed: 0.8 of the "
          + "assumed deceleration, \(formatted(assumed.value, .acceleration)) (S-11)")
    }
    if limits.authorityMargin <= profile.tuning.limits.authorityMargin {
      refuse(
        "limits.authority_margin",
        "read \(formatted(limits.authorityMargin.value, .length)); allowed: more than the gate's, "
          + formatted(profile.tuning.limits.authorityMargin.value, .length))
    }
    checkPersons()
    checkEmergencyStop()
    checkStandingRoom()
    guard let last = mission.route.last else { return }
    let front = mission.start + profile.parameters.rearAxleToFrontBumper
    if mission.zones.lineCount > 0, front >= mission.zones.lines[0].stopTarget {
      refuse("start", "the front bumper would stand beyond the first hold line")
    }
    if mission.start > last.start + last.length { refuse("start", "beyond the end of the route") }
  }

  /// S-3: a zone that counts on a protection needs a truck that has it.
  private func checkPersons() {
    let fields = (0..<profile.frames.fieldCount).map { profile.frames.fields[$0].channel }
    for i in 0..<min(mission.zones.zoneCount, mission.zoneNames.count) {
      let name = "zones.\(mission.zoneNames[i]).persons"
      switch mission.zones.zones[i].persons {
      case .excluded: continue
      case .protectiveField:
        let needed: [SignalChannel] = [
          .protectiveFieldClear, .protectiveFieldInverse, .protectiveFieldRange,
        ]
        for channel in needed where !fields.contains(channel) {
          refuse(
            name, "protective_field, but the profile receives no \(snakeCase("\(channel)")) (S-3)")
        }
      case .attendantEnable where fields.contains(.attendantEnable): continue
      case .attendantEnable:
        refuse(name, "attendant_enable, but the profile receives no attendant_enable (S-3)")
      }
    }
  }

  /// S-20: a chain that lets go of the wheel in motion is refused, unless the zone's cap keeps what
  /// that costs within the deviation at which the truck would stop anyway.
  private func checkEmergencyStop() {
    guard let chain = profile.emergencyStop, chain.removesSteering else { return }
    let allowed = profile.tuning.safeStop.lateralLimit
    for i in 0..<min(mission.zones.zoneCount, mission.zoneNames.count) {
      let zone = mission.zones.zones[i]
      let cap = min(zone.speedCap, mission.limits.cruiseSpeed)
      let sharpest =
        mission.route
        .filter { $0.start < zone.end && $0.start + $0.length > zone.start }
        .map { max($0.curvature.value.magnitude, $0.endCurvature.magnitude) }.max() ?? 0
      let excursion = SteeringLoss(
        speed: cap, curvature: Curvature(sharpest), vehicle: profile.parameters)
      guard excursion.atRest > allowed else { continue }
      refuse(
        "zones.\(mission.zoneNames[i]).speed_cap",
        "at \(formatted(rounded(cap.value), .speed)) an emergency stop that removes the steering "
          + "leaves the path by \(formatted(rounded(excursion.atRest.value), .length)); allowed: "
          + "\(formatted(allowed.value, .length)), or a chain that keeps it (S-20)")
    }
  }

  /// A truck at a hold line must not reach back into a zone where nothing may stand.
  private func checkStandingRoom() {
    let length = profile.parameters.totalLength
    for i in 0..<min(mission.zones.lineCount, mission.lineNames.count) {
      let front = mission.zones.lines[i].stopTarget
      for j in 0..<min(mission.zones.zoneCount, mission.zoneNames.count) {
        let zone = mission.zones.zones[j]
        guard zone.noStop, zone.start < front, zone.end > front - length else { continue }
        refuse(
          "zones.\(mission.lineNames[i])",
          "the truck of \(formatted(rounded(length.value), .length)) would stand in "
            + "\(mission.zoneNames[j]), where nothing may stop")
      }
    }
  }

  /// The route must be within reach of the steering, and of the gate at the speed planned there.
  private func checkCurvature() {
    let angle = profile.parameters.roadWheelAngleLimit.value
    let reach = sine(angle) / cosine(angle) / profile.parameters.wheelbase.value
    for piece in mission.route {
      let sharpest = max(piece.curvature.value.magnitude, piece.endCurvature.magnitude)
      let speed = MetresPerSecond(Double(piece.speedLimit))
      let row = profile.tuning.limits.row(at: speed)
      let allowed = min(0.9 * reach, row.curvature.value)
      if sharpest > allowed {
        refuse(
          "route",
          "radius \(shortest(rounded(1 / sharpest))) m at \(shortest(rounded(piece.start.value))) m"
            + "; allowed: \(shortest(rounded(1 / allowed))) m and more at "
            + formatted(rounded(speed.value), .speed))
        return
      }
      let rate = piece.sharpness.magnitude * speed.value
      if rate > row.curvatureRate.value {
        refuse(
          "route",
          "its curvature changes by \(formatted(rounded(rate), .curvatureRate)) at "
            + "\(shortest(rounded(piece.start.value))) m; allowed: "
            + formatted(row.curvatureRate.value, .curvatureRate))
        return
      }
    }
  }

  func resolve(timingScale: Int) -> DriveConfiguration {
    var drive = DriveConfiguration()
    drive.profileName = profile.name
    drive.missionName = mission.name
    drive.route = mission.route
    drive.startStation = mission.start
    drive.zoneNames = mission.zoneNames
    drive.holdLineNames = mission.lineNames
    drive.buses = profile.buses.map { bus in
      var settings = BusSettings()
      settings.interface = bus.interface
      settings.bitRate = bus.bitRate
      settings.isFD = bus.isFD
      return settings
    }
    drive.identity = profile.identity
    resolveCompute(&drive)
    drive.gnss = profile.gnss
    drive.timingScale = timingScale
    drive.armingObstacles = profile.armingObstacles
    drive.controller.profileObstacles = UInt32(clamping: profile.armingObstacles.count)
    resolveController(&drive)
    scaleTimes(&drive, by: timingScale)
    return drive
  }

  private func resolveCompute(_ drive: inout DriveConfiguration) {
    drive.compute.controlPriority = profile.compute.controlPriority
    drive.compute.supervisorPriority = profile.compute.supervisorPriority
    drive.compute.receivePriority = profile.compute.receivePriority
    drive.compute.guardianPriority = profile.compute.guardianPriority
    drive.compute.controlProcessor = profile.compute.controlProcessor
    drive.compute.guardianProcessor = profile.compute.guardianProcessor
    drive.compute.wakeUpLatency = profile.compute.wakeUpLatency
  }

  private func resolveController(_ drive: inout DriveConfiguration) {
    drive.controller.vehicle = profile.parameters
    drive.controller.trailer = profile.trailer
    drive.controller.frames = profile.frames
    drive.controller.network = profile.network
    drive.controller.zones = mission.zones
    drive.controller.estimator = profile.tuning.estimation
    drive.controller.follower = profile.tuning.pathFollowing
    drive.controller.limits = profile.tuning.limits
    drive.controller.safeStop = profile.tuning.safeStop
    drive.controller.originLatitude = mission.frame.latitude
    drive.controller.originLongitude = mission.frame.longitude
    drive.controller.originHeight = mission.frame.height
    drive.controller.routeLength = mission.routeLength
    drive.controller.routeIdentifier = identifier(of: mission.route)
    // What the mission asks for, within what the profile's tuning allows.
    let limits = mission.limits
    drive.controller.follower.cruiseSpeed = limits.cruiseSpeed
    drive.controller.follower.lateralAccelerationLimit = limits.lateralAcceleration
    drive.controller.follower.acceleration = limits.acceleration
    drive.controller.follower.deceleration = limits.comfortDeceleration
    drive.controller.follower.jerk = limits.jerk
    if let tolerance = profile.tuning.startTolerance {
      drive.controller.startTolerance = tolerance
    }
    if let speed = profile.tuning.degradedSpeed { drive.controller.degradedSpeed = speed }
    derate(&drive)
  }

  /// S-5: what is found missing later must be driven slower, so that no more ground is covered
  /// until then than with the wheel speeds that driverless use asks for.
  private func derate(_ drive: inout DriveConfiguration) {
    guard let freshness = profile.wheelSpeedFreshness, freshness > .milliseconds(100) else {
      return
    }
    let share = 0.1 / freshness.seconds
    drive.controller.limits.speedCap = drive.controller.limits.speedCap * share
    drive.controller.follower.cruiseSpeed = min(
      drive.controller.follower.cruiseSpeed, drive.controller.limits.speedCap)
  }

  private func identifier(of route: [RoutePiece]) -> UInt64 {
    var hash = FieldHash()
    for var piece in route { piece.visit(&hash) }
    return hash.hash
  }

  /// Freshness, time-outs and debounces; never a control period, a lag or a ramp.
  private func scaleTimes(_ drive: inout DriveConfiguration, by factor: Int) {
    guard factor != 1 else { return }
    let count = Int64(factor)
    drive.controller.safeStop.scaleTimes(by: Double(factor))
    for i in 0..<drive.controller.frames.receiveCount {
      let freshness = drive.controller.frames.receive[i].freshness
      drive.controller.frames.receive[i].freshness = freshness * count
    }
    func scale(_ path: WritableKeyPath<DriveConfiguration, Interval>) {
      drive[keyPath: path] = drive[keyPath: path] * count
    }
    scale(\.controller.estimator.speedFreshness)
    scale(\.controller.estimator.yawRateFreshness)
    scale(\.controller.estimator.steeringFreshness)
  }
}
