import ReproducibleMath
import Signals
import Units

/// A driver who keeps the truck on its route at a speed, with the wheel and the pedals, and who
/// stops and parks at the end of the route or when told to.
struct RouteDriver: Sendable {
  private static let comfortableDeceleration = 0.7
  /// Of the front bumper from the end of the route, m.
  private static let endMargin = 2.0

  /// m/s; nil for a driver who is about to park.
  var speed: Double?
  private(set) var roadWheelAngle = 0.0
  private(set) var accelerator = 0.0
  private(set) var brakePedal = 0.0

  /// - Parameters:
  ///   - target: where the driver looks, metres ahead of the rear axle and left of the truck.
  ///   - remaining: from the front bumper to the end of the route, m.
  mutating func drive(
    speed now: Double, wheelbase: Double, target: (ahead: Double, left: Double), remaining: Double
  ) {
    // The circle through the rear axle, along the truck, to where the driver looks.
    let square = target.ahead * target.ahead + target.left * target.left
    let curvature = square > 0 ? 2 * target.left / square : 0
    roadWheelAngle = arctangent(curvature * wheelbase)
    let room = max(remaining - Self.endMargin, 0)
    if room == 0 { speed = nil }
    let possible = (2 * Self.comfortableDeceleration * room).squareRoot()
    let wanted = min(speed ?? 0, possible)
    let error = wanted - now
    // A tenth of the torque is about what rolls and drags.
    accelerator = error > 0 ? min(0.1 + 0.5 * error, 1) : 0
    brakePedal = wanted == 0 ? 0.3 : error < -0.2 ? min(-0.25 * error, 0.5) : 0
  }

  /// How far ahead the driver looks, m.
  static func lookAhead(_ speed: Double) -> Double { max(8, 1.5 * speed) }
}

extension Truck {
  mutating func follow(_ speed: Double?) {
    guard let speed else {
      driver?.speed = nil
      return
    }
    if driver == nil { driver = RouteDriver(speed: speed) } else { driver?.speed = speed }
    controls.body.operate(isDriving: true)
  }

  mutating func hold(_ angle: Double?) {
    if handAngle == nil, angle != nil { controls.body.operate(isDriving: true) }
    handAngle = angle
  }

  /// Every 10 ms, after the truck was located.
  mutating func driveByHand() {
    guard var hands = driver else { return }
    let speed = dynamics.speed
    let look = position(station: rearPlace.station + RouteDriver.lookAhead(speed), left: 0)
    let east = look.east - dynamics.east
    let north = look.north - dynamics.north
    let (along, across) = cosineAndSine(dynamics.heading)
    hands.drive(
      speed: speed, wheelbase: parameters.wheelbase.value,
      target: (ahead: east * along + north * across, left: north * along - east * across),
      remaining: track.end - frontPlace.station)
    cab.apply(.accelerator(hands.accelerator))
    cab.apply(.brake(hands.brakePedal))
    driver = hands
    guard hands.speed == nil, speed.magnitude < 0.01 else { return }
    driver = nil
    cab.apply(.brake(0))
    controls.body.operate(isDriving: false)
  }
}
