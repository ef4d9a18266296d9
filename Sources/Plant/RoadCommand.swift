/// A line that changes the road under the truck: everywhere, or between two path coordinates.
///
///     road surface dry|wet|snow|ice|split-left|split-right [FROM TO]
///     road bank SLOPE [FROM TO] | road grade SLOPE [FROM TO] | road wind METRES_PER_S | road clear
///
/// A bank is positive where the road falls to the left, a grade uphill; wind comes from the right.
package enum RoadCommand: Sendable, Equatable {
  case surface(Surface, from: Double, to: Double)
  case bank(Double, from: Double, to: Double)
  case grade(Double, from: Double, to: Double)
  case sideWind(Double)
  case clear

  init(_ words: [Substring], _ line: String) throws(FaultCommandError) {
    switch (words.first, words.count) {
    case ("clear", 1): self = .clear
    case ("wind", 2): self = .sideWind(try FaultCommand.number(words[1], -60, 60))
    case ("surface", 2), ("surface", 4):
      guard let surface = Surface(rawValue: String(words[1])) else {
        let known = Surface.allCases.map(\.rawValue).joined(separator: " ")
        throw FaultCommandError(
          message: "road surface takes \(known), read \"\(words[1])\" in \"\(line)\"")
      }
      let (from, to) = try stretch(words)
      self = .surface(surface, from: from, to: to)
    case ("bank", 2), ("bank", 4):
      let (from, to) = try stretch(words)
      self = .bank(try FaultCommand.number(words[1], -0.6, 0.6), from: from, to: to)
    case ("grade", 2), ("grade", 4):
      let (from, to) = try stretch(words)
      self = .grade(try FaultCommand.number(words[1], -0.6, 0.6), from: from, to: to)
    default:
      throw FaultCommandError(
        message: "road takes surface, bank or grade with a value and perhaps FROM TO, wind with a "
          + "speed, or clear; read \"\(line)\"")
    }
  }
}

private func stretch(
  _ words: [Substring]
) throws(FaultCommandError) -> (from: Double, to: Double) {
  guard words.count == 4 else { return (-.infinity, .infinity) }
  let from = try FaultCommand.number(words[2], -1e6, 1e6)
  let to = try FaultCommand.number(words[3], -1e6, 1e6)
  guard from < to else {
    throw FaultCommandError(message: "FROM must lie before TO, read \(words[2]) and \(words[3])")
  }
  return (from, to)
}

extension Truck {
  mutating func apply(_ command: RoadCommand) {
    switch command {
    case .surface(let surface, let from, let to): road.lay(surface, from: from, to: to)
    case .bank(let slope, let from, let to): road.bank(slope, from: from, to: to)
    case .grade(let slope, let from, let to): road.grade(slope, from: from, to: to)
    case .sideWind(let speed): road.sideWind = speed
    case .clear:
      road = Road()
      dynamics.evenFriction()
    }
  }
}
