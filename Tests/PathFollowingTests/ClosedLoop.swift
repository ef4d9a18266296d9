import Foundation
import PathFollowing
import Signals
import TestSupport
import Units

/// Follower and plant in a loop, the state told exactly or with seeded noise.
struct ClosedLoop {
  var plant = ReferencePlant()
  var follower = PathFollower()
  var parameters = VehicleParameters()
  var configuration = FollowerConfiguration()
  var limits = MotionLimits()
  var request = MotionRequest.drive
  var noise = SeededNoise(seed: 1)
  var isNoisy = false
  /// As the estimator would tell it.
  var rearAxleSlipLearnt = 0.0
  let route: [RoutePiece]
  private(set) var path = PathState()
  private(set) var output = FollowerOutput()
  private(set) var cycle = 0
  var lateral: [Double] = []

  init(route: [RoutePiece]) {
    self.route = route
    parameters.brakeDelay = parameters.driveDelay
    parameters.brakeLag = parameters.driveLag
    parameters.rollingResistance = 0
    parameters.dragArea = 0
    configuration.cruiseSpeed = MetresPerSecond(25)
    configuration.lateralAccelerationLimit = MetresPerSecondSquared(3)
    limits.authority.stopTarget = Metres(1e5)
    limits.authority.supervisedLimit = Metres(1e5)
    plant.x = route[0].east.value
    plant.y = route[0].north.value
    plant.psi = route[0].heading.value
    plant.psi2 = plant.psi
  }

  mutating func state() -> VehicleState {
    var state = VehicleState()
    state.at = Instant(nanoseconds: Int64(cycle) * 10_000_000)
    state.east = Metres(plant.x + draw(0.01))
    state.north = Metres(plant.y + draw(0.01))
    state.heading = Radians(plant.psi + draw(0.001))
    state.speed = MetresPerSecond(max(plant.u + (plant.u > 0 ? draw(0.02) : 0), 0))
    state.acceleration = MetresPerSecondSquared(plant.a - (plant.u > 0 ? plant.drag : 0))
    state.yawRate = RadiansPerSecond(plant.r + draw(0.002))
    state.curvature = Curvature(tan(plant.delta) / plant.wheelbase)
    state.articulation = Radians(plant.psi - plant.psi2)
    state.rearAxleSlipLearnt = rearAxleSlipLearnt
    state.isStandstill = plant.u == 0
    state.headingObserved = true
    state.trust = .trusted
    state.sigmaEast = Metres(0.02)
    state.sigmaNorth = Metres(0.02)
    state.sigmaHeading = Radians(0.002)
    return state
  }

  private mutating func draw(_ sigma: Double) -> Double { isNoisy ? sigma * noise.gauss() : 0 }

  mutating func step() {
    let state = state()
    let pieces = route
    path = follower.locate(
      state: state, route: pieces.span, parameters: parameters, configuration: configuration)
    output = follower.step(
      request: request, state: state, path: path, route: pieces.span, limits: limits,
      parameters: parameters, configuration: configuration)
    let command = output.command
    let force = Powertrain.availableForce(state.speed.value, parameters)
    let drive = command.driveTorque.value * force / parameters.mass.value
    plant.step(
      steer: atan(command.curvature.value * plant.wheelbase),
      acceleration: drive - command.brakeDeceleration.value)
    if plant.u > 0.05 { lateral.append(path.lateralDeviation.value) }
    cycle += 1
  }

  /// Runs until the truck has stood for a second, at most for `seconds`.
  mutating func runToStop(seconds: Double) {
    var still = 0
    for _ in 0..<Int(seconds * 100) {
      step()
      still = plant.u < 0.001 ? still + 1 : 0
      if still > 100, cycle > 500 { return }
    }
  }

  var lateralRMS: Double {
    (lateral.reduce(0) { $0 + $1 * $1 } / Double(max(lateral.count, 1))).squareRoot()
  }
}

/// Routes of straight lines, clothoids and arcs.
struct RouteMaker {
  private(set) var pieces: [RoutePiece] = []
  var speedLimit: Float = 13.9
  var grade: Float = 0

  /// A piece whose curvature goes from `from` to `to`, integrated at 1 cm.
  mutating func add(_ length: Double, _ from: Double, _ to: Double) {
    var piece = RoutePiece()
    if let last = pieces.last {
      let n = max(Int(last.length.value * 100), 1)
      let h = last.length.value / Double(n)
      var (x, y, heading) = (last.east.value, last.north.value, last.heading.value)
      for i in 0..<n {
        let middle = (Double(i) + 0.5) * h
        let angle =
          last.heading.value + middle * (last.curvature.value + 0.5 * last.sharpness * middle)
        x += h * cos(angle)
        y += h * sin(angle)
      }
      heading +=
        last.length.value * (last.curvature.value + 0.5 * last.sharpness * last.length.value)
      piece.start = last.start + last.length
      (piece.east, piece.north, piece.heading) = (Metres(x), Metres(y), Radians(heading))
    }
    piece.length = Metres(length)
    piece.curvature = Curvature(from)
    piece.sharpness = (to - from) / length
    piece.speedLimit = speedLimit
    piece.grade = grade
    pieces.append(piece)
  }

  static func straight(_ length: Double, grade: Float = 0) -> [RoutePiece] {
    var maker = RouteMaker()
    maker.grade = grade
    maker.add(length, 0, 0)
    return maker.pieces
  }

  /// Two bends of 60 m radius to opposite sides with 30 m clothoids.
  static func winding() -> [RoutePiece] {
    var maker = RouteMaker()
    maker.add(60, 0, 0)
    for side in [1.0, -1.0] {
      maker.add(30, 0, side / 60)
      maker.add(40, side / 60, side / 60)
      maker.add(30, side / 60, 0)
      maker.add(40, 0, 0)
    }
    maker.add(400, 0, 0)
    return maker.pieces
  }
}
