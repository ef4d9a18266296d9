import BorderZone
import Control
import DriveConfiguration
import PathFollowing
import Plant
import SafeStop
import Signals
import Simulation
import Testing
import Units

/// S-8 and S-11 in the plant's truth.
@Suite struct BrakeDrives {
  private func drive(
    brakes: Double, remembered: Double = .nan, grade: Double = 0, seed: UInt64 = 3
  ) throws -> ClosedLoop {
    var settings = TruckSettings()
    settings.brakeEffectiveness = brakes
    let loop = ClosedLoop(
      configuration: try course(grade: grade), settings: settings,
      start: TruckStart(east: 25, north: 0, heading: 0), seed: seed,
      releaseAfter: .milliseconds(2_000))
    loop.rememberedBrakeShare = Fraction(remembered)
    return loop
  }

  /// S-8: sound brakes are found sound, whatever the slope.
  @Test(arguments: [-0.06, 0, 0.02])
  func soundBrakesAreFoundSound(_ grade: Double) throws {
    let loop = try drive(brakes: 1, grade: grade)
    try #require(loop.run(seconds: 240) { $0.isComplete })
    let found = loop.outputs.brakes
    print("S-8 sound, grade \(grade): \(found.share.value) after \(found.brakings) brakings")
    #expect(found.share.value > 0.9, "\(found)")
    #expect(found.assumed.value == 3 && found.brakings > 0)
    #expect(loop.monitor.violations.isEmpty, "\(loop.monitor.violations)")
  }

  /// S-8: brakes that give 65 % are found, counted on for less, and driven slower with, and the
  /// truck still stops at its lines.
  @Test func weakBrakesAreFoundAndDrivenSlower() throws {
    let loop = try drive(brakes: 0.65)
    var fastest = 0.0
    try #require(
      loop.run(seconds: 300) {
        if $0.outputs.brakes.brakings >= 2, $0.outputs.authority.stopTarget.value > 300 {
          fastest = max(fastest, $0.truth.speed.kilometresPerHour)
        }
        return $0.isComplete
      })
    let found = loop.outputs.brakes
    print("S-8 65 %: \(found.share.value) after \(found.brakings), \(fastest) km/h")
    #expect(abs(found.lastShare.value - 0.65) < 0.08, "\(found)")
    #expect(found.share.value < 0.8 && found.assumed.value < 3)
    #expect(loop.monitor.stops.count == 2)
    #expect(loop.monitor.stops.allSatisfy { $0.short.value >= 0 && $0.short.value <= 0.3 })
    print("S-8 65 %: stops short by \(loop.monitor.stops.map(\.short.value)) m")
    #expect(loop.monitor.violations.isEmpty, "\(loop.monitor.violations)")
    // 25 km/h by the root of 0.8 and less.
    #expect(fastest < 22.5, "\(fastest) km/h")
  }

  /// S-8: brakes that give less than half end the trip at the next hold, released or not, and no new
  /// trip begins.
  @Test func brakesThatGiveTooLittleEndTheTrip() throws {
    let loop = try drive(brakes: 0.47, remembered: 0.53)
    try #require(loop.run(seconds: 200) { $0.outputs.brakes.endsTrip })
    #expect(loop.truth.frontStation.value < 259, "\(loop.truth.frontStation)")
    loop.run(seconds: 60)
    #expect(loop.truth.frontStation.value < 260 && loop.truth.speed.value == 0)
    #expect(loop.truth.frontStation.value > 259)
    #expect(loop.outputs.motion.obstacle == .brakesWeak)
    #expect(loop.monitor.violations.isEmpty, "\(loop.monitor.violations)")
    #expect(loop.outputs.arming.refused & 1 << UInt64(ArmingCheck.brakes.rawValue) != 0)
  }

  /// S-8: what was found before a restart counts from the first cycle.
  @Test func aRestartForgetsNothing() throws {
    let weak = try drive(brakes: 0.4, remembered: 0.4)
    weak.run(seconds: 20)
    #expect(weak.outputs.brakes.assumed.value <= 1.2 + 1e-9)
    #expect(weak.outputs.mode == .manual && weak.outputs.brakes.endsTrip)
    #expect(weak.outputs.notReady == .brakesWorn)
  }

  /// S-11: on ice no slope is driven on that the brakes may not hold the truck back on.
  @Test func iceOnASlopeIsNotDriven() throws {
    let loop = try drive(brakes: 1, grade: -0.06)
    loop.surface = .slippery
    loop.run(seconds: 30)
    #expect(loop.truth.frontStation.value < 31 && loop.truth.speed.value == 0)
    let level = try drive(brakes: 1)
    level.surface = .slippery
    try #require(level.run(seconds: 60) { $0.truth.frontStation.value > 60 })
    #expect(level.outputs.brakes.emergency.value <= 0.64 + 1e-9)
    #expect(level.outputs.speedCap.kilometresPerHour < 13)
  }
}
