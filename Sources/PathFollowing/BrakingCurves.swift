/// Speed over the distance that is left: constant deceleration, then speed in proportion to
/// distance, so that the stop is soft and its place exact.
struct StopCurve {
  let speed: Double
  /// Acceleration along the curve.
  let slope: Double

  init(_ left: Double, _ deceleration: Double, _ approach: Double) {
    let join = deceleration * approach * approach
    if left <= 0 {
      speed = 0
      slope = -deceleration
    } else if left < join {
      speed = left / approach
      slope = -speed / approach
    } else {
      speed = (2 * deceleration * (left - 0.5 * join)).squareRoot()
      slope = -deceleration
    }
  }
}

/// Speed over the distance to where a cap begins: constant deceleration, then a ramp of the jerk's
/// steepness, so that deceleration is over where the cap is reached and the truck is not slower.
struct CapCurve {
  let speed: Double
  /// Acceleration along the curve.
  let slope: Double

  init(_ room: Double, cap: Double, deceleration: Double, jerk: Double) {
    let ramp = deceleration / jerk
    let length = Self.distance(ramp, cap, jerk)
    if room <= 0 {
      speed = cap
      slope = 0
    } else if room >= length {
      let top = cap + 0.5 * jerk * ramp * ramp
      speed = (top * top + 2 * deceleration * (room - length)).squareRoot()
      slope = -deceleration
    } else {
      // Back in time from the cap: a cubic that is convex, so that Newton's steps from beyond its
      // root come down to it; six of them leave less than a millimetre.
      var time = ramp
      for _ in 0..<6 {
        let rate = cap + 0.5 * jerk * time * time
        guard rate > 1e-6 else { break }
        time = max(time - (Self.distance(time, cap, jerk) - room) / rate, 0)
      }
      speed = cap + 0.5 * jerk * time * time
      slope = -jerk * time
    }
  }

  private static func distance(_ time: Double, _ cap: Double, _ jerk: Double) -> Double {
    time * (cap + jerk * time * time / 6)
  }
}
