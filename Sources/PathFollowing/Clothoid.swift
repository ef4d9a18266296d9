import ReproducibleMath
import Signals
import Units

/// Position and tangent at a path coordinate.
package struct PathPoint {
  package var east = 0.0
  package var north = 0.0
  package var heading = 0.0
  package var cosine = 1.0
  package var sine = 0.0
  package var curvature = 0.0
}

extension RoutePiece {
  package var end: Metres { start + length }

  /// Curvature at a distance from the start of the piece.
  package func curvature(at distance: Double) -> Double {
    curvature.value + sharpness * distance
  }

  /// The point at a distance from the start; beyond the ends the tangents are straight.
  package func point(at distance: Double) -> PathPoint {
    let inside = min(max(distance, 0), length.value)
    var point = PathPoint()
    point.curvature = curvature(at: inside)
    point.heading = heading.value + inside * (curvature.value + 0.5 * sharpness * inside)
    (point.cosine, point.sine) = cosineAndSine(point.heading)
    let (dx, dy) = displacement(inside)
    let beyond = distance - inside
    point.east = east.value + dx + beyond * point.cosine
    point.north = north.value + dy + beyond * point.sine
    return point
  }

  /// The Fresnel-type integral by Gauss-Legendre quadrature with four points a panel.
  ///
  /// Panels turn by at most half a radian, where the error is below 1e-9 of the length; a piece is
  /// cut into at most 32, which is two full circles.
  private func displacement(_ distance: Double) -> (Double, Double) {
    if curvature.value == 0, sharpness == 0 {
      let (c, s) = cosineAndSine(heading.value)
      return (distance * c, distance * s)
    }
    let turn =
      distance * max(curvature.value.magnitude, curvature(at: distance).magnitude)
    let panels = turn < 16 ? (2 * turn).rounded(.up) : 32
    let count = max(1, min(32, Int(panels)))
    let width = distance / Double(count)
    var x = 0.0
    var y = 0.0
    for panel in 0..<count {
      let middle = (Double(panel) + 0.5) * width
      accumulate(middle, width, 0.861136311594052575, 0.347854845137453857, &x, &y)
      accumulate(middle, width, 0.339981043584856265, 0.652145154862546143, &x, &y)
    }
    return (x * 0.5 * width, y * 0.5 * width)
  }

  /// A symmetric pair of quadrature nodes.
  private func accumulate(
    _ middle: Double, _ width: Double, _ node: Double, _ weight: Double, _ x: inout Double,
    _ y: inout Double
  ) {
    let offset = 0.5 * width * node
    for side in 0..<2 {
      let distance = side == 0 ? middle - offset : middle + offset
      let angle = heading.value + distance * (curvature.value + 0.5 * sharpness * distance)
      let (c, s) = cosineAndSine(angle)
      x += weight * c
      y += weight * s
    }
  }
}
