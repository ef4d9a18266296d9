import ReproducibleMath
import Signals
import Units

/// A line that puts somebody or something on the site, in path coordinates: metres along the route
/// and to its left; the two speeds are along the path and to its left.
///
///     site person ID STATION LEFT [SPEED_ALONG SPEED_LEFT]
///     site vehicle ID STATION LEFT LENGTH WIDTH [SPEED_ALONG SPEED_LEFT]
///     site remove ID | site clear
///     site field RANGE WIDTH | site field-stale on|off | site field-violated on|off
package enum SiteCommand: Sendable, Equatable {
  case put(id: Int64, SiteBody.Shape, station: Double, left: Double, along: Double, across: Double)
  case remove(id: Int64)
  case clear
  case field(range: Double, width: Double)
  case fieldStale(Bool)
  case fieldViolated(Bool)

  init(_ words: [Substring], _ line: String) throws(FaultCommandError) {
    switch (words.first, words.count) {
    case ("clear", 1): self = .clear
    case ("remove", 2): self = .remove(id: try identity(words[1]))
    case ("field", 3):
      self = .field(
        range: try FaultCommand.number(words[1], 0, 100),
        width: try FaultCommand.number(words[2], 0, 20))
    case ("field-stale", 2): self = .fieldStale(try FaultCommand.onOrOff(words[1]))
    case ("field-violated", 2): self = .fieldViolated(try FaultCommand.onOrOff(words[1]))
    // A person is a circle of 0.3 m.
    case ("person", 4), ("person", 6): self = try Self.put(words, shape: .person(0.3), speedsAt: 4)
    case ("vehicle", 6), ("vehicle", 8):
      let length = try FaultCommand.number(words[4], 0.1, 40)
      let width = try FaultCommand.number(words[5], 0.1, 10)
      self = try Self.put(words, shape: .vehicle(length, width), speedsAt: 6)
    default:
      throw FaultCommandError(
        message: "site takes person, vehicle, remove, clear, field, field-stale or field-violated "
          + "with their values; read \"\(line)\"")
    }
  }

  private static func put(
    _ words: [Substring], shape: SiteBody.Shape, speedsAt index: Int
  ) throws(FaultCommandError) -> Self {
    let moves = words.count > index
    return .put(
      id: try identity(words[1]), shape, station: try FaultCommand.number(words[2], -1e6, 1e6),
      left: try FaultCommand.number(words[3], -1e4, 1e4),
      along: moves ? try FaultCommand.number(words[index], -40, 40) : 0,
      across: moves ? try FaultCommand.number(words[index + 1], -40, 40) : 0)
  }
}

private func identity(_ word: Substring) throws(FaultCommandError) -> Int64 {
  guard let id = Int64(word), id >= 1, id <= 1_000_000 else {
    throw FaultCommandError(message: "expected an id from 1 to 1000000, read \"\(word)\"")
  }
  return id
}

extension Truck {
  mutating func apply(_ command: SiteCommand) {
    switch command {
    case .put(let id, let shape, let station, let left, let along, let across):
      let place = position(station: station, left: left)
      var body = SiteBody(
        id: id, shape: shape, east: place.east, north: place.north, heading: place.heading)
      let (c, s) = cosineAndSine(place.heading)
      body.eastVelocity = along * c - across * s
      body.northVelocity = along * s + across * c
      site.put(body)
    case .remove(let id): site.remove(id)
    case .clear: site.removeAll()
    case .field(let range, let width):
      protectiveField.range = range
      protectiveField.width = width
    case .fieldStale(let isStale): protectiveField.isStale = isStale
    case .fieldViolated(let isViolated): protectiveField.isForced = isViolated
    }
  }
}

extension Truck {
  /// The nearest vehicle that a radar sees up to 150 m straight ahead of the front bumper, 1.5 m to
  /// either side, with its speed along the truck.
  var vehicleAhead: (distance: Double, speed: Double)? {
    let bumper = parameters.rearAxleToFrontBumper.value
    let (c, s) = cosineAndSine(dynamics.heading)
    var nearest: (distance: Double, speed: Double)?
    for body in site.bodies {
      guard case .vehicle(let length, let width) = body.shape else { continue }
      let (east, north) = (body.east - dynamics.east, body.north - dynamics.north)
      let distance = east * c + north * s - length / 2 - bumper
      let aside = (north * c - east * s).magnitude - width / 2
      guard distance > 0, distance < min(nearest?.distance ?? 150, 150), aside < 1.5 else {
        continue
      }
      nearest = (distance, body.eastVelocity * c + body.northVelocity * s)
    }
    return nearest
  }
}

extension TruckDynamics {
  /// What tractor and trailer cover; the trailer's front overhangs the king-pin by 1.4 m.
  func footprints(_ p: VehicleParameters) -> [2 of Footprint] {
    let half = p.width.value / 2
    let tractor = Footprint(
      east: east, north: north, heading: heading, rear: -p.rearAxleToTractorRear.value,
      front: p.rearAxleToFrontBumper.value, halfWidth: half)
    guard p.hasTrailer else { return [tractor, tractor] }
    let axle = trailerAxle
    let trailer = Footprint(
      east: axle.east, north: axle.north, heading: trailerHeading,
      rear: -p.trailerAxleToRear.value, front: p.kingPinToTrailerAxle.value + 1.4, halfWidth: half)
    return [tractor, trailer]
  }
}
