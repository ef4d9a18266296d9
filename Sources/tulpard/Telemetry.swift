import GPSD
import Logbook
import Realtime
import Records
import Signals
import Supervisor
import Synchronization
import Units

/// What changed since the last look, as lines for the journal; from the main thread, which has no
/// deadline.
struct Telemetry {
  private let state: DaemonState
  private let buses: [BusState]
  private let record: DriveRecord?
  private var drops: UInt64 = 0
  private var mode = Mode.manual
  private var demand = StopDemand()
  private var faults = Faults()
  private var supervisor = StopDemand()
  private var guardian: GuardianState?
  private var brakings: UInt32 = 0
  private var isReady = false
  private var notReady = Reason.none
  private var isKeeping = false
  private var keeperDemand = StopDemand()
  private var busIsUp: [Bool]
  private var controllers: [CANControllerState]
  private var foreign: [UInt64]
  private var slips: UInt64 = 0
  private var overflows: UInt64 = 0
  private var slowAt = Instant.never
  private var refusals: UInt64 = 0
  private var lastRefusal: GNSSRefusalReason?

  init(_ state: DaemonState, buses: [BusState], record: DriveRecord?) {
    self.record = record
    self.state = state
    self.buses = buses
    busIsUp = buses.map { _ in true }
    controllers = buses.map { _ in .unknown }
    foreign = buses.map { _ in 0 }
  }

  mutating func look(at now: Instant) {
    let outputs = state.journalOutputs.read()
    lookAtControl(outputs)
    lookAtGuardian()
    lookAtBuses()
    lookAtReceiver()
    guard now >= slowAt else { return }
    slowAt = now + .milliseconds(1_000)
    lookAtCounters()
    ServiceManager.status(summary(outputs))
  }

  private mutating func lookAtControl(_ outputs: Outputs) {
    if outputs.mode != mode || outputs.demand != demand {
      let place = JSONText.number(outputs.path.frontStation.value)
      let speed = JSONText.number(outputs.state.speed.value)
      let line =
        "mode \(outputs.mode), demand \(outputs.demand.level), reason \(outputs.demand.reason), "
        + "front \(place) m, \(speed) m/s"
      if outputs.demand.level > demand.level {
        Journal.warning(line)
      } else {
        Journal.information(line)
      }
      mode = outputs.mode
      demand = outputs.demand
    }
    if outputs.faults != faults {
      faults = outputs.faults
      Journal.information(
        "faults: " + (faults.isEmpty ? "none" : faults.names.joined(separator: " ")))
    }
    lookAtBrakes(outputs.brakes)
    if outputs.readyToArm != isReady || (!outputs.readyToArm && outputs.notReady != notReady) {
      isReady = outputs.readyToArm
      notReady = outputs.notReady
      if mode == .manual {
        Journal.information(isReady ? "ready to arm" : "not ready to arm: \(notReady)")
      }
    }
    let demanded = state.supervisor.demand
    if demanded != supervisor {
      supervisor = demanded
      Journal.warning("supervisor demands \(demanded.level), reason \(demanded.reason)")
    }
  }

  private mutating func lookAtBrakes(_ found: BrakeAccount) {
    guard found.brakings != brakings else { return }
    brakings = found.brakings
    let line =
      "brakes gave \(JSONText.number(found.lastShare.value)) of what was demanded, "
      + "\(JSONText.number(found.share.value)) over all; counted on for "
      + "\(JSONText.number(found.assumed.value)) m/s2"
    if found.endsTrip {
      Journal.failure(line + "; the trip ends at the next hold line")
    } else {
      Journal.information(line)
    }
  }

  private mutating func lookAtGuardian() {
    let raw = state.guardianState.load(ordering: .relaxed)
    if let now = GuardianState(rawValue: raw), now != guardian,
      state.guardianHeartbeat.load(ordering: .relaxed) != 0
    {
      guardian = now
      Journal.information("guardian \(now)")
    }
    let kept = StopDemand(word: state.keeperDemand.load(ordering: .relaxed))
    if kept != keeperDemand {
      keeperDemand = kept
      Journal.warning("keeper: \(kept.level), reason \(kept.reason)")
    }
    let keeps = state.isKeeping.load(ordering: .relaxed)
    guard keeps != isKeeping else { return }
    isKeeping = keeps
    if keeps {
      Journal.failure("the guardian has died: this process stops the truck")
    } else {
      Journal.information("the truck is held; sending is the guardian's again")
    }
  }

  private mutating func lookAtBuses() {
    for index in buses.indices {
      let bus = buses[index]
      let controller = bus.controller
      if controller != controllers[index] {
        Journal.warning("bus \(bus.name) (\(bus.interface)) controller \(controller)")
        controllers[index] = controller
      }
      let count = bus.foreignFrames.load(ordering: .relaxed)
      // A restarted guardian counts from 0.
      if count > foreign[index] {
        let identifier = String(bus.foreignIdentifier.load(ordering: .relaxed), radix: 16)
        Journal.warning(
          "bus \(bus.name): \(count - foreign[index]) frames in our name from another sender, "
            + "the last 0x\(identifier)")
      }
      foreign[index] = count
      let isUp = buses[index].isUp.load(ordering: .relaxed)
      guard isUp != busIsUp[index] else { continue }
      busIsUp[index] = isUp
      Journal.warning(
        "bus \(buses[index].name) (\(buses[index].interface)) \(isUp ? "up" : "down")")
    }
  }

  private mutating func lookAtReceiver() {
    while let event = state.gnssEvents.pop() {
      switch event {
      case .report: break
      case .refused(let refusal):
        refusals += 1
        // A receiver without a fix refuses ten times a second; the first of a kind is news.
        guard refusal.reason != lastRefusal else { continue }
        lastRefusal = refusal.reason
        Journal.information("GNSS refused: \(refusal.reason.name) (\(refusals) so far)")
      case .connected(let major, let minor):
        Journal.information("gpsd connected, protocol \(major).\(minor)")
      case .disconnected(let cause, let retry):
        Journal.warning("gpsd \(cause.text); next attempt in \(JSONText.number(retry.seconds)) s")
      case .stale(let age):
        lastRefusal = nil
        Journal.warning("GNSS stale for \(JSONText.number(age.seconds)) s")
      }
    }
  }

  private mutating func lookAtCounters() {
    let slipped = state.cycleSlips.load(ordering: .relaxed)
    if slipped != slips {
      let worst = JSONText.number(Double(state.worstLateness.load(ordering: .relaxed)) * 1e-6)
      Journal.warning("control slipped \(slipped - slips) cycles, worst wake-up \(worst) ms late")
      slips = slipped
    }
    if let dropped = record?.handover.drops, dropped != drops {
      Journal.failure("recording: \(dropped - drops) cycles found no room on their way to the disk")
      drops = dropped
    }
    let lost = buses.reduce(0) { $0 + $1.frames.overflows }
    if lost != overflows {
      Journal.warning("\(lost - overflows) frames found no room on their way to control")
      overflows = lost
    }
  }

  private func summary(_ outputs: Outputs) -> String {
    let speed = JSONText.number(outputs.state.speed.kilometresPerHour)
    let reason =
      outputs.demand.level == .nominal
      ? (outputs.readyToArm || outputs.mode.isDriven ? "" : ", \(outputs.notReady)")
      : ", \(outputs.demand.reason)"
    return
      "\(outputs.mode)\(reason), \(speed) km/h, guardian \(guardian.map { "\($0)" } ?? "absent")"
      + (record.map { ", recording: \($0.summary(outputs.faults))" } ?? "")
  }
}
