import PathFollowing
import Signals
import TestSupport
import Testing
import Units

/// S-11: the three curves, for every friction class, slope and learnt share.
@Suite struct Curves {
  /// R-MOT-13: dry, wet, ice.
  private static let classes = [3.0, 1.5, 0.8]
  private static let wanted = [(0.8, 1.5, 3.0), (1.0, 1.5, 3.0), (2.0, 2.0, 4.0), (2.0, 1.0, 0.5)]

  private func curves(
    _ assumed: Double, _ descent: Double, _ wanted: (Double, Double, Double) = (1, 1.5, 3)
  ) -> AuthorityCurves {
    AuthorityCurves(
      assumed: MetresPerSecondSquared(assumed), descent: descent,
      wanted: AuthorityCurves.Wanted(
        planned: MetresPerSecondSquared(wanted.0), comfort: MetresPerSecondSquared(wanted.1),
        emergency: MetresPerSecondSquared(wanted.2)),
      configuration: FollowerConfiguration())
  }

  /// S-11: none takes more than four fifths of what friction and slope leave, and each is below the
  /// next one.
  @Test func areHonestAndInOrder() {
    for assumed in Self.classes {
      for wanted in Self.wanted {
        for share in stride(from: 0.0, through: 1, by: 0.05) {
          for grade in stride(from: -0.08, through: 0.08, by: 0.01) {
            let found = curves(assumed * share, grade, wanted)
            let most = 0.8 * (assumed * share + 9.81 * min(grade, 0))
            #expect(found.emergency.value <= max(most, 0))
            #expect(found.allowMotion == (most >= 0.3))
            guard most > 0 else {
              #expect(found.planned == .zero && found.comfort == .zero)
              continue
            }
            #expect(found.planned < found.comfort && found.comfort < found.emergency)
            #expect(found.planned.value <= wanted.0 && found.comfort.value <= wanted.1)
            #expect(found.planned > .zero)
          }
        }
      }
    }
  }

  /// On the level with sound brakes on a dry road the mission's deceleration is planned with.
  @Test func soundBrakesAreUsed() {
    #expect(curves(3, 0).planned.value == 1)
    #expect(curves(3, -0.08).planned.value == 1)
  }

  /// Less than no brake and what is no number allow nothing.
  @Test(arguments: [-1, 0, Double.nan, -Double.infinity])
  func nothingToBrakeWithAllowsNothing(assumed: Double) {
    let found = curves(assumed, 0)
    #expect(!found.allowMotion && found.emergency == .zero && found.planned == .zero)
    #expect(!curves(3, -.infinity).allowMotion)
  }

  struct Load: Sendable, CustomTestStringConvertible {
    let mass: Double
    let grade: Double
    let assumed: Double
    var testDescription: String { "\(mass) t, grade \(grade), \(assumed) m/s2" }
    static let all = [8.0, 26, 44].flatMap { mass in
      [-0.08, -0.03, 0.0, 0.08].flatMap { grade in
        [3, 2.1, 1.5, 0.8].map { Load(mass: mass, grade: grade, assumed: $0) }
      }
    }
  }

  /// S-11: at 8 to 44 t, on +-8 %, for each class and for brakes at 70 %, a stop at a line stays
  /// below the comfort curve to its limit with its dead time; where too little is left nothing moves.
  @Test(arguments: Load.all)
  func theDriveStaysBelowTheCurve(_ load: Load) {
    var loop = ClosedLoop(route: RouteMaker.straight(400, grade: Float(load.grade)))
    loop.parameters.mass = Kilograms(load.mass * 1_000)
    loop.plant.slope = load.grade
    loop.limits.assumedDeceleration = MetresPerSecondSquared(load.assumed)
    loop.limits.comfortDeceleration = MetresPerSecondSquared(1.5)
    loop.limits.emergencyDeceleration = MetresPerSecondSquared(3)
    loop.limits.authority.stopTarget = Metres(150)
    loop.limits.authority.supervisedLimit = Metres(153)
    loop.configuration.cruiseSpeed = MetresPerSecond(7)
    let curve = curves(load.assumed, load.grade, (0.8, 1.5, 3))
    for _ in 0..<6_000 {
      loop.step()
      let room = max(153 - (loop.plant.x + 5) - 0.5, 0)
      let (a, dead) = (curve.comfort.value, 0.5)
      let permitted = -a * dead + ((a * dead) * (a * dead) + 2 * a * room).squareRoot()
      let speed = loop.plant.u
      #expect(speed <= permitted + 0.3, "\(speed) m/s, \(room) m left")
      guard speed <= permitted + 0.3 else { return }
    }
    if !curve.allowMotion { #expect(loop.plant.x < 1) }
  }
}
