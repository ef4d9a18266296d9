import ReproducibleMath

/// A person or a vehicle on the site.
package struct SiteBody: Sendable {
  package enum Shape: Sendable, Equatable {
    /// Radius, m.
    case person(Double)
    /// Length and width, m.
    case vehicle(Double, Double)
  }
  package var id: Int64
  package var shape: Shape
  /// Centre, m; heading, rad; velocity, m/s.
  package var east, north, heading: Double
  package var eastVelocity = 0.0
  package var northVelocity = 0.0
  var isTouched = false

  package init(id: Int64, shape: Shape, east: Double, north: Double, heading: Double) {
    self.id = id
    self.shape = shape
    self.east = east
    self.north = north
    self.heading = heading
  }

  func touches(_ box: Footprint) -> Bool {
    switch shape {
    case .person(let radius): box.touches(east: east, north: north, radius: radius)
    case .vehicle(let length, let width):
      box.touches(
        Footprint(
          east: east, north: north, heading: heading, rear: -length / 2, front: length / 2,
          halfWidth: width / 2))
    }
  }
}

/// A rectangle on the ground: from `rear` to `front` along its heading.
struct Footprint: Sendable {
  var east, north: Double
  private let along: (east: Double, north: Double)
  var rear, front, halfWidth: Double

  init(
    east: Double, north: Double, heading: Double, rear: Double, front: Double, halfWidth: Double
  ) {
    self.east = east
    self.north = north
    along = (cosine(heading), sine(heading))
    self.rear = rear
    self.front = front
    self.halfWidth = halfWidth
  }

  func touches(east e: Double, north n: Double, radius: Double) -> Bool {
    let local = place(e, n)
    let x = local.ahead - min(max(local.ahead, rear), front)
    let y = local.left - min(max(local.left, -halfWidth), halfWidth)
    return x * x + y * y <= radius * radius
  }

  /// Two rectangles are apart if and only if a side of one of them separates them.
  func touches(_ other: Footprint) -> Bool {
    !isSeparated(from: other) && !other.isSeparated(from: self)
  }

  private func isSeparated(from other: Footprint) -> Bool {
    var lowest = (ahead: Double.infinity, left: Double.infinity)
    var highest = (ahead: -Double.infinity, left: -Double.infinity)
    for corner in 0..<4 {
      let ahead = corner & 1 == 0 ? other.rear : other.front
      let left = corner & 2 == 0 ? -other.halfWidth : other.halfWidth
      let local = place(
        other.east + ahead * other.along.east - left * other.along.north,
        other.north + ahead * other.along.north + left * other.along.east)
      lowest = (min(lowest.ahead, local.ahead), min(lowest.left, local.left))
      highest = (max(highest.ahead, local.ahead), max(highest.left, local.left))
    }
    return lowest.ahead > front || highest.ahead < rear || lowest.left > halfWidth
      || highest.left < -halfWidth
  }

  private func place(_ e: Double, _ n: Double) -> (ahead: Double, left: Double) {
    let de = e - east
    let dn = n - north
    return (de * along.east + dn * along.north, dn * along.east - de * along.north)
  }
}

/// Everybody on the site but the truck.
struct Site: Sendable {
  private(set) var bodies: [SiteBody] = []

  static var most: Int { 64 }

  /// Replaces who has the same id.
  mutating func put(_ body: SiteBody) {
    bodies.removeAll { $0.id == body.id }
    if bodies.count < Self.most { bodies.append(body) }
  }

  mutating func remove(_ id: Int64) { bodies.removeAll { $0.id == id } }
  mutating func removeAll() { bodies.removeAll() }

  /// Moves everybody and notes each new contact.
  mutating func advance(
    seconds: Double, truck: [2 of Footprint], at now: Int64, into log: inout EventLog
  ) {
    for index in bodies.indices {
      bodies[index].east += seconds * bodies[index].eastVelocity
      bodies[index].north += seconds * bodies[index].northVelocity
      let isTouched = bodies[index].touches(truck[0]) || bodies[index].touches(truck[1])
      if isTouched, !bodies[index].isTouched {
        let kind: TruckEventKind =
          switch bodies[index].shape {
          case .person: .personContact
          case .vehicle: .vehicleContact
          }
        log.add(TruckEvent(time: now, kind: kind, body: bodies[index].id))
      }
      bodies[index].isTouched = isTouched
    }
  }

  func isAnybody(in box: Footprint) -> Bool { bodies.contains { $0.touches(box) } }
}

/// A scanner that watches a rectangle ahead of the front bumper.
package struct ProtectiveField: Sendable {
  /// Ahead of the bumper and across, m; nothing is fitted at 0.
  package var range = 0.0
  package var width = 0.0
  /// It no longer looks, and its output stays.
  package var isStale = false
  /// As it says, whatever stands there.
  package var isForced = false
  package private(set) var isViolated = false
  /// Modulo 16, one more each time that it looked.
  package private(set) var counter: UInt8 = 0
  /// Milliseconds since the start.
  package private(set) var lookedAt: Int64 = 0

  package static var period: Int64 { 20 }
  package var isFitted: Bool { range > 0 && width > 0 }

  package init() {}

  mutating func look(_ site: Site, from bumper: Footprint, at now: Int64) {
    guard isFitted, !isStale else { return }
    isViolated = isForced || site.isAnybody(in: bumper)
    counter = (counter + 1) & 15
    lookedAt = now
  }
}
