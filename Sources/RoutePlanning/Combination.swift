import ReproducibleMath
import Signals
import SiteMap
import Units
import Vehicle

/// The outline of a tractor and its trailer, for a drive along a path.
package struct Combination: Sendable {
  package enum Part: String, Sendable { case tractor, trailer }

  /// A point of the outline, ahead and left of its part's reference point.
  package struct OutlinePoint: Sendable {
    package let ahead: Double
    package let left: Double
    package let name: String
  }

  /// Reference: rear-axle centre of the tractor.
  package let tractor: [OutlinePoint]
  /// Reference: king-pin; empty without a trailer.
  package let trailer: [OutlinePoint]
  /// King-pin ahead of the rear axle, and from it to the trailer's axle.
  package let kingPin: Double
  package let kingPinToAxle: Double
  package let front: Double
  /// From the rear axle to the rearmost part when straight.
  package let rear: Double
  /// For messages: which of the trailers that the profile allows.
  package let label: String

  package init(
    front: Metres, tractorRear: Metres, kingPin: Metres, width: Metres,
    trailer: (front: Metres, kingPinToAxle: Metres, overhang: Metres)?
  ) {
    let half = width.value / 2
    self.front = front.value
    self.kingPin = kingPin.value
    tractor = Self.outline(front: front.value, rear: tractorRear.value, half: half)
    kingPinToAxle = trailer?.kingPinToAxle.value ?? 0
    guard let trailer else {
      self.trailer = []
      rear = tractorRear.value
      label = ""
      return
    }
    let back = trailer.kingPinToAxle.value + trailer.overhang.value
    self.trailer = Self.outline(front: trailer.front.value, rear: back, half: half)
    rear = max(tractorRear.value, back - kingPin.value)
    label = ", trailer with \(formatted(kingPinToAxle, .length)) from king-pin to axle"
  }

  /// The trailers at both ends of what a profile allows: the longest cuts corners most, the
  /// shortest with the longest overhang swings its tail out most.
  package static func all(of profile: VehicleProfile) -> [Combination] {
    let vehicle = profile.parameters
    let range = profile.trailer
    func combination(_ length: Metres?) -> Combination {
      Combination(
        front: vehicle.rearAxleToFrontBumper, tractorRear: vehicle.rearAxleToTractorRear,
        kingPin: vehicle.fifthWheelOffset, width: vehicle.width,
        trailer: length.map {
          let ahead = max(range.lengthLimit - range.kingPinToAxleLimit - range.overhangLimit, .zero)
          return (ahead, $0, range.overhangLimit)
        })
    }
    guard vehicle.hasTrailer else { return [combination(nil)] }
    let longest = range.kingPinToAxleLimit
    let shortest = range.kingPinToAxleLeast
    return shortest < longest
      ? [combination(longest), combination(shortest)] : [combination(longest)]
  }

  /// Corners, and points on the sides so near each other that between them a bend of 10 m leaves
  /// the side by less than 13 mm.
  private static func outline(front: Double, rear: Double, half: Double) -> [OutlinePoint] {
    let count = max(Int((front + rear).rounded(.up)), 1)
    var points: [OutlinePoint] = []
    for i in 0...count {
      let ahead = front - (front + rear) * Double(i) / Double(count)
      let end = i == 0 ? "front" : i == count ? "rear" : nil
      for (left, side) in [(half, "left"), (-half, "right")] {
        points.append(
          OutlinePoint(
            ahead: ahead, left: left, name: end.map { "\($0) \(side) corner" } ?? "\(side) side"))
      }
    }
    return points
  }
}

/// The trailer's heading behind a tractor whose rear axle runs along a path.
package struct TrailerMotion: Sendable {
  package private(set) var heading: Double
  private let kingPin: Double
  private let length: Double

  /// Straight behind the tractor.
  package init(_ combination: Combination, heading: Double) {
    self.heading = heading
    kingPin = combination.kingPin
    length = max(combination.kingPinToAxle, 0.1)
  }

  /// One step of Runge and Kutta's fourth order along a path whose curvature is linear.
  package mutating func advance(
    _ distance: Double, from heading: Double, _ begin: Double, to end: Double
  ) {
    func slope(_ share: Double, _ trailer: Double) -> Double {
      let s = share * distance
      let curvature = begin + (end - begin) * share
      let tractor = heading + s * (begin + (end - begin) * share / 2)
      // The king-pin also moves across, by the tractor's turning.
      return
        (sine(tractor - trailer) + kingPin * curvature * cosine(tractor - trailer)) / length
    }
    let a = slope(0, self.heading)
    let b = slope(0.5, self.heading + a * distance / 2)
    let c = slope(0.5, self.heading + b * distance / 2)
    let d = slope(1, self.heading + c * distance)
    self.heading += distance * (a + 2 * b + 2 * c + d) / 6
  }
}
