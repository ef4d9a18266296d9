import BorderZone
import Control
import DriveConfiguration
import Foundation
import PathFollowing
import Plant
import SafeStop
import Signals
import Units

/// One drive of a mission from its start to its end, with what is left of it to show.
package struct SimulatedDrive {
  package let configuration: DriveConfiguration
  package let scenario: Scenario
  package let seed: UInt64
  package let loop: ClosedLoop
  package private(set) var samples: [DrivePicture.Sample] = []
  /// Changes of mode, zone, hold line and demand, in order.
  package private(set) var events: [DriveEvent] = []
  private var nextEvent = 0
  private var previous = Outputs()
  private var completedAt: Double?
  /// Virtual time after which a drive counts as lost.
  private let limit: Double = 7_200

  /// - Parameters:
  ///   - trailer: of this trip; undeclared, the simulated truck pulls the longest and heaviest.
  ///   - settings: of the simulated truck, and its parameters where they are not the profile's.
  package init(
    configuration: DriveConfiguration, scenario: Scenario, seed: UInt64,
    trailer: TrailerFacts = TrailerFacts(), settings: TruckSettings = TruckSettings(),
    truth: VehicleParameters? = nil
  ) {
    self.configuration = configuration
    self.scenario = scenario
    self.seed = seed
    loop = ClosedLoop(
      configuration: configuration, settings: settings, truth: truth, trailer: trailer,
      start: TruckStart(on: configuration.route, station: configuration.startStation.value),
      seed: seed, releaseAfter: scenario.releaseAfter)
  }

  /// One cycle; false when the drive has ended.
  package mutating func advance() -> Bool {
    let time = Interval(nanoseconds: loop.now.nanoseconds)
    while nextEvent < scenario.events.count, scenario.events[nextEvent].at <= time {
      perform(scenario.events[nextEvent])
      nextEvent += 1
    }
    loop.step()
    let truth = loop.truth
    // Ten samples a second are what a picture can show.
    if loop.truck.now % 100 == 0 {
      samples.append(
        DrivePicture.Sample(
          truth: truth, speedCap: loop.outputs.speedCap, mode: loop.outputs.mode))
    }
    note(truth)
    previous = loop.outputs
    return !isOver(truth)
  }

  private mutating func perform(_ event: Scenario.Event) {
    events.append(DriveEvent(time: loop.truth.time, text: "scenario: \(event.text)"))
    switch event.action {
    case .fault(let fault): loop.apply(fault)
    case .fact(let kind, let line): loop.send(kind, line: line)
    case .surface(let surface): loop.surface = surface
    case .killDaemon: loop.killDaemon()
    case .freezeDaemon(let isFrozen): loop.setDaemonFrozen(isFrozen)
    }
  }

  private mutating func isOver(_ truth: TruthSample) -> Bool {
    if loop.isComplete {
      completedAt = completedAt ?? truth.time
      return true
    }
    guard nextEvent >= scenario.events.count else { return truth.time > limit }
    // A held stop that nobody will acknowledge is an end, whether the daemon holds it through the
    // guardian or the guardian alone; two seconds show that it holds.
    let saysHeld = loop.outputs.mode == .held || loop.guardianOutput.report.state == .held
    let isHeld = saysHeld && truth.speed.value == 0 && truth.parkingBrakesSet
    heldFor = isHeld ? heldFor + 0.01 : 0
    return heldFor > 2 || truth.time > limit
  }
  private var heldFor = 0.0

  private mutating func note(_ truth: TruthSample) {
    let outputs = loop.outputs
    func add(_ text: String) { events.append(DriveEvent(time: truth.time, text: text)) }
    if outputs.mode != previous.mode { add("mode \(outputs.mode)") }
    if outputs.zone != previous.zone, outputs.zone >= 0 {
      add("enters \(name(configuration.zoneNames, outputs.zone))")
    }
    if outputs.holdLine != previous.holdLine, outputs.holdLine >= 0 {
      add("may drive to \(name(configuration.holdLineNames, outputs.holdLine))")
    }
    if outputs.demand != previous.demand, outputs.demand.level > .nominal {
      add("\(outputs.demand.level) because \(outputs.demand.reason)")
    }
    let guardian = loop.guardianOutput.report.state
    if guardian != guardianNoted {
      // What the guardian does on its own is else not seen: a dead daemon reports nothing.
      if guardian == .stopping || guardian == .held { add("guardian \(guardian)") }
      guardianNoted = guardian
    }
    if loop.monitor.stops.count > stopsNoted, let stop = loop.monitor.stops.last {
      stopsNoted = loop.monitor.stops.count
      let short = String(format: "%.2f", stop.short.value)
      add("rests at \(name(configuration.holdLineNames, Int64(stop.line))), \(short) m short")
    }
  }
  private var stopsNoted = 0
  private var guardianNoted = GuardianState.starting

  private func name(_ names: [String], _ index: Int64) -> String {
    names.indices.contains(Int(index)) ? names[Int(index)] : "\(index)"
  }

  package var isCompleted: Bool { completedAt != nil }

  /// Whether it was what the scenario asks for, without a violation.
  package var succeeded: Bool {
    loop.monitor.violations.isEmpty && (isCompleted || !scenario.mustComplete)
      && (isCompleted || heldFor > 2)
  }
}

/// Something that a reader of a drive wants to know.
package struct DriveEvent: Sendable {
  /// Since the start, s.
  package let time: Double
  package let text: String
}
