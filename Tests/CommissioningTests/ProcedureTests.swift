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

/// A step that lasts for so many seconds, while somebody acts.
func listen(
  to step: CommissioningRecord.Step, for seconds: Double,
  of name: String = "j1939-tractor-semitrailer", _ settings: TruckSettings = TruckSettings(),
  _ acts: (Workshop) -> Void
) throws -> Listener {
  let drive = try configuration(name)
  var limits = CommissioningLimits(drive)
  limits.parkingTime = seconds
  limits.listeningTime = seconds
  let workshop = Workshop(drive, step, limits: limits, settings: settings)
  acts(workshop)
  return workshop.listeners[0]
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

  private func expect(
    _ listener: Listener, _ step: Step, toSay text: String,
    _ location: SourceLocation = #_sourceLocation
  ) {
    let entry = listener[step]
    let said: Comment = "\(listener.name) \(step): \(entry.text)"
    #expect(!entry.hasPassed, said, sourceLocation: location)
    #expect(entry.reason.contains(text), said, sourceLocation: location)
  }

  /// In poor repair, and not what its profile says; the value to enter is told.
  @Test(arguments: trucks) func aTruckThatIsNotItsProfiles(_ name: String) throws {
    let drive = try configuration(name)
    var settings = TruckSettings()
    settings.brakeEffectiveness = 0.5
    settings.sensors.wheelSpeedScale = 1.04
    settings.sensors.steeringWheelOffset = 0.6
    var vehicle = drive.controller.vehicle
    vehicle.brakeDelay += .milliseconds(300)
    vehicle.steeringDelay += .milliseconds(200)
    vehicle.antennaForward -= Metres(0.4)
    let texts: [(Step, String, Double)] = [
      (
        .steeringZero, "shows an angle while the truck drives straight",
        0.6 / vehicle.steeringRatio
      ),
      (
        .steeringDelay, "answers later or sooner than the profile says",
        vehicle.steeringDelay.seconds
      ),
      (.leverArm, "the antenna is not where the profile has it", 0.4),
      (.wheelScale, "count another distance than was driven", 1.04),
      (
        .brakeDelay, "answers later than the braking curves count on", vehicle.brakeDelay.seconds
      ),
      (
        .brakeDeceleration, "weaker than the profile counts on",
        0.5 * vehicle.brakeDeceleration.value + 0.08
      ),
    ]
    let listener = Listener(name, drive, texts.map(\.0))
    Workshop([listener], drive, truth: vehicle, settings: settings, seed: 5).day()
    for (step, text, truth) in texts {
      expect(listener, step, toSay: text)
      let found = listener[step].quantity ?? .init(.nan, uncertainty: 0, unit: "")
      #expect(
        (found.value - truth).magnitude <= found.uncertainty + (step == .leverArm ? 0.01 : 0),
        "\(step): \(found.text), truly \(truth)")
    }
  }

  /// Profiles that have a sound truck wrong.
  @Test(arguments: trucks) func aProfileThatIsNotTheTrucks(_ name: String) throws {
    let drive = try configuration(name)
    var lateral = SignalField()
    _ = change(drive, .lateralAcceleration) { lateral = $0 }
    let exchanged = change(drive, .yawRate) {
      $0 = lateral
      $0.channel = .yawRate
    }
    var besides = drive
    besides.controller.vehicle.antennaLeft += Metres(0.5)
    // Nearer to the tolerance of 5 cm than the measurement can tell.
    var near = drive
    near.controller.vehicle.antennaForward += Metres(0.05)
    let angle = CommissioningContext(drive, rowNames: []).steeringChannel
    let wrong: [(String, DriveConfiguration, Step, String)] = [
      ("sign", change(drive, angle, turnRound), .steeringSign, "wrong sign"),
      ("axis", exchanged, .gyroMounting, "another axis"),
      (
        "upside down", change(drive, .yawRate, turnRound), .gyroMounting,
        "the gyro has the wrong sign"
      ),
      (
        "backwards", change(drive, .longitudinalAcceleration, turnRound), .gyroMounting,
        "the longitudinal accelerometer reads -"
      ),
      ("left", besides, .leverArm, "the antenna is not where the profile has it"),
      ("near", near, .leverArm, "(forward "),
    ]
    let listeners = wrong.map { Listener($0.0, $0.1, [$0.2]) }
    Workshop(listeners, drive, seed: 5).day()
    for (listener, (_, _, step, text)) in zip(listeners, wrong) {
      expect(listener, step, toSay: text)
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
    let entry = try listen(to: .parkingHold, for: 25) { workshop in
      workshop.perform("road grade 0.08")
      workshop.perform("driver parking on")
      workshop.wait(18)
      workshop.perform("gnss off")
      workshop.wait(10)
    }[.parkingHold]
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
    try listen(to: .parkingHold, for: seconds - 2, settings) { workshop in
      workshop.perform(act)
      workshop.perform("driver parking on")
      workshop.wait(seconds)
    }[.parkingHold]
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
    let entry = try listen(to: .messagePeriods, for: 5, of: "yard-tractor-dbw") { workshop in
      workshop.perform(fault)
      workshop.wait(6)
    }[.messagePeriods]
    #expect(!entry.hasPassed)
    #expect(entry.reason.contains(text), "\(entry.text)")
  }

  /// S-5: a controller that dies while one listens has no gap between two of its frames.
  @Test func aMessageThatFallsSilent() throws {
    let entry = try listen(to: .messagePeriods, for: 6, of: "yard-tractor-dbw") { workshop in
      workshop.wait(3)
      workshop.perform("fault wheelspeed off")
      workshop.wait(4)
    }[.messagePeriods]
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

  /// Each shipped truck, whose profile has its bumper and its rear end there.
  @Test(arguments: [
    ("j1939-tractor-semitrailer", 5.0, 1.0), ("yard-tractor-dbw", 4.2, 0.9),
    ("border-agv", 11.6, 3.4),
  ])
  func aTapeMeasureThatFindsAnotherTruck(_ name: String, front: Double, rear: Double) throws {
    let drive = try configuration(name)
    let context = CommissioningContext(drive, rowNames: [])
    func judge(_ front: Double, _ rear: Double?, _ uncertainty: Double = 0.01) -> CommissioningEntry
    {
      var measures = [TapeMeasure(.frontOverhang, length: front, uncertainty: uncertainty)]
      if let rear {
        measures.append(TapeMeasure(.rearOverhang, length: rear, uncertainty: uncertainty))
      }
      return TapeMeasure.judge(measures, context)
    }
    #expect(judge(front + 0.02, rear - 0.01).hasPassed)
    #expect(!judge(front + 0.2, rear - 0.01).hasPassed)
    #expect(!judge(front + 0.02, rear + 0.2).hasPassed)
    #expect(!judge(front + 0.02, rear - 0.01, 0.2).hasPassed)
    #expect(judge(front + 0.02, nil).reason.contains("rear overhang was not measured"))
  }
}
