import Estimation
import Foundation
import ReproducibleMath
import Signals
import TestSupport
import Testing
import Units

/// A receiver as the comparison of path controllers has them: white noise and an error that lasts.
struct ReceiverKind: Sendable, CustomTestStringConvertible {
  let name: String
  /// Cycles.
  let period: Int
  /// Metres, one sigma of a component.
  let white: Double
  let lasting: Double
  /// Seconds.
  let lastingTime: Double
  /// Radians.
  let heading: Double
  /// Whether its reports tell the whole sigma.
  var tells = true
  var testDescription: String { name }

  static let all = [
    ReceiverKind(
      name: "rtk", period: 10, white: 0.01, lasting: 0.02, lastingTime: 30, heading: 0.0035),
    ReceiverKind(
      name: "dgnss", period: 20, white: 0.1, lasting: 0.3, lastingTime: 120, heading: 0.01),
    ReceiverKind(
      name: "gpsd1hz", period: 100, white: 0.3, lasting: 0.8, lastingTime: 180, heading: 0.02,
      tells: false),
  ]
}

/// Errors squared over what the covariance claims of them, means over runs at each second.
struct Consistency {
  static let seconds = 60
  private(set) var position = [Double](repeating: 0, count: seconds)
  private(set) var heading = [Double](repeating: 0, count: seconds)
  /// Of the fixes, normalised innovations squared.
  private(set) var innovation = [Double](repeating: 0, count: seconds)
  let runs: Int

  init(_ kind: ReceiverKind, runs: Int) {
    self.runs = runs
    for seed in 1...runs { add(kind, UInt64(seed)) }
    for i in 0..<Self.seconds {
      position[i] /= Double(runs)
      heading[i] /= Double(runs)
      innovation[i] /= Double(runs)
    }
  }

  /// 95 % of the means of honest runs lie within, by the normal approximation of chi-square.
  func bounds(degrees: Double) -> ClosedRange<Double> {
    let half = 1.96 * (2 * degrees / Double(runs)).squareRoot()
    return degrees - half...degrees + half
  }

  /// What a mean may be: within chance, or of a sigma that is a tenth too small.
  ///
  /// The slow error of differential fixes is taken for a little less than it is, as their noise is
  /// taken for more.
  func most(degrees: Double) -> Double {
    max(bounds(degrees: degrees).upperBound, 1.21 * degrees)
  }

  private mutating func add(_ kind: ReceiverKind, _ seed: UInt64) {
    var world = SensorWorld(seed: seed)
    var error = SeededNoise(seed: seed &+ 1_000_000)
    world.plant.u = 10
    world.fixPeriod = kind.period
    world.fixSigma = kind.white
    world.headingSigma = kind.heading
    // A profile tells what the baseline is good for.
    world.configuration.headingNoise = Radians(max(kind.heading, 0.006))
    world.hasVelocity = true
    let whole = (kind.white * kind.white + kind.lasting * kind.lasting).squareRoot()
    world.reportedSigma = kind.tells ? whole : .nan
    world.configuration.gnssPeriod = .milliseconds(Int64(kind.period) * 10)
    let kept = exp(-Double(kind.period) * 0.01 / kind.lastingTime)
    let fresh = kind.lasting * (1 - kept * kept).squareRoot()
    world.fixOffset = (kind.lasting * error.gauss(), kind.lasting * error.gauss())
    let phase = 3 * error.gauss()
    world.run(Double(Self.seconds)) {
      $0.steer = 0.03 * sin(Double($0.cycle) * 0.005 + phase)
      if $0.cycle % kind.period == 0 {
        $0.fixOffset.east = kept * $0.fixOffset.east + fresh * error.gauss()
        $0.fixOffset.north = kept * $0.fixOffset.north + fresh * error.gauss()
      }
      if $0.cycle % 100 == 0 { judge($0, second: $0.cycle / 100 - 1) }
    }
  }

  private mutating func judge(_ world: SensorWorld, second: Int) {
    let belief = world.estimator.belief
    let size = Belief.size
    // The plant is one cycle ahead.
    let ahead = world.plant.u * 0.01
    let east = belief.mean[0] + ahead * cos(world.plant.psi) - world.plant.x
    let north = belief.mean[1] + ahead * sin(world.plant.psi) - world.plant.y
    let (a, b, d) = (belief.covariance[0], belief.covariance[1], belief.covariance[size + 1])
    let square = d * east * east - 2 * b * east * north + a * north * north
    position[second] += square / (a * d - b * b)
    let turned = belief.mean[2] + world.plant.r * 0.01 - world.plant.psi
    let wrapped = atan2(sin(turned), cos(turned))
    heading[second] += wrapped * wrapped / belief.covariance[2 * size + 2]
    innovation[second] += world.estimator.innovations.position.square
  }
}

@Suite struct ConsistencyTests {
  private static let environment = ProcessInfo.processInfo.environment
  /// `TULPAR_CONSISTENCY_RUNS=1000` and `TULPAR_PLOTS=FOLDER` are what `make plots` asks for.
  private static let runs = environment["TULPAR_CONSISTENCY_RUNS"].flatMap(Int.init) ?? 40

  /// What the covariance claims is not exceeded by more than a tenth or chance, and it claims no
  /// multiple of what is: a filter that believes itself too much steers on noise, one that never does stops.
  @Test(arguments: ReceiverKind.all)
  func theCovarianceIsHonest(_ kind: ReceiverKind) throws {
    let found = Consistency(kind, runs: max(Self.runs, 10))
    // The first seconds settle what a receiver that tells nothing is like.
    let position = mean(found.position.dropFirst(10))
    let heading = mean(found.heading.dropFirst(10))
    let innovation = mean(found.innovation.dropFirst(10))
    #expect(position < found.most(degrees: 2) && position > 0.5, "\(position)")
    #expect(heading < found.most(degrees: 1) && heading > 0.1, "\(heading)")
    #expect(innovation < found.most(degrees: 2) && innovation > 0.7, "\(innovation)")
    guard let folder = Self.environment["TULPAR_PLOTS"] else { return }
    let file = URL(filePath: folder).appending(path: "consistency-\(kind.name).svg")
    try ConsistencyPlot(found, title: kind.name).svg.write(
      to: file, atomically: true, encoding: .utf8)
  }

  private func mean(_ values: ArraySlice<Double>) -> Double {
    values.reduce(0, +) / Double(values.count)
  }
}
