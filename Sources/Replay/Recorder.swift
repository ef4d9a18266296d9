import GPSD
import SafeStop
import Signals
import Units

/// Turns the states of each cycle into a list of their changes.
struct Recorder {
  var timeline = Timeline()
  private let zoneNames: [String]
  private var faults = Faults()
  private var demand = StopDemand()
  private var phase = StopPhase.nominal
  private var phaseReason = Reason.none
  private var mode: Mode?
  private var readiness: Reason?
  private var trust: PositionTrust?
  private var zone: Int64?
  private var command: Command?
  private var gnssState: GNSSRefusalReason??

  init(zoneNames: [String]) { self.zoneNames = zoneNames }

  private mutating func add(_ event: TimelineEntry.Event, at now: Instant) {
    timeline.entries.append(
      TimelineEntry(seconds: Double(now.nanoseconds) * 1e-9, event: event))
  }

  mutating func record(_ verdict: HealthVerdict, _ action: StopAction, at now: Instant) {
    for raw in 0..<UInt8(Reason.count) {
      guard let reason = Reason(rawValue: raw) else { continue }
      let holds = verdict.faults.contains(reason)
      if holds == faults.contains(reason) { continue }
      add(holds ? .faultBegan(reason) : .faultEnded(reason), at: now)
    }
    faults = verdict.faults
    if verdict.demand != demand {
      demand = verdict.demand
      add(.demand(demand.level, demand.reason), at: now)
    }
    if action.phase != phase || action.reason != phaseReason {
      phase = action.phase
      phaseReason = action.reason
      add(.ladder(phase: "\(phase)", reason: phaseReason), at: now)
      var would = Command()
      action.constrain(&would)
      if action.isStopping { add(.command(would), at: now) }
    }
  }

  mutating func record(_ outputs: Outputs, at now: Instant) {
    if outputs.mode != mode {
      mode = outputs.mode
      add(.mode(outputs.mode), at: now)
    }
    if outputs.notReady != readiness {
      readiness = outputs.notReady
      add(.readiness(outputs.notReady), at: now)
    }
    if outputs.state.trust != trust {
      trust = outputs.state.trust
      add(.trust(outputs.state.trust), at: now)
    }
    if outputs.path.isOnRoute, outputs.zone != zone {
      zone = outputs.zone
      let name = Int(outputs.zone)
      add(.zone(zoneNames.indices.contains(name) ? zoneNames[name] : "outside zones"), at: now)
    }
    if outputs.mode != .manual, differs(outputs.command) {
      command = outputs.command
      add(.command(outputs.command), at: now)
    }
  }

  mutating func record(_ verdict: GNSSVerdict, at now: Instant) {
    switch verdict {
    case .report:
      timeline.gnssReports += 1
      if gnssState != .some(nil) { add(.gnssAccepted, at: now) }
      gnssState = .some(nil)
    case .refused(let refusal):
      count("\(refusal.reason)")
      if gnssState != .some(refusal.reason) { add(.gnssRefused("\(refusal.reason)"), at: now) }
      gnssState = .some(refusal.reason)
    }
  }

  private mutating func count(_ reason: String) {
    if let index = timeline.gnssRefusals.firstIndex(where: { $0.reason == reason }) {
      timeline.gnssRefusals[index].count += 1
    } else {
      timeline.gnssRefusals.append((reason, 1))
    }
  }

  /// Steps that a reader would want to see, not every digit of a ramp.
  private func differs(_ new: Command) -> Bool {
    guard let command else { return true }
    return (new.curvature - command.curvature).magnitude.value > 0.005
      || (new.brakeDeceleration - command.brakeDeceleration).magnitude.value > 0.25
      || (new.driveTorque - command.driveTorque).magnitude.value > 0.1
      || new.steeringEngaged != command.steeringEngaged || new.gear != command.gear
      || new.tractorParkingBrake != command.tractorParkingBrake
      || new.trailerParkingBrake != command.trailerParkingBrake
      || new.hazardLamps != command.hazardLamps || new.horn != command.horn
  }
}
