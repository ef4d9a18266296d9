/// Compressed air of tractor and trailer: what brakes use, what leaks, what the compressor gives.
struct AirSupply: Sendable {
  /// Pa.
  private(set) var pressure = 900_000.0
  private(set) var trailerPressure = 900_000.0
  /// Leaks, Pa/s.
  var leak = 0.0
  var trailerLeak = 0.0
  private var lastBrake = 0.0

  /// Below this the springs of a unit are no longer held off.
  static var springPressure: Double { 450_000 }
  /// Full service braking needs this.
  static var brakePressure: Double { 550_000 }
  private static var cutOut: Double { 950_000 }

  var setsTractorSprings: Bool { pressure < Self.springPressure }
  var setsTrailerSprings: Bool { trailerPressure < Self.springPressure }
  var tractorShare: Double { min(pressure / Self.brakePressure, 1) }
  var trailerShare: Double { min(trailerPressure / Self.brakePressure, 1) }

  /// An application uses what its pressure rises by; anti-lock valves blow air off all the time.
  mutating func breathe(_ dynamics: TruckDynamics, step h: Double) {
    let rise = max(dynamics.brakeDeceleration - lastBrake, 0)
    lastBrake = dynamics.brakeDeceleration
    let used =
      rise / max(dynamics.vehicle.brakeLimit, 0.1) * 40_000
      + (dynamics.isAntiLockActing ? 10_000 * h : 0)
    // A compressor that meets a leak is assumed to lose.
    let refill = pressure < Self.cutOut && leak == 0 ? 8_000 * h : 0
    pressure = max(pressure - used - leak * h + refill, 0)
    trailerPressure = max(trailerPressure - trailerLeak * h, 0)
    feedTrailer(h)
  }

  /// Through the red hose while the protection valve is open; a burst hose takes more than it gives.
  private mutating func feedTrailer(_ h: Double) {
    let difference = pressure - trailerPressure
    if difference > 0, pressure > Self.brakePressure, trailerLeak < 20_000 {
      let flow = min(difference, 200_000 * h)
      trailerPressure += flow
    } else if difference < 0, trailerLeak == 0 {
      // Both tanks are one supply while nothing is torn off.
      trailerPressure = pressure
    }
  }
}
