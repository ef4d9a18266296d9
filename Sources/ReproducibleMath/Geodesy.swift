import Units

/// A local tangent plane on the WGS-84 ellipsoid: x east, y north, z up from a surveyed origin.
///
/// Positions go through earth-centred coordinates, so the frame is exact at any distance.
package struct SiteFrame: Sendable {
  package let latitude: Degrees
  package let longitude: Degrees
  package let height: Metres
  private let sinLatitude, cosLatitude, sinLongitude, cosLongitude: Double
  private let originX, originY, originZ: Double

  /// Semi-major axis and flattening of WGS-84 (NIMA TR8350.2).
  private static var semiMajorAxis: Double { 6_378_137.0 }
  private static var flattening: Double { 1 / 298.257223563 }
  private static var eccentricitySquared: Double { flattening * (2 - flattening) }

  package init(latitude: Degrees, longitude: Degrees, height: Metres) {
    self.latitude = latitude
    self.longitude = longitude
    self.height = height
    sinLatitude = sine(latitude.radians)
    cosLatitude = cosine(latitude.radians)
    sinLongitude = sine(longitude.radians)
    cosLongitude = cosine(longitude.radians)
    (originX, originY, originZ) = Self.earthCentred(latitude, longitude, height)
  }

  /// Site coordinates of a geodetic position.
  package func site(
    latitude: Degrees, longitude: Degrees, height: Metres
  ) -> (east: Metres, north: Metres, up: Metres) {
    let (x, y, z) = Self.earthCentred(latitude, longitude, height)
    let dx = x - originX
    let dy = y - originY
    let dz = z - originZ
    let outward = cosLongitude * dx + sinLongitude * dy
    return (
      Metres(-sinLongitude * dx + cosLongitude * dy),
      Metres(-sinLatitude * outward + cosLatitude * dz),
      Metres(cosLatitude * outward + sinLatitude * dz)
    )
  }

  /// The geodetic position of site coordinates.
  package func geodetic(
    east: Metres, north: Metres, up: Metres
  ) -> (latitude: Degrees, longitude: Degrees, height: Metres) {
    let outward = -sinLatitude * north.value + cosLatitude * up.value
    let x = originX - sinLongitude * east.value + cosLongitude * outward
    let y = originY + cosLongitude * east.value + sinLongitude * outward
    let z = originZ + cosLatitude * north.value + sinLatitude * up.value
    let distance = (x * x + y * y).squareRoot()
    // Fixed-point iteration on latitude; converges by a factor of 1e-3 a round near the ground.
    var latitude = arctangent(y: z, x: distance * (1 - Self.eccentricitySquared))
    var height = 0.0
    for _ in 0..<6 {
      let s = sine(latitude)
      let normal = Self.primeVertical(s)
      let c = cosine(latitude)
      height = distance * c + z * s - Self.semiMajorAxis * Self.semiMajorAxis / normal
      latitude = arctangent(
        y: z, x: distance * (1 - Self.eccentricitySquared * normal / (normal + height)))
    }
    return (
      Degrees(latitude * 180 / pi), Degrees(arctangent(y: y, x: x) * 180 / pi), Metres(height)
    )
  }

  private static func primeVertical(_ sinLatitude: Double) -> Double {
    semiMajorAxis / (1 - eccentricitySquared * sinLatitude * sinLatitude).squareRoot()
  }

  private static func earthCentred(
    _ latitude: Degrees, _ longitude: Degrees, _ height: Metres
  ) -> (Double, Double, Double) {
    let s = sine(latitude.radians)
    let c = cosine(latitude.radians)
    let normal = primeVertical(s)
    return (
      (normal + height.value) * c * cosine(longitude.radians),
      (normal + height.value) * c * sine(longitude.radians),
      (normal * (1 - eccentricitySquared) + height.value) * s
    )
  }
}

extension Degrees {
  package var radians: Double { value * (pi / 180) }
}
