import Commissioning
import Control
import DriveConfiguration
import Plant
import Records
import Signals
import Testing
import Units

private typealias Step = CommissioningRecord.Step

private let driven: [Step] = [
  .steeringZero, .steeringSign, .steeringDelay, .leverArm, .wheelScale, .gyroMounting, .brakeDelay,
  .brakeDeceleration,
]

let trucks = ["j1939-tractor-semitrailer", "yard-tractor-dbw", "border-agv"]

private func expect(
  _ listener: Listener, _ step: Step, near truth: Double, slack: Double = 0,
  _ location: SourceLocation = #_sourceLocation
) {
  let entry = listener[step]
  #expect(entry.hasPassed, "\(step): \(entry.text)", sourceLocation: location)
  let found = entry.quantity ?? .init(.nan, uncertainty: 0, unit: "")
  #expect(
    (found.value - truth).magnitude <= found.uncertainty + slack,
    "\(step): \(entry.text), truly \(truth)", sourceLocation: location)
}

/// What a truck truly is that its profile does not say.
private struct Truth: Sendable, CustomTestStringConvertible {
  var profile: String
  var seed: UInt64
  var mass: Double
  var steeringBias: Double
  var wheelScale: Double
  /// Beyond the profile's, ms.
  var steeringDelay: Int64
  var brakeDelay: Int64
  /// From where the profile has the antenna, m.
  var forward: Double
  var left: Double
  var testDescription: String { "\(profile), seed \(seed)" }

  static let all = [
    ("j1939-tractor-semitrailer", 26_000), ("yard-tractor-dbw", 24_000), ("border-agv", 58_000),
  ]
  .flatMap { profile, mass in
    [
      Truth(
        profile: profile, seed: 3, mass: mass, steeringBias: -0.003, wheelScale: 1.012,
        steeringDelay: 30, brakeDelay: 40, forward: 0.02, left: -0.015),
      Truth(
        profile: profile, seed: 17, mass: mass, steeringBias: 0.006, wheelScale: 0.99,
        steeringDelay: -20, brakeDelay: -40, forward: 0, left: 0.025),
    ]
  }
}

/// S-25: on the plant each procedure finds the truth within its uncertainty, for trucks that are not
/// what the profile says.
@Suite struct ProceduresFindTheTruth {
  @Test(arguments: Truth.all) private func inOneDay(_ truth: Truth) throws {
    let drive = try configuration(truth.profile)
    var settings = TruckSettings()
    settings.steeringBias = truth.steeringBias
    settings.sensors.steeringWheelOffset = 0.05
    settings.sensors.wheelSpeedScale = truth.wheelScale
    settings.sensors.yawRateBias = 0.008
    settings.brakeEffectiveness = 0.8
    var vehicle = drive.controller.vehicle
    vehicle.mass = Kilograms(truth.mass)
    vehicle.steeringDelay = vehicle.steeringDelay + .milliseconds(truth.steeringDelay)
    vehicle.brakeDelay = vehicle.brakeDelay + .milliseconds(truth.brakeDelay)
    vehicle.antennaForward += Metres(truth.forward)
    vehicle.antennaLeft += Metres(truth.left)
    let listener = Listener("", drive, driven)
    Workshop([listener], drive, truth: vehicle, settings: settings, seed: truth.seed)
      .day()
    expect(
      listener, .steeringZero, near: 0.05 / vehicle.steeringRatio - truth.steeringBias)
    #expect((listener[.steeringZero].quantity?.uncertainty ?? 1) < 0.001)
    #expect(listener[.steeringSign].hasPassed, "\(listener[.steeringSign].text)")
    expect(listener, .steeringDelay, near: vehicle.steeringDelay.seconds)
    let arm = (truth.forward * truth.forward + truth.left * truth.left).squareRoot()
    expect(listener, .leverArm, near: arm)
    expect(listener, .wheelScale, near: truth.wheelScale)
    expect(listener, .gyroMounting, near: 1)
    #expect(listener[.gyroMounting].note.hasPrefix("bias 0.00"))
    // 80 % of what the profile's brake gives, and what rolls and drags.
    expect(
      listener, .brakeDeceleration, near: 0.8 * vehicle.brakeDeceleration.value + 0.08, slack: 0.1)
    expect(listener, .brakeDelay, near: vehicle.brakeDelay.seconds)
  }

  @Test(arguments: trucks) func parkingHold(_ name: String) throws {
    let listener = try listen(to: .parkingHold, for: 40, of: name) { workshop in
      workshop.perform("road grade -0.08")
      workshop.perform("driver parking on")
      workshop.wait(42)
    }
    expect(listener, .parkingHold, near: 0)
    #expect(listener[.parkingHold].note.hasPrefix("grade -"))
  }

  @Test(arguments: trucks) func emergencyStop(_ name: String) throws {
    let workshop = Workshop(try configuration(name), .emergencyStop)
    for act in ["off", "on", "off", "on", "off"] {
      workshop.perform("fault estop \(act)")
      workshop.wait(1)
    }
    let entry = workshop.listeners[0][.emergencyStop]
    #expect(entry.hasPassed, "\(entry.text)")
  }

  @Test(arguments: trucks) func messagePeriods(_ name: String) throws {
    let entry = try listen(to: .messagePeriods, for: 12, of: name) { $0.wait(13) }[.messagePeriods]
    #expect(entry.hasPassed, "\(entry.text)")
  }
}
