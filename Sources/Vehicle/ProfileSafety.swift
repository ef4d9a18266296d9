import Signals
import Units
import WireCodec

extension ProfileBuilder {
  func readActuators(_ section: CheckedValue) {
    for (name, place) in section.members {
      guard let actuator = Actuator.allCases.first(where: { $0.name == name }) else { continue }
      let feedback = (place["feedback"]?.elements ?? []).compactMap { element in
        SignalChannel.byName.first { $0.name == element.text }?.channel
      }
      for (element, channel) in zip(place["feedback"]?.elements ?? [], feedback)
      where !isReceived(channel) {
        element.report("feedback \(snakeCase("\(channel)")) is bound to no received message")
      }
      _ = place["known_from"]?.text
      let behaviours: [(String, SilenceBehaviour)] = [
        ("releases", .releases), ("holds", .holds), ("brakes", .brakes),
      ]
      let behaviour = place["on_silence"]?.text
      let timeout = place["timeout"]?.number
      guard let command = place["command"], let row = transmitRow(command),
        let onSilence = behaviours.first(where: { $0.0 == behaviour })?.1
      else { continue }
      checkTimeout(place, onSilence, timeout, row)
      let carried = carriedCommands(row)
      if !actuator.commands.contains(where: carried.contains) {
        command.refuse(
          read: command.text.map { quoted($0) } ?? "nothing",
          allowed: "a message with field "
            + actuator.commands.map { snakeCase("\($0)") }.joined(separator: " or "))
      }
      profile.actuators.append(
        BoundActuator(
          actuator: actuator, transmitRow: row, feedback: feedback, onSilence: onSilence,
          timeout: timeout.map { .seconds($0) }))
      // One message, several actuators: the row says what is worst for a truck in motion.
      let current = profile.frames.transmit[row].onSilence
      if isFirstUse(of: row) || onSilence.rawValue < current.rawValue {
        profile.frames.transmit[row].onSilence = onSilence
      }
    }
  }

  private func isFirstUse(of row: Int) -> Bool {
    profile.actuators.filter { $0.transmitRow == row }.count == 1
  }

  private func checkTimeout(
    _ place: CheckedValue, _ behaviour: SilenceBehaviour, _ timeout: Double?, _ row: Int
  ) {
    guard let timeout else {
      if behaviour != .holds {
        place.report("missing timeout; an actuator that \(place["on_silence"]?.text ?? "") has one")
      }
      return
    }
    let period = profile.frames.transmit[row].period
    if Interval.seconds(timeout) < period * 2 {
      place["timeout"]?.refuse(
        read: formatted(timeout, .duration),
        allowed: "at least two periods of its command, "
          + formatted((period * 2).seconds, .duration))
    }
  }

  private func transmitRow(_ place: CheckedValue) -> Int? {
    guard let name = place.text else { return nil }
    if let row = profile.transmitNames.firstIndex(of: name) { return row }
    let hint = nearest(name, of: profile.transmitNames).map { "; did you mean \($0)?" } ?? ""
    place.report("no message \(quoted(name)) under transmit\(hint)")
    return nil
  }

  private func carriedCommands(_ row: Int) -> [CommandChannel] {
    let message = profile.frames.transmit[row]
    return (message.firstField..<(message.firstField + message.fieldCount)).map {
      profile.frames.transmitFields[$0].channel
    }
  }

  private func isReceived(_ channel: SignalChannel) -> Bool {
    (0..<profile.frames.fieldCount).contains { profile.frames.fields[$0].channel == channel }
  }

  func readEmergencyStop(_ section: CheckedValue) {
    _ = section["known_from"]?.text
    guard let category = section["category"]?.integer,
      let removesSteering = section["removes_steering"]?.flag
    else { return }
    profile.emergencyStop = EmergencyStopChain(
      category: Int(category), removesSteering: removesSteering)
    if category == 0, !removesSteering {
      section["removes_steering"]?.refuse(
        read: "false", allowed: "true where category 0 takes power at once")
    }
  }

  func readIndependentBrakePath(_ section: CheckedValue) {
    var path = IndependentBrakePath()
    if let value = section["trips_after"]?.number { path.tripsAfter = .seconds(value) }
    if let value = section["deceleration"]?.number {
      path.deceleration = MetresPerSecondSquared(value)
    }
    _ = section["holds_by"]?.text
    _ = section["known_from"]?.text
    if section["feedback"]?.text != nil, !isReceived(.independentBrakeTripped) {
      section["feedback"]?.report(
        "independent_brake_tripped is bound to no received message")
    }
    guard let enable = section["enable"], let row = transmitRow(enable) else { return }
    path.transmitRow = row
    guard carriedCommands(row).contains(.dynamicEnable) else {
      return enable.refuse(
        read: quoted(enable.text ?? ""),
        allowed: "a message with field dynamic_enable: a signal that must keep changing (S-1)")
    }
    let period = profile.frames.transmit[row].period
    if path.tripsAfter < period * 3 {
      section["trips_after"]?.refuse(
        read: formatted(path.tripsAfter.seconds, .duration),
        allowed: "at least three periods of the enable, "
          + formatted((period * 3).seconds, .duration))
    }
    profile.independentBrakePath = path
  }

  /// What keeps the truck from driving without a person: S-1, S-2, S-5.
  func judge(_ root: CheckedValue) {
    guard profile.use == .drive else {
      profile.armingObstacles = ["the profile is for replay only (use: replay)"]
      if profile.frames.transmitCount > 0 {
        root["transmit"]?.report("a profile for replay sends nothing: remove it or use: drive")
      }
      return
    }
    var obstacles: [String] = []
    for actuator in Actuator.allCases where actuator.isRequired {
      if actuator == .trailerParkingBrake, !profile.parameters.hasTrailer { continue }
      if !profile.actuators.contains(where: { $0.actuator == actuator }) {
        obstacles.append("actuator \(actuator.name) is not bound (S-2)")
      }
    }
    for bound in profile.actuators where bound.actuator.isRequired {
      let shown = bound.actuator.feedback
      guard !bound.feedback.contains(where: shown.contains) else { continue }
      obstacles.append(
        "actuator \(bound.actuator.name) has no feedback (S-2); any of "
          + shown.map { snakeCase("\($0)") }.joined(separator: ", ") + " shows it")
    }
    let releasing = profile.actuators.filter { $0.onSilence == .releases }
    if profile.independentBrakePath == nil, !releasing.isEmpty {
      obstacles.append(
        "no independent brake path, while \(releasing.map(\.actuator.name).joined(separator: ", "))"
          + " \(releasing.count == 1 ? "releases" : "release") on silence (S-1)")
    }
    if profile.emergencyStop == nil {
      obstacles.append("no emergency_stop: what its chain does is not stated (S-20)")
    }
    if !isReceived(.emergencyStopLine) {
      obstacles.append("signal emergency_stop_line is not received (S-20)")
    }
    let needed: [(String, [SignalChannel])] = [
      ("yaw_rate", [.yawRate]),
      (
        "a steering angle or curvature", [.steeringWheelAngle, .roadWheelAngle, .steeringCurvature]
      ),
    ]
    for (name, channels) in needed where !channels.contains(where: isReceived) {
      obstacles.append("signal \(name) is not received")
    }
    judgeSpeedSources(&obstacles, root)
    judgeRadar(root)
    profile.armingObstacles = obstacles
  }

  /// One that tells only a part of its target would be silent for ever.
  private func judgeRadar(_ root: CheckedValue) {
    let needed: [SignalChannel] = [
      .forwardVehicleDetected, .forwardVehicleDistance, .forwardVehicleSpeed,
    ]
    let missing = needed.filter { !isReceived($0) }
    guard !missing.isEmpty, missing.count < needed.count else { return }
    root["receive"]?.report(
      "a radar needs \(needed.map { snakeCase("\($0)") }.joined(separator: ", ")); not received: "
        + missing.map { snakeCase("\($0)") }.joined(separator: ", "))
  }

  /// S-5: a wheel speed at 20 ms or better, or the caps must be lowered; S-6: two sources.
  private func judgeSpeedSources(_ obstacles: inout [String], _ root: CheckedValue) {
    let others: [SignalChannel] = [.vehicleSpeed, .frontAxleSpeed, .outputShaftSpeed]
    if let freshness = profile.wheelSpeedFreshness {
      if freshness > .milliseconds(100) {
        root["receive"]?.report(
          "wheel speeds are stale after \(formatted(freshness.seconds, .duration)); above 100 ms "
            + "the detection time lowers every speed cap (S-5)", .warning)
      }
    } else {
      obstacles.append("no wheel speed is received (S-5)")
    }
    if !others.contains(where: isReceived) {
      obstacles.append("no second, independent speed is received (S-6)")
    }
  }
}

extension VehicleProfile {
  /// How long the best wheel speed may be missing before it is found so; nil without any.
  package var wheelSpeedFreshness: Interval? {
    var best: Interval?
    for i in 0..<frames.receiveCount {
      let row = frames.receive[i]
      for j in row.firstField..<(row.firstField + row.fieldCount) {
        switch frames.fields[j].channel {
        case .wheelSpeedFrontLeft, .wheelSpeedFrontRight, .wheelSpeedRearLeft,
          .wheelSpeedRearRight:
          best = min(best ?? row.freshness, row.freshness)
        default: continue
        }
      }
    }
    return best
  }
}
