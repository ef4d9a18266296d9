import Units

/// One stop of the truck, as it was measured.
package struct ReportStop: Encodable {
  /// When deceleration began, and when the truck stood; s since the first cycle.
  package let began: Double
  package let at: Double
  /// Until it moved again; nil at the end of the drive.
  package let waited: Double?
  /// Of the front bumper along the path, m; nil off the route.
  package let station: Double?
  package let zone: String?
  /// The hold line at which it halted of its own accord.
  package let line: String?
  /// Before the line's stop target as the truck believed, m; negative past it.
  package let short: Double?
  package let lateral: Double?
  /// Why, where the ladder demanded it.
  package let reason: String?
  /// m/s, m.
  package let fromSpeed: Double
  package let distance: Double
  /// m/s2.
  package let meanDeceleration: Double
  package let peakDeceleration: Double
  /// From the first demand on the brake to 90 % of the largest deceleration, s; nil without demand.
  package let buildUp: Double?
  /// Largest change of deceleration until standstill, and the jolt after it, m/s3.
  package let jerk: Double
  package let jolt: Double
  /// What demanded it, the first one first.
  package var causes: [StopCause] = []
}

/// One cause of a stop as `tulpar why` tells it.
package struct StopCause: Encodable {
  /// s since the first cycle.
  package let at: Double
  package let level: String
  package let meaning: String
  package let reason: String
  /// What was read against which limit; empty where somebody asked.
  package let reading: String
  package let source: String
  package let state: String
  package let clears: String
  package let needs: String
}

/// Where the truck stands in a cycle, for the stop that may end there.
package struct StandingPlace {
  package var isStandstill = false
  package var zone: String?
  package var line: String?
  /// Where the front bumper rests for this line, m along the path.
  package var lineTarget: Double?
  /// Why the ladder stops the truck; nil while it drives as planned.
  package var reason: String?

  package init() {}
}

/// Finds the stops in the quantities of a drive.
package struct StopFinder {
  private let time: [Double]
  private let speed: [Double]
  /// Over 0.2 s around each cycle, m/s2.
  private let acceleration: [Double]
  private let table: QuantityTable

  package init(_ table: QuantityTable) {
    self.table = table
    time = table[.time]
    speed = table[.speed]
    acceleration = Self.slope(of: table[.speed], over: table[.time], reach: Self.reach)
  }

  /// Farther from its line than this a truck did not stop for it.
  private static let nearLine = 5.0
  /// Slower than this a truck is still coming to rest, m/s: slow brakes let it creep for seconds.
  private static let creep = 0.5
  /// Cycles on each side of a slope.
  private static let reach = 10

  package func stops(_ places: [StandingPlace]) -> [ReportStop] {
    var stops: [ReportStop] = []
    var moved = false
    for cycle in time.indices {
      if speed[cycle] > Self.creep { moved = true }
      guard moved, places[cycle].isStandstill else { continue }
      moved = false
      stops.append(stop(seenAt: cycle, places[cycle]))
    }
    return stops
  }

  private func stop(seenAt seen: Int, _ place: StandingPlace) -> ReportStop {
    // Standstill is recognised a second after it began.
    let stood = lastCycle(before: seen) { speed[$0] > 0.05 } + 1
    let began = beginning(of: stood)
    let range = began...max(began, min(stood, time.count - 1))
    let distance = zip(range, range.dropFirst()).reduce(0.0) {
      $0 + speed[$1.0] * (time[$1.1] - time[$1.0])
    }
    let deceleration = range.map { -acceleration[$0] }
    let jerks = Self.slope(of: acceleration, over: time, reach: Self.reach)
    let after = stood...min(stood + 100, time.count - 1)
    // Not what is left to the stop target of the cycle: a stop draws that in to where it ends.
    let short = place.lineTarget.flatMap { finite($0 - table[.frontStation][seen]) }
    let atLine = place.reason == nil && (short.map { $0.magnitude < Self.nearLine } ?? false)
    return ReportStop(
      began: time[began], at: time[stood],
      waited: (stood..<time.count).first { speed[$0] > 0.1 }.map { time[$0] - time[stood] },
      station: finite(table[.frontStation][seen]), zone: place.zone,
      line: atLine ? place.line : nil, short: atLine ? short : nil,
      lateral: finite(table[.lateral][seen]), reason: place.reason, fromSpeed: speed[began],
      distance: distance,
      meanDeceleration: distance > 0.01 ? speed[began] * speed[began] / 2 / distance : 0,
      peakDeceleration: deceleration.max() ?? 0, buildUp: buildUp(range),
      // The windows must not see the jolt.
      jerk: range.dropLast(2 * Self.reach).map { jerks[$0].magnitude }.max() ?? 0,
      jolt: after.map { jerks[$0].magnitude }.max() ?? 0)
  }

  /// Back from the standstill for as long as the truck crept, or was faster a second before.
  private func beginning(of stood: Int) -> Int {
    var cycle = min(stood, time.count - 1)
    while cycle > 0 {
      let earlier = max(cycle - 100, 0)
      guard speed[cycle] < Self.creep || speed[earlier] > speed[cycle] + 0.05 else { break }
      cycle -= 1
    }
    return cycle
  }

  private func buildUp(_ range: ClosedRange<Int>) -> Double? {
    let demand = table[.brakeDemand]
    guard var began = range.first(where: { demand[$0] > 0.05 }) else { return nil }
    // The demand came before the truck had slowed.
    while began > 0, demand[began - 1] > 0.05, speed[began - 1] > 0.5 { began -= 1 }
    let braked = began...range.upperBound
    let peak = braked.map { -acceleration[$0] }.max() ?? 0
    guard peak > 0.1, let reached = braked.first(where: { -acceleration[$0] >= 0.9 * peak })
    else { return nil }
    return time[reached] - time[began]
  }

  private func lastCycle(before cycle: Int, where matches: (Int) -> Bool) -> Int {
    var place = min(cycle, time.count - 1)
    while place > 0, !matches(place) { place -= 1 }
    return place
  }

  /// By the ends of a window; where it meets an end of the drive, of what is left of it.
  private static func slope(of values: [Double], over time: [Double], reach: Int) -> [Double] {
    values.indices.map { place in
      let (low, high) = (max(place - reach, 0), min(place + reach, values.count - 1))
      let seconds = time[high] - time[low]
      return seconds > 0 ? (values[high] - values[low]) / seconds : 0
    }
  }
}

func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
