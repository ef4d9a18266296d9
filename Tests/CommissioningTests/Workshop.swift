import CAN
import Commissioning
import Control
import DriveConfiguration
import Plant
import Records
import ReproducibleMath
import Signals
import Simulation
import Units
import Vehicle
import WireCodec

/// Procedures that listen with a profile of their own, right or wrong.
final class Listener {
  let name: String
  private let context: CommissioningContext
  private var feed: CommissioningFeed
  private var procedures: [CommissioningRecord.Step: any Procedure] = [:]
  private(set) var entries: [CommissioningRecord.Step: CommissioningEntry] = [:]

  init(
    _ name: String, _ configuration: DriveConfiguration, _ steps: [CommissioningRecord.Step],
    limits: CommissioningLimits? = nil
  ) {
    self.name = name
    context = CommissioningContext(configuration, rowNames: [], limits: limits)
    feed = CommissioningFeed(context)
    for step in steps { procedures[step] = Procedures.make(step, context) }
  }

  func hear(_ frames: [ReceivedFrame], _ gnss: [GNSSReport], at now: Instant) {
    let sample = feed.sample(at: now, frames: frames, gnss: gnss)
    for step in procedures.keys where entries[step] == nil {
      procedures[step]?.take(sample)
      if let procedure = procedures[step], procedure.progress.isComplete {
        entries[step] = Procedures.close(procedure)
      }
    }
  }

  var isDone: Bool { entries.count == procedures.count }

  /// What was found, or what is missing.
  subscript(_ step: CommissioningRecord.Step) -> CommissioningEntry {
    entries[step] ?? procedures[step].map(Procedures.close) ?? CommissioningEntry()
  }
}

/// A truck in a yard with a person at the wheel, and who listens to it.
final class Workshop {
  private(set) var truck: Truck
  let listeners: [Listener]
  private let configuration: DriveConfiguration
  private var tool: WorkshopTool
  /// What the tool commands, nil while it is silent.
  private var commanded: (channels: [CommandChannel], values: CommandValues)?

  init(
    _ listeners: [Listener], _ configuration: DriveConfiguration, truth: VehicleParameters? = nil,
    settings: TruckSettings = TruckSettings(), seed: UInt64 = 1
  ) {
    self.listeners = listeners
    self.configuration = configuration
    tool = WorkshopTool(configuration.controller.frames)
    var settings = settings
    settings.wire = TruckWire(of: configuration.controller.frames)
    truck = Truck(
      parameters: truth ?? configuration.controller.vehicle, settings: settings, seed: seed,
      start: TruckStart(east: 0, north: 0, heading: 0.4))
  }

  /// One listener with the truck's own profile and one step.
  convenience init(
    _ configuration: DriveConfiguration, _ step: CommissioningRecord.Step,
    limits: CommissioningLimits? = nil, settings: TruckSettings = TruckSettings()
  ) {
    self.init(
      [Listener("", configuration, [step], limits: limits)], configuration, settings: settings)
  }

  var isDone: Bool { listeners.allSatisfy(\.isDone) }

  func perform(_ line: String) {
    guard let act = try? FaultCommand(line) else { preconditionFailure(line) }
    truck.apply(act)
  }

  /// 10 ms.
  func step() {
    let begin = Instant(nanoseconds: truck.now * 1_000_000)
    var frames: [ReceivedFrame] = []
    for sent in commanded.map({ tool.frames($0.channels, $0.values) }) ?? [] {
      truck.receive(sent)
      var frame = ReceivedFrame(sent)
      frame.receivedAt = begin
      frames.append(frame)
    }
    truck.step(milliseconds: 10)
    let now = Instant(nanoseconds: truck.now * 1_000_000)
    frames += truck.sent.map { frame in
      var received = ReceivedFrame(frame)
      received.receivedAt = now
      return received
    }
    let reports = truck.fixes.map { report($0, now) }
    for listener in listeners { listener.hear(frames, reports, at: now) }
  }

  private func report(_ fix: GNSSFix, _ now: Instant) -> GNSSReport {
    var report = GNSSReport()
    report.receivedAt = now
    report.mode = 3
    report.status = 3
    report.latitude = Degrees(fix.latitude)
    report.longitude = Degrees(fix.longitude)
    report.height = Metres(fix.height)
    report.speed = MetresPerSecond(fix.speed)
    report.track = Degrees(90 - fix.course * 180 / .pi)
    report.heading = Degrees(90 - fix.heading * 180 / .pi)
    report.sigma = configuration.gnss.sigma(status: 3)
    return report
  }
}

// A person drives.
extension Workshop {
  /// At a speed, with an angle of the road wheels or a heading to keep.
  func drive(
    _ speed: Double, wheel: Double? = nil, heading: Double? = nil, for seconds: Double,
    until isOver: (Truck) -> Bool = { _ in false }
  ) {
    for _ in 0..<Int(seconds * 100) where !isOver(truck) {
      let record = truck.record
      let error = speed - record.speed
      truck.apply(.driver(.accelerator(error > 0 ? min(0.1 + 0.5 * error, 0.4) : 0)))
      truck.apply(.driver(.brake(error < -0.3 ? min(-0.25 * error, 0.5) : 0)))
      let wanted =
        heading.map { max(min(0.8 * wrap($0 - record.heading), 0.3), -0.3) } ?? wheel ?? 0
      truck.apply(.driver(.wheel(wanted)))
      step()
    }
  }

  /// A full circle, and a little more.
  func circle(_ wheel: Double, at speed: Double) {
    var turned = 0.0
    var last = truck.record.heading
    drive(speed, wheel: wheel, for: 150) { truck in
      turned += self.wrap(truck.record.heading - last).magnitude
      last = truck.record.heading
      return turned > 6.8
    }
  }

  func wait(_ seconds: Double) { for _ in 0..<Int(seconds * 100) { step() } }

  /// Rolls without power, then presses the pedal and holds it; a truck whose bus tells no pedal is
  /// braked by the tool.
  func brake(_ share: Double, to speed: Double) {
    truck.apply(.driver(.accelerator(0)))
    truck.apply(.driver(.brake(0)))
    truck.apply(.driver(.wheel(0)))
    command(brake: 0)
    wait(3.2)
    if tellsPedal {
      truck.apply(.driver(.brake(share)))
    } else {
      command(brake: share * configuration.controller.vehicle.brakeDeceleration.value)
    }
    for _ in 0..<2_000 where truck.record.speed > speed { step() }
    commanded = nil
  }

  private var tellsPedal: Bool {
    let frames = configuration.controller.frames
    return (0..<frames.fieldCount).contains { frames.fields[$0].channel == .brakePedal }
  }

  private func command(brake: Double) {
    guard !tellsPedal else { return }
    var values = CommandValues()
    values[.brakeControlMode] = brake > 0 ? 1 : 0
    values[.brakeDeceleration] = brake
    values[.gear] = 1
    commanded = ([.brakeDeceleration], values)
  }

  /// The tool holds the road wheels at an angle.
  func command(wheel: Double, for seconds: Double) {
    var values = CommandValues()
    values[.steeringIntent] = 1
    values[.roadWheelAngle] = wheel
    let wheelbase = configuration.controller.vehicle.wheelbase.value
    values[.steeringCurvature] = tangent(wheel) / wheelbase
    values[.gear] = 1
    commanded = ([.roadWheelAngle, .steeringCurvature], values)
    wait(seconds)
  }

  /// To and fro by command, at standstill; then the tool is silent.
  func steerByCommand() {
    command(wheel: 0, for: 1.5)
    for _ in 0..<3 {
      for angle in [0.1, 0, -0.1, 0] { command(wheel: angle, for: 1.2) }
    }
    commanded = nil
  }

  /// All that the sheets ask of a driver on level ground, in five minutes.
  ///
  /// A tight bend folds a semitrailer; a wide one does not fit into the yard.
  func day() {
    let wheel = configuration.controller.vehicle.hasTrailer ? 0.28 : 0.45
    wait(11)
    for _ in 0..<(configuration.controller.vehicle.wheelbase > Metres(6) ? 2 : 1) {
      circle(wheel, at: 1.5)
      circle(wheel, at: 3)
      circle(-wheel, at: 3)
    }
    let there = truck.record.heading
    drive(4, heading: there, for: 84)
    for _ in 0..<6 {
      drive(7.5, heading: there, for: 25) { $0.record.speed > 7.3 }
      brake(0.4, to: 0.8)
    }
    for _ in 0..<2 {
      drive(7.5, heading: there, for: 25) { $0.record.speed > 7.3 }
      brake(1, to: 0.001)
      wait(2.5)
    }
    drive(2.5, wheel: wheel, for: 90) { wrap($0.record.heading - there).magnitude > 2.9 }
    drive(4, heading: there + .pi, for: 36)
    drive(0, wheel: 0, for: 8) { $0.record.speed == 0 }
    truck.apply(.driver(.accelerator(0)))
    truck.apply(.driver(.brake(0.5)))
    wait(1)
    steerByCommand()
  }

  private func wrap(_ angle: Double) -> Double {
    var rest = angle.truncatingRemainder(dividingBy: 2 * .pi)
    if rest > .pi { rest -= 2 * .pi }
    if rest < -.pi { rest += 2 * .pi }
    return rest
  }
}
