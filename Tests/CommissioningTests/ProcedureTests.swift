import Commissioning
import Control
import DriveConfiguration
import Foundation
import Plant
import Records
import SafeStop
import Signals
import SiteMap
import Testing
import Units
import Vehicle
import WireCodec

/// A profile as its truck's configuration has it.
func configuration(_ name: String = "j1939-tractor-semitrailer") throws -> DriveConfiguration {
  let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
  let findings = Findings()
  let profile = try #require(
    VehicleProfile.load(folder: folder + "/hw-profiles/" + name, findings: findings),
    "\(findings)")
  return compileReplay(profile)
}

private typealias Step = CommissioningRecord.Step

private let driven: [Step] = [
  .steeringZero, .steeringSign, .leverArm, .wheelScale, .gyroMounting, .brakeDelay,
  .brakeDeceleration,
]

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
  var profile = "j1939-tractor-semitrailer"
  var seed: UInt64 = 3
  var steeringBias = -0.003
  var wheelScale = 1.012
  var brakeDelay = 0.19
  var forward = 0.02
  var left = -0.015
  var testDescription: String { "\(profile), seed \(seed)" }

  static let all = [
    Truth(),
    Truth(
      seed: 17, steeringBias: 0.006, wheelScale: 0.99, brakeDelay: 0.11, forward: 0, left: 0.025),
  ]
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
    vehicle.mass = Kilograms(26_000)
    vehicle.brakeDelay = .seconds(truth.brakeDelay)
    vehicle.antennaForward += Metres(truth.forward)
    vehicle.antennaLeft += Metres(truth.left)
    let listener = Listener("", drive, driven)
    Workshop([listener], drive, truth: vehicle, settings: settings, seed: truth.seed)
      .day()
    expect(
      listener, .steeringZero, near: 0.05 / vehicle.steeringRatio - truth.steeringBias)
    #expect((listener[.steeringZero].quantity?.uncertainty ?? 1) < 0.001)
    #expect(listener[.steeringSign].hasPassed, "\(listener[.steeringSign].text)")
    let arm = (truth.forward * truth.forward + truth.left * truth.left).squareRoot()
    expect(listener, .leverArm, near: arm)
    expect(listener, .wheelScale, near: truth.wheelScale)
    expect(listener, .gyroMounting, near: 1)
    #expect(listener[.gyroMounting].note.hasPrefix("bias 0.00"))
    // 80 % of what the profile's brake gives, and what rolls and drags.
    expect(
      listener, .brakeDeceleration, near: 0.8 * vehicle.brakeDeceleration.value + 0.08, slack: 0.1)
    expect(listener, .brakeDelay, near: truth.brakeDelay)
  }

  @Test func parkingHold() throws {
    let drive = try configuration()
    var limits = CommissioningLimits(drive)
    limits.parkingTime = 40
    let workshop = Workshop(drive, .parkingHold, limits: limits)
    workshop.perform("road grade -0.08")
    workshop.perform("driver parking on")
    workshop.wait(42)
    let listener = workshop.listeners[0]
    expect(listener, .parkingHold, near: 0)
    #expect(listener[.parkingHold].note.hasPrefix("grade -"))
  }

  @Test(arguments: ["j1939-tractor-semitrailer", "yard-tractor-dbw"])
  func emergencyStop(_ name: String) throws {
    let workshop = Workshop(try configuration(name), .emergencyStop)
    for act in ["off", "on", "off", "on", "off"] {
      workshop.perform("fault estop \(act)")
      workshop.wait(1)
    }
    let entry = workshop.listeners[0][.emergencyStop]
    #expect(entry.hasPassed, "\(entry.text)")
  }

  @Test(arguments: ["j1939-tractor-semitrailer", "yard-tractor-dbw", "border-agv"])
  func messagePeriods(_ name: String) throws {
    let drive = try configuration(name)
    var limits = CommissioningLimits(drive)
    limits.listeningTime = 12
    let workshop = Workshop(drive, .messagePeriods, limits: limits)
    workshop.wait(13)
    let entry = workshop.listeners[0][.messagePeriods]
    #expect(entry.hasPassed, "\(entry.text)")
  }
}

/// S-25: each thing that is wrong fails its step, with a text that says what.
@Suite struct ProceduresRefuse {
  private func change(
    _ drive: DriveConfiguration, _ channel: SignalChannel, _ change: (inout SignalField) -> Void
  ) -> DriveConfiguration {
    var drive = drive
    for index in 0..<drive.controller.frames.fieldCount
    where drive.controller.frames.fields[index].channel == channel {
      change(&drive.controller.frames.fields[index])
    }
    return drive
  }

  private func turnRound(_ field: inout SignalField) {
    field.scale = -field.scale
    field.offset = -field.offset
    (field.lowest, field.highest) = (-field.highest, -field.lowest)
  }

  /// One truck in poor repair, beside profiles that have it wrong.
  @Test func whatIsWrongWithTruckOrProfile() throws {
    let drive = try configuration()
    var settings = TruckSettings()
    settings.brakeEffectiveness = 0.5
    settings.sensors.wheelSpeedScale = 1.04
    settings.sensors.steeringWheelOffset = 0.6
    var vehicle = drive.controller.vehicle
    vehicle.mass = Kilograms(26_000)
    vehicle.brakeDelay = .seconds(0.45)
    var lateral = SignalField()
    _ = change(drive, .lateralAcceleration) { lateral = $0 }
    let exchanged = change(drive, .yawRate) {
      $0 = lateral
      $0.channel = .yawRate
    }
    var elsewhere = drive
    elsewhere.controller.vehicle.antennaForward = Metres(0.6)
    var besides = drive
    besides.controller.vehicle.antennaLeft = Metres(-0.5)
    // Nearer to the tolerance of 5 cm than the measurement can tell.
    var near = drive
    near.controller.vehicle.antennaForward += Metres(0.05)
    let poor: [Step] = [.steeringZero, .wheelScale, .brakeDelay, .brakeDeceleration]
    let listeners = [
      Listener("poor", drive, poor),
      Listener("sign", change(drive, .steeringWheelAngle, turnRound), [.steeringSign]),
      Listener("axis", exchanged, [.gyroMounting]),
      Listener("upside down", change(drive, .yawRate, turnRound), [.gyroMounting]),
      Listener("backwards", change(drive, .longitudinalAcceleration, turnRound), [.gyroMounting]),
      Listener("forward", elsewhere, [.leverArm]), Listener("left", besides, [.leverArm]),
      Listener("near", near, [.leverArm]),
    ]
    Workshop(listeners, drive, truth: vehicle, settings: settings, seed: 5).day()
    let texts: [(Int, Step, String)] = [
      (0, .steeringZero, "shows an angle while the truck drives straight"),
      (0, .wheelScale, "count another distance than was driven"),
      (0, .brakeDelay, "answers later than the braking curves count on"),
      (0, .brakeDeceleration, "weaker than the profile counts on"),
      (1, .steeringSign, "wrong sign"), (2, .gyroMounting, "another axis"),
      (3, .gyroMounting, "the gyro has the wrong sign"),
      (4, .gyroMounting, "the longitudinal accelerometer reads -"),
      (5, .leverArm, "the antenna is not where the profile has it"),
      (6, .leverArm, "the antenna is not where the profile has it"),
      (7, .leverArm, "not enough to tell"),
    ]
    for (index, step, text) in texts {
      let entry = listeners[index][step]
      #expect(!entry.hasPassed, "\(listeners[index].name) \(step): \(entry.text)")
      #expect(entry.reason.contains(text), "\(listeners[index].name) \(step): \(entry.text)")
    }
  }

  @Test func aParkingBrakeThatLetsTheTruckRoll() throws {
    var settings = TruckSettings()
    settings.tractorParkingForce = 8_000
    settings.trailerParkingForce = 2_000
    let entry = try park(settings, "road grade 0.08", seconds: 20)
    #expect(!entry.hasPassed)
    #expect(entry.reason.contains("the parked truck moved"), "\(entry.text)")
  }

  /// S-2: what was last seen a minute ago may have crept since.
  @Test func aHoldWhosePositionIsLost() throws {
    let drive = try configuration()
    var limits = CommissioningLimits(drive)
    limits.parkingTime = 25
    let workshop = Workshop(drive, .parkingHold, limits: limits)
    workshop.perform("road grade 0.08")
    workshop.perform("driver parking on")
    workshop.wait(18)
    workshop.perform("gnss off")
    workshop.wait(10)
    let entry = workshop.listeners[0][.parkingHold]
    #expect(!entry.hasPassed)
    #expect(entry.reason.contains("no fixed position"), "\(entry.text)")
  }

  /// R-MOT-13: wheels that lock tell a deceleration that the truck has not got.
  @Test func aStopWithLockedWheels() throws {
    let context = CommissioningContext(try configuration(), rowNames: [])
    func stops(felt: Double) -> CommissioningEntry {
      var samples: [CommissioningSample] = []
      for cycle in 0..<2_400 {
        var sample = CommissioningSample()
        sample.now = Instant(nanoseconds: Int64(cycle + 1) * 10_000_000)
        let time = Double(cycle % 1_200) * 0.01
        sample.reading.speed = max(min(7, 7 - 6 * (time - 3)), 0)
        let isBraking = time > 3 && sample.reading.speed > 0
        sample.reading.longitudinalAcceleration = isBraking ? felt : 0
        samples.append(sample)
      }
      return Procedures.run(.brakeDeceleration, context, over: samples)
    }
    #expect(stops(felt: -5.6).hasPassed)
    let locked = stops(felt: -2)
    #expect(!locked.hasPassed)
    #expect(locked.reason.contains("locked wheels"), "\(locked.text)")
  }

  @Test func aSlopeThatProvesNothing() throws {
    let entry = try park(TruckSettings(), "road grade 0.02", seconds: 12)
    #expect(!entry.hasPassed)
    #expect(entry.reason.contains("too gentle"), "\(entry.text)")
  }

  @Test func aServiceBrakeThatHelpsTheParkingBrake() throws {
    let entry = try park(TruckSettings(), "driver brake 0.3", seconds: 12)
    #expect(!entry.hasPassed)
    #expect(entry.reason.contains("the brake pedal is to be free"), "\(entry.text)")
  }

  private func park(
    _ settings: TruckSettings, _ act: String, seconds: Double
  ) throws -> CommissioningEntry {
    let drive = try configuration()
    var limits = CommissioningLimits(drive)
    limits.parkingTime = seconds - 2
    let workshop = Workshop(drive, .parkingHold, limits: limits, settings: settings)
    workshop.perform(act)
    workshop.perform("driver parking on")
    workshop.wait(seconds)
    return workshop.listeners[0][.parkingHold]
  }

  @Test(arguments: [("fault estop on", "1 of 2 presses"), ("driver parking on", "0 of 2 presses")])
  func aStopLineThatIsDead(_ act: String, _ text: String) throws {
    let workshop = Workshop(try configuration(), .emergencyStop)
    workshop.wait(1)
    workshop.perform(act)
    workshop.wait(1)
    let entry = workshop.listeners[0][.emergencyStop]
    #expect(!entry.hasPassed)
    #expect(entry.reason.contains(text), "\(entry.text)")
  }

  /// Both wires say released and pressed at once: one of them is short-circuited.
  @Test func aStopLineWhoseWiresDisagree() throws {
    let context = CommissioningContext(try configuration(), rowNames: [])
    let samples = (1...300).map { cycle in
      var sample = CommissioningSample()
      sample.now = Instant(nanoseconds: Int64(cycle) * 10_000_000)
      for channel in [SignalChannel.emergencyStopLine, .emergencyStopLineInverse] {
        sample.signals[channel].state = .valid
        sample.signals[channel].validAt = sample.now
        sample.signals[channel].value = channel == .emergencyStopLine && cycle < 150 ? 0 : 1
      }
      return sample
    }
    let entry = Procedures.run(.emergencyStop, context, over: samples)
    #expect(!entry.hasPassed)
    #expect(entry.reason.contains("wires of the stop line disagreed"), "\(entry.text)")
  }

  @Test(arguments: [
    ("fault wheelspeed off", "never came"), ("fault wheelspeed corrupt", "fail their checks"),
  ])
  func aMessageThatIsMissingOrBroken(_ fault: String, _ text: String) throws {
    let drive = try configuration("yard-tractor-dbw")
    var limits = CommissioningLimits(drive)
    limits.listeningTime = 5
    let workshop = Workshop(drive, .messagePeriods, limits: limits)
    workshop.perform(fault)
    workshop.wait(6)
    let entry = workshop.listeners[0][.messagePeriods]
    #expect(!entry.hasPassed)
    #expect(entry.reason.contains(text), "\(entry.text)")
  }

  /// S-5: a controller that dies while one listens has no gap between two of its frames.
  @Test func aMessageThatFallsSilent() throws {
    let drive = try configuration("yard-tractor-dbw")
    var limits = CommissioningLimits(drive)
    limits.listeningTime = 6
    let workshop = Workshop(drive, .messagePeriods, limits: limits)
    workshop.wait(3)
    workshop.perform("fault wheelspeed off")
    workshop.wait(4)
    let entry = workshop.listeners[0][.messagePeriods]
    #expect(!entry.hasPassed)
    #expect(entry.reason.contains("was away for"), "\(entry.text)")
  }

  @Test func aPeriodThatIsNotTheProfiles() throws {
    var drive = try configuration()
    drive.controller.frames.receive[0].period = .milliseconds(10)
    var limits = CommissioningLimits(drive)
    limits.listeningTime = 5
    let workshop = Workshop(drive, .messagePeriods, limits: limits)
    workshop.wait(6)
    let entry = workshop.listeners[0][.messagePeriods]
    #expect(entry.reason.contains("comes every 20 ms, the profile says 10 ms"), "\(entry.text)")
  }

  @Test func aStepThatSawTooLittle() throws {
    let workshop = Workshop(try configuration(), .wheelScale)
    workshop.drive(5, wheel: 0, for: 5)
    let entry = workshop.listeners[0][.wheelScale]
    #expect(!entry.hasPassed)
    #expect(entry.reason.contains("still missing"), "\(entry.text)")
  }

  @Test func aTapeMeasureThatFindsAnotherTruck() throws {
    let drive = try configuration()
    let context = CommissioningContext(drive, rowNames: [])
    func judge(_ front: Double, _ rear: Double?, _ uncertainty: Double = 0.01) -> CommissioningEntry
    {
      var measures = [TapeMeasure(.frontOverhang, length: front, uncertainty: uncertainty)]
      if let rear {
        measures.append(TapeMeasure(.rearOverhang, length: rear, uncertainty: uncertainty))
      }
      return TapeMeasure.judge(measures, context)
    }
    #expect(judge(5.02, 0.99).hasPassed)
    #expect(!judge(5.2, 0.99).hasPassed)
    #expect(!judge(5.02, 1.2).hasPassed)
    #expect(!judge(5.02, 0.99, 0.2).hasPassed)
    #expect(judge(5.02, nil).reason.contains("rear overhang was not measured"))
  }
}
