import Signals
import Units

extension ProfileBuilder {
  func readGeometry(_ section: CheckedValue) {
    _ = section["origin"]?.text
    if let width = section["width"]?.number { profile.parameters.width = Metres(width) }
    if let points = section["reference_points"] { readReferencePoints(points) }
    guard let antenna = section["antenna"] else { return }
    if let forward = antenna["forward"]?.number {
      profile.parameters.antennaForward = Metres(forward)
    }
    if let left = antenna["left"]?.number { profile.parameters.antennaLeft = Metres(left) }
    if let offset = antenna["heading_offset"]?.number {
      profile.parameters.antennaHeadingOffset = Radians(offset)
    }
  }

  /// Positions ahead of the rear axle become the lengths that the models use.
  private func readReferencePoints(_ points: CheckedValue) {
    guard let bumper = points["front_bumper"]?.number, let axle = points["front_axle"]?.number,
      let tractorRear = points["tractor_rear"]?.number
    else { return }
    profile.parameters.wheelbase = Metres(axle)
    profile.parameters.rearAxleToFrontBumper = Metres(bumper)
    profile.parameters.rearAxleToTractorRear = Metres(-tractorRear)
    var order = [("front_bumper", bumper), ("front_axle", axle)]
    if let pin = points["king_pin"]?.number {
      profile.parameters.fifthWheelOffset = Metres(pin)
      order.append(("king_pin", pin))
    }
    order.append(("tractor_rear", tractorRear))
    for (ahead, behind) in zip(order, order.dropFirst()) where ahead.1 <= behind.1 {
      points.refuse(
        read: "\(ahead.0) \(shortest(ahead.1)) m, \(behind.0) \(shortest(behind.1)) m",
        allowed: "\(ahead.0) ahead of \(behind.0)")
    }
  }

  func readDynamics(_ section: CheckedValue) {
    FieldTable(profile.parameters).apply(section, to: &profile.parameters)
    let parameters = profile.parameters
    if parameters.mass > parameters.massLimit {
      section["mass"]?.refuse(
        read: formatted(parameters.mass.value, .mass),
        allowed: "at most mass_limit, \(formatted(parameters.massLimit.value, .mass))")
    }
    if parameters.assumedDeceleration > parameters.brakeDeceleration {
      section["assumed_deceleration"]?.refuse(
        read: formatted(parameters.assumedDeceleration.value, .acceleration),
        allowed: "at most brake_deceleration, "
          + formatted(parameters.brakeDeceleration.value, .acceleration))
    }
  }
}
