import ReproducibleMath
import Signals
import Units

/// What a truck on the path does at a moment, and the wheel command for it.
///
/// With the slip time s, by which the heading leads the path, and the yaw lag y, a truck on the path
/// needs the curvature (1 + y D) / (1 - s D) of the path's, D being the derivative by time; here that
/// is its series to the third order. The path's curvature is taken as differences of its heading at
/// even times, so that every derivative is one of a smooth (spline) average and a joint of two
/// clothoids asks for no step of the wheel. What the averages take from the curvature in a bend is
/// known to the next order and is put back.
struct LateralReference {
  let yawRate: Double
  let heading: Double
  /// tan(road-wheel angle) that the path needs at the moment.
  let tangentNow: Double
  /// Road-wheel angle to command, the steering's lag made up for.
  let lead: Double

  /// Short against the lags that are inverted, long enough for what the wheel can follow.
  private static var spacing: Double { 0.18 }

  /// `acceleration` is that of the plan, which does not shake and knows what is about to come.
  init(
    _ ahead: LateralPrediction, acceleration: Double, disturbance: Double, cycle: Double,
    _ route: borrowing Span<RoutePiece>, _ model: LateralModel
  ) {
    let speed = max(ahead.speed, 0.1)
    let spacing = Self.spacing
    let square = spacing * spacing
    let curvatures = Self.curvatures(ahead, speed, acceleration, route)
    let slipTime = model.slip * ahead.speed
    let sum = slipTime + model.yawLag
    // Variances of the averages: 1/12 in a difference, 1/2 in each sum of three, 1/3 in a slope.
    let quadratic = slipTime * sum - 13.0 / 24 * square
    let cubic = (slipTime * slipTime - 11.0 / 24 * square) * sum
    // Yaw rate is speed times curvature: a change of speed is a change of it, and of the slip time.
    let growth = min(max(acceleration / max(speed, 2), -0.3), 0.3)
    let level = 1 + growth * (slipTime + sum)
    let linear = sum + 2 * growth * slipTime * (sum + model.yawLag)
    var angles = InlineArray<3, Double>(repeating: 0)
    for k in 0..<3 {
      let (before, middle, after) = (curvatures[k + 1], curvatures[k + 2], curvatures[k + 3])
      let smooth = 0.25 * (before + 2 * middle + after)
      let first = (after - before) / (2 * spacing)
      let second = (after - 2 * middle + before) / square
      let third =
        (curvatures[k + 4] - 2 * (after - before) - curvatures[k]) / (2 * square * spacing)
      let demand = level * smooth + linear * first + quadratic * second + cubic * third
      let then = speed + Double(k - 1) * spacing * acceleration
      let length = model.wheelbase + model.understeer * then * then
      angles[k] = arctangent((demand - disturbance) * length)
    }
    let slope = (curvatures[4] - curvatures[2]) / (2 * spacing)
    let bend = (curvatures[4] - 2 * curvatures[3] + curvatures[2]) / square
    yawRate =
      ahead.speed
      * ((1 + 2 * growth * slipTime) * curvatures[3] + slipTime * slope
        + (slipTime * slipTime - square / 24) * bend)
    heading = slipTime * yawRate
    let angle = 0.25 * (angles[0] + 2 * angles[1] + angles[2])
    tangentNow = tangent(angle)
    // A command is held for a cycle, in the mean half of one too long.
    let change = (angles[2] - angles[0]) / (2 * spacing)
    lead = angle + (model.steeringLag + 0.5 * cycle) * change
  }

  /// Of the path around the moment, means between even times.
  private static func curvatures(
    _ ahead: LateralPrediction, _ speed: Double, _ acceleration: Double,
    _ route: borrowing Span<RoutePiece>
  ) -> InlineArray<7, Double> {
    var headings = InlineArray<8, Double>(repeating: 0)
    var places = InlineArray<8, Double>(repeating: 0)
    var index = ahead.index
    for k in 0..<8 {
      let time = (Double(k) - 3.5) * spacing
      // A stop is not looked past.
      let mean = max(speed + 0.5 * acceleration * time, 0.5 * speed)
      places[k] = ahead.station + mean * time
      headings[k] = LateralController.heading(at: places[k], &index, route)
    }
    var curvatures = InlineArray<7, Double>(repeating: 0)
    for k in 0..<7 {
      curvatures[k] = (headings[k + 1] - headings[k]) / max(places[k + 1] - places[k], 1e-3)
    }
    return curvatures
  }
}
