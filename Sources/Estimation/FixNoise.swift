import Signals
import Units

/// How the fixes of a receiver err: noise from one to the next, and what lasts for minutes.
///
/// A receiver tells one sigma for both, or none. The noise shows in how the fixes scatter around
/// what is predicted; the rest of the sigma is the slow error.
package struct FixNoise: Sendable, Visitable {
  /// Mean square of the noise of one component, m2.
  private var square = 0.0
  private var count = 0
  /// Metres, as last reported; zero where the receiver gives none.
  private var reported = 0.0
  private var isKnown = false
  private var last = Instant.never

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("square", &square)
    visitor.visitCount("count", &count, limit: Self.enough)
    visitor.visit("reported", &reported)
    visitor.visit("isKnown", &isKnown)
    visitor.visit("last", &last)
  }

  /// One sigma each, metres.
  struct Sigmas {
    var noise: Double
    var slowError: Double
    var whole: Double { (noise * noise + slowError * slowError).squareRoot() }
  }

  @_addressableSelf func sigmas(
    _ report: GNSSReport, _ configuration: borrowing @_addressable EstimatorConfiguration
  ) -> Sigmas {
    // A mean square of few samples may be far too small. Half as much again, because of honest
    // innovations 1 in 100 is beyond the gate and at 5 Hz three of ten (R-GNSS-4) once in 90 minutes;
    // so it is 1 in 500 and once in 200 h.
    let scatter = (square * (1.5 + 6 / Double(count + 1))).squareRoot()
    let floor = configuration.positionFloor.value
    guard report.sigma.isFinite else {
      let noise = max(
        count >= Self.few ? scatter : configuration.positionDefault.value / 4, 0.4 * floor)
      return Sigmas(noise: noise, slowError: configuration.slowErrorShare * noise)
    }
    let whole = max(report.sigma.value, floor)
    let noise = min(max(count >= Self.few ? scatter : 0.5 * whole, 0.2 * whole), whole)
    let slow = (whole * whole - noise * noise).squareRoot()
    return Sigmas(noise: noise, slowError: max(slow, 0.5 * whole))
  }

  /// What a report means for what is believed of the slow error.
  enum Change {
    case none
    /// Of a receiver that does not tell, as soon as its fixes have told.
    case told
    /// Another receiver or another mode of it.
    case other
  }

  mutating func follow(_ report: GNSSReport) -> Change {
    let sigma = report.sigma.isFinite ? max(report.sigma.value, 1e-3) : 0
    defer { reported = sigma }
    guard isKnown else {
      isKnown = true
      return .other
    }
    if sigma > 1.5 * reported || reported > 1.5 * sigma {
      count = 0
      return .other
    }
    return sigma == 0 && count == Self.few ? .told : .none
  }

  /// The share of the slow error that is forgotten since the fix before.
  mutating func age(
    to validAt: Instant, _ configuration: borrowing @_addressable EstimatorConfiguration
  ) -> Double {
    defer { last = validAt }
    guard last != .never, validAt > last else { return 0 }
    let time = max(configuration.slowErrorTime.seconds, 1)
    return min((validAt - last).seconds / time, 1)
  }

  /// Learns from an innovation by its normalised square (two degrees of freedom), so that what the
  /// prediction is doubted by is not taken for noise.
  mutating func learn(_ sigmas: Sigmas, predicted: Double, normalised: Double) {
    let noise = sigmas.noise * sigmas.noise
    guard normalised.isFinite, predicted < 4 * noise else { return }
    // One wild fix counts for no more than four times what is usual.
    let sample = noise * min(0.5 * normalised, 16)
    square += (sample - square) / Double(min(count + 1, 50))
    square = min(max(square, 1e-5), 25)
    count = min(count + 1, Self.enough)
  }

  private static var few: Int { 6 }
  private static var enough: Int { 1_000 }
}
