import ReproducibleMath

/// One epoch of the dual-antenna receiver.
package struct GNSSFix: Sendable, Equatable {
  /// Milliseconds since the truck's start.
  package var validAt: Int64 = 0
  package var deliveredAt: Int64 = 0
  /// UTC of validity, ns since 1970.
  package var validAtUTC: Int64 = 0
  /// The antenna in the site frame, m.
  package var east = 0.0
  package var north = 0.0
  /// The antenna, WGS-84: degrees and metres above the ellipsoid.
  package var latitude = 0.0
  package var longitude = 0.0
  package var height = 0.0
  /// m/s and rad counter-clockwise from east.
  package var speed = 0.0
  package var course = 0.0
  /// Of the antenna baseline, rad counter-clockwise from east.
  package var heading = 0.0
  /// NMEA's quality: 0 none, 1 single, 2 differential, 4 RTK fixed, 5 RTK float.
  package var quality: UInt8 = 4

  package init() {}
}

/// RTK-class positions at 10 Hz with latency: white noise and a slow drift.
struct GNSSReceiver: Sendable {
  var isOn = true
  var quality: UInt8 = 4
  /// A displacement that the receiver does not know of, m.
  var jumpEast = 0.0
  var jumpNorth = 0.0
  var isFrozen = false
  private var random: RandomSource
  private var driftEast: Double
  private var driftNorth: Double
  private let memory: Double
  private let renewal: Double
  private var last: GNSSFix?
  /// Epochs on their way; at most eight fit between measurement and delivery.
  private var pending: [GNSSFix] = []

  init(seed: UInt64, settings: TruckSettings) {
    random = RandomSource(seed: seed)
    let drift = settings.sensors.positionDrift
    driftEast = drift == 0 ? 0 : drift * random.normal()
    driftNorth = drift == 0 ? 0 : drift * random.normal()
    let period = Double(settings.gnssPeriodMilliseconds) / 1000
    memory = decayFactor(-period / max(settings.sensors.positionDriftSeconds, 0.001))
    renewal = drift * (1 - memory * memory).squareRoot()
    pending.reserveCapacity(8)
  }

  /// Measures the truth of now; the fix comes out of `deliver` when its latency has passed.
  mutating func measure(
    _ truth: GNSSFix, latency: Int64, settings: TruckSettings, plane: TangentPlane
  ) {
    let errors = settings.sensors
    driftEast = memory * driftEast + noise(renewal)
    driftNorth = memory * driftNorth + noise(renewal)
    // Accuracy of a solution that is not fixed, relative to one that is.
    let spread = quality == 4 ? 1.0 : quality == 5 ? 15.0 : 60.0
    var fix = truth
    fix.east += (driftEast + noise(errors.positionNoise)) * spread + jumpEast
    fix.north += (driftNorth + noise(errors.positionNoise)) * spread + jumpNorth
    fix.heading += noise(errors.headingNoise)
    fix.speed = max(fix.speed + noise(errors.gnssSpeedNoise), 0)
    fix.quality = quality
    if isFrozen, let last {
      fix.east = last.east
      fix.north = last.north
      fix.heading = last.heading
      fix.speed = last.speed
    }
    last = fix
    let position = plane.geodetic(east: fix.east, north: fix.north, up: 0)
    fix.latitude = position.latitude
    fix.longitude = position.longitude
    fix.height = position.height
    fix.deliveredAt = fix.validAt + latency
    guard isOn, pending.count < 8 else { return }
    pending.append(fix)
  }

  mutating func deliver(at now: Int64, into fixes: inout [GNSSFix]) {
    while let next = pending.first, next.deliveredAt <= now {
      fixes.append(next)
      pending.removeFirst()
    }
  }

  private mutating func noise(_ deviation: Double) -> Double {
    deviation == 0 ? 0 : deviation * random.normal()
  }
}

/// The site frame: the plane that touches the WGS-84 ellipsoid's parallel surface at the origin.
package struct TangentPlane: Sendable {
  private let x0, y0, z0: Double
  private let sinLatitude, cosLatitude, sinLongitude, cosLongitude: Double

  private static var semiMajor: Double { 6_378_137.0 }
  private static var eccentricitySquared: Double { 6.694_379_990_141_316e-3 }

  /// Degrees and metres above the ellipsoid.
  package init(latitude: Double, longitude: Double, height: Double) {
    let phi = latitude * pi / 180
    let lambda = longitude * pi / 180
    sinLatitude = sine(phi)
    cosLatitude = cosine(phi)
    sinLongitude = sine(lambda)
    cosLongitude = cosine(lambda)
    let e2 = Self.eccentricitySquared
    let normal = Self.semiMajor / (1 - e2 * sinLatitude * sinLatitude).squareRoot()
    x0 = (normal + height) * cosLatitude * cosLongitude
    y0 = (normal + height) * cosLatitude * sinLongitude
    z0 = (normal * (1 - e2) + height) * sinLatitude
  }

  package func geodetic(
    east: Double, north: Double, up: Double
  ) -> (latitude: Double, longitude: Double, height: Double) {
    let x = x0 - sinLongitude * east + cosLongitude * (cosLatitude * up - sinLatitude * north)
    let y = y0 + cosLongitude * east + sinLongitude * (cosLatitude * up - sinLatitude * north)
    let z = z0 + cosLatitude * north + sinLatitude * up
    let e2 = Self.eccentricitySquared
    let p = (x * x + y * y).squareRoot()
    // Fixed point on the latitude: each round gains more than two digits near the surface.
    var phi = arctangent(y: z, x: p * (1 - e2))
    var height = 0.0
    for _ in 0..<6 {
      let s = sine(phi)
      let normal = Self.semiMajor / (1 - e2 * s * s).squareRoot()
      height = p / cosine(phi) - normal
      phi = arctangent(y: z, x: p * (1 - e2 * normal / (normal + height)))
    }
    return (phi * 180 / pi, arctangent(y: y, x: x) * 180 / pi, height)
  }
}
