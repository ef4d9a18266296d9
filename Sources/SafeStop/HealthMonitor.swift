import Signals
import Units
import WireCodec

/// What the health monitor is told beside the signals.
package struct HealthObservation: Sendable {
  package var now = Instant.never
  /// As it left the gate in the previous cycle.
  package var command = Command()
  /// Whether our commands are in force: conditions about obedience are judged only then.
  package var isEngaged = false
  package var isStandstill = false
  /// Unsigned motion since standstill was found.
  package var movedAtStandstill = Metres.zero
  /// Judged only while `isOnRoute`.
  package var path = PathState()
  package var speedCap = MetresPerSecond(.infinity)
  /// Whether the position may still be used, dead reckoning within its budget included.
  package var positionIsUsable = true
  package var buses = InlineArray<4, BusHealth>(repeating: BusHealth())

  package init() {}
}

/// What the health monitor found.
package struct HealthVerdict: Sendable {
  package var demand = StopDemand()
  package var faults = Faults()
  /// Whether every input whose loss would stop the truck has been good for the time that arming
  /// needs, else what is missing.
  package var inputsAreReady = false
  package var notReady = Reason.waitingForInputs

  package init() {}
}

/// Judges inputs and actuators by one table of conditions and by the freshness that the frame
/// table declares for each received message (S-4, S-5).
package struct HealthMonitor: Sendable, Visitable {
  private var since = InlineArray<48, Instant>(repeating: .never)
  private var latched: UInt64 = 0
  private var goodSince = Instant.never
  private var steppedAt = Instant.never
  private var traffic = InlineArray<4, BusTraffic>(repeating: BusTraffic())
  private var response = ActuatorResponse()
  private var frozen = FrozenSpeeds()
  /// When a receive row last told any value.
  private var knownAt = InlineArray<64, Instant>(repeating: .never)

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    for i in 0..<HealthCheck.count { visitor.visit("since", &since[i]) }
    visitor.visit("latched", &latched)
    visitor.visit("goodSince", &goodSince)
    visitor.visit("steppedAt", &steppedAt)
    visitor.visit("traffic", &traffic, count: Inputs.busCapacity)
    visitor.visit("response", &response)
    visitor.visit("frozen", &frozen)
    for i in 0..<FrameTable.receiveCapacity { visitor.visit("knownAt", &knownAt[i]) }
  }

  /// Forgets the conditions that only an acknowledge clears.
  package mutating func acknowledge() { latched = 0 }

  /// One cycle.
  package mutating func step(
    _ observation: HealthObservation, feedback: Feedback,
    decoder: borrowing FrameDecoder, table: borrowing FrameTable,
    configuration: SafeStopConfiguration, vehicle: VehicleParameters
  ) -> HealthVerdict {
    let now = observation.now
    let elapsed = steppedAt == .never ? 0 : min(max((now - steppedAt).seconds, 0), 0.5)
    steppedAt = now
    response.step(observation, feedback, vehicle, elapsed)
    frozen.step(feedback, elapsed)
    var verdict = HealthVerdict()
    // Spans, because an array inside a table would be copied at each use.
    let rows = table.receive.span
    let states = decoder.rows.span
    judgeTraffic(observation, states, rows, count: table.receiveCount, elapsed)
    judgeFreshness(
      observation, states, rows, count: table.receiveCount, table.fields.span, feedback, &verdict)
    let busIsDown = self.busIsDown(observation, rows, count: table.receiveCount)
    for raw in 0..<HealthCheck.count {
      guard let check = HealthCheck(rawValue: UInt8(truncatingIfNeeded: raw)) else { continue }
      let holds = detects(check, observation, feedback, busIsDown, configuration)
      record(check, holds, configuration.health[check], at: now, &verdict)
    }
    judgeReadiness(now, configuration, &verdict)
    return verdict
  }

  private mutating func record(
    _ check: HealthCheck, _ holds: Bool, _ row: HealthRow, at now: Instant,
    _ verdict: inout HealthVerdict
  ) {
    let index = Int(check.rawValue)
    let bit: UInt64 = 1 << UInt64(check.rawValue & 63)
    if !holds {
      since[index] = .never
    } else if since[index] == .never {
      since[index] = now
    }
    let isRipe = holds && now - since[index] >= row.debounce
    if isRipe, row.clear == .atAcknowledge { latched |= bit }
    guard isRipe || latched & bit != 0 else { return }
    verdict.faults.insert(row.reason)
    verdict.demand.raise(to: StopDemand(row.level, row.reason))
  }

  private mutating func judgeReadiness(
    _ now: Instant, _ configuration: SafeStopConfiguration,
    _ verdict: inout HealthVerdict
  ) {
    let isGood = verdict.notReady == .none && verdict.demand.level < .comfortStop
    if verdict.notReady == .none, !isGood { verdict.notReady = verdict.demand.reason }
    guard isGood else {
      goodSince = .never
      return
    }
    if goodSince == .never { goodSince = now }
    verdict.inputsAreReady = now - goodSince >= configuration.times.inputsGood
    verdict.notReady = verdict.inputsAreReady ? .none : .waitingForInputs
  }
}

// MARK: - Freshness

extension HealthMonitor {
  private mutating func judgeTraffic(
    _ observation: HealthObservation, _ states: borrowing Span<FrameDecoder.RowState>,
    _ rows: borrowing Span<ReceiveRow>, count: Int, _ elapsed: Double
  ) {
    for bus in 0..<Inputs.busCapacity {
      var ours: UInt64 = 0
      for i in 0..<count {
        if Int(rows[i].bus) == bus { ours &+= states[i].frames }
      }
      traffic[bus].step(all: observation.buses[bus].framesSeen, ours: ours, elapsed)
    }
  }

  /// Each receive row by its own freshness (S-5); what never arrived is waited for, not a fault.
  private mutating func judgeFreshness(
    _ observation: HealthObservation, _ states: borrowing Span<FrameDecoder.RowState>,
    _ rows: borrowing Span<ReceiveRow>, count: Int, _ fields: borrowing Span<SignalField>,
    _ feedback: Feedback, _ verdict: inout HealthVerdict
  ) {
    verdict.notReady = .none
    for i in 0..<count {
      let row = rows[i]
      let state = states[i]
      let isNeeded = row.lossLevel >= .comfortStop
      if state.validAt == .never, state.receivedAt == .never {
        if isNeeded { verdict.notReady = .waitingForInputs }
        continue
      }
      let isFresh = observation.now - state.validAt <= row.freshness
      guard !isFresh || !hasValues(i, row, fields, feedback, at: observation.now) else { continue }
      let isReceived = observation.now - state.receivedAt <= row.freshness
      let isStarved = row.bus < 4 && traffic[Int(row.bus & 3)].isStarved
      let reason: Reason =
        isFresh
        ? row.lossReason
        : isReceived ? .checksumBad : isStarved ? .busStarved : row.lossReason
      verdict.faults.insert(reason)
      verdict.demand.raise(to: StopDemand(lossLevel(of: row, fields), reason))
      if isNeeded { verdict.notReady = reason }
    }
  }

  /// Whether a needed message that arrives also tells something.
  ///
  /// A unit that has lost its sensors goes on sending "not available". One such frame is no loss,
  /// but an unknown stop line is pressed.
  private mutating func hasValues(
    _ index: Int, _ row: ReceiveRow, _ fields: borrowing Span<SignalField>, _ feedback: Feedback,
    at now: Instant
  ) -> Bool {
    guard row.lossLevel >= .comfortStop, row.fieldCount > 0 else { return true }
    let end = min(row.firstField + row.fieldCount, FrameTable.fieldCapacity)
    for j in min(row.firstField, end)..<end {
      let channel = fields[j].channel
      if !feedback[channel].isNaN {
        knownAt[index] = now
      } else if channel == .emergencyStopLine {
        return false
      }
    }
    return now - knownAt[index] <= row.freshness
  }

  /// An emergency-stop line that is unknown is pressed (S-20).
  private func lossLevel(
    of row: ReceiveRow, _ fields: borrowing Span<SignalField>
  ) -> StopLevel {
    let end = min(row.firstField + row.fieldCount, FrameTable.fieldCapacity)
    for j in min(row.firstField, end)..<end {
      if fields[j].channel == .emergencyStopLine { return .emergencyStop }
    }
    return row.lossLevel
  }
}

// MARK: - Detection

extension HealthMonitor {
  private func detects(
    _ check: HealthCheck, _ observation: HealthObservation, _ feedback: Feedback,
    _ busIsDown: Bool, _ configuration: SafeStopConfiguration
  ) -> Bool {
    let command = observation.command
    let isEngaged = observation.isEngaged
    let speed = feedback.highestSpeed
    switch check {
    case .speedsDisagree:
      return speedsDisagree(feedback, configuration)
    case .signalFrozen:
      return frozen.isFrozen
    case .brakeNotObeyed:
      return isEngaged && speed > 0.5 && refusesToBrake(command, feedback)
    case .brakeWeak:
      return isEngaged && speed > 1 && response.isBrakeWeak(configuration.brakeShortfall)
    case .steeringNotObeyed:
      return isEngaged && command.steeringEngaged
        && response.curvatureError.magnitude > configuration.steeringMismatch.value
    case .steeringRunaway:
      return isEngaged && command.steeringEngaged
        && response.displacement.magnitude > configuration.runawayDisplacement.value
    case .steeringLockedOut:
      return isEngaged && command.steeringEngaged
        && (feedback.isSet(.steeringLockout) || feedback[.steeringReadiness] == 0)
    case .engineNotObeyed:
      return isEngaged && engineDisobeys(command, feedback, configuration.ownAddress)
    case .parkingBrakeNotObeyed:
      return isEngaged && parkingBrakesDisobey(command, feedback)
    case .rollBack:
      return isEngaged && observation.movedAtStandstill > configuration.rollBackDistance
    case .independentBrakeTripped:
      // In MANUAL nothing is sent, so the enable stands still and the path is tripped: arming starts
      // the enable, and AUTONOMOUS waits until the path has cleared.
      return isEngaged && feedback.isSet(.independentBrakeTripped)
    case .emergencyStopPressed:
      return feedback.isSet(.emergencyStopLine)
    case .driverBrake:
      return isEngaged
        && (feedback[.brakeSwitch] == 1 || feedback[.brakePedal] > configuration.pedalPressed.value)
    case .driverAccelerator:
      return isEngaged && feedback[.acceleratorPedal] > configuration.pedalPressed.value
    case .offPathWarning:
      return observation.path.isOnRoute
        && observation.path.lateralDeviation.magnitude > configuration.lateralWarning
    case .offPath:
      return observation.path.isOnRoute && isEngaged
        && (observation.path.lateralDeviation.magnitude > configuration.lateralLimit
          || observation.path.headingError.magnitude > configuration.headingLimit)
    case .overSpeed:
      return isEngaged && speed > observation.speedCap.value + configuration.speedExcess.value
    case .busDown:
      return busIsDown
    case .airPressureLow:
      return feedback[.serviceAirPressure] < configuration.airPressureLow.value
    case .gnssLost:
      return isEngaged && !observation.positionIsUsable
    }
  }

  /// EBC1's own figures differ by 0.9 km/h between two computers of a sound truck (can-gnss.md 1.2).
  private func speedsDisagree(
    _ feedback: Feedback, _ configuration: SafeStopConfiguration
  ) -> Bool {
    let wheel = feedback.wheelSpeed
    let limit = configuration.speedDisagreement.value + 0.1 * highest(wheel, 0)
    return (wheel - feedback[.vehicleSpeed]).magnitude > limit
      || (wheel - feedback[.frontAxleSpeed]).magnitude > limit
      || (feedback[.vehicleSpeed] - feedback[.frontAxleSpeed]).magnitude > limit
  }

  /// EBC5: system state 2 accepts no demand, mode 0 executes none, and the limit may be too small.
  private func refusesToBrake(_ command: Command, _ feedback: Feedback) -> Bool {
    guard command.brakeDeceleration.value > 0.5 else { return false }
    let limit = feedback[.externalBrakeLimit].magnitude
    return feedback[.externalBrakeState] == 2 || feedback[.externalBrakeMode] == 0
      || limit < 0.5 * command.brakeDeceleration.value
  }

  private func engineDisobeys(_ command: Command, _ feedback: Feedback, _ own: UInt8) -> Bool {
    let source = feedback[.engineControllingSource]
    let isForeign = !source.isNaN && source != Double(own)
    return command.driveTorque.value > 0.05
      ? isForeign : feedback[.engineTorque] > 0.4 && feedback.highestSpeed > 0.5
  }

  private func parkingBrakesDisobey(_ command: Command, _ feedback: Feedback) -> Bool {
    let tractor = feedback[.tractorParkingBrake]
    let trailer = feedback[.trailerParkingBrake]
    return (!tractor.isNaN && (tractor > 0.5) != command.tractorParkingBrake)
      || (!trailer.isNaN && (trailer > 0.5) != command.trailerParkingBrake)
  }

  private func busIsDown(
    _ observation: HealthObservation, _ rows: borrowing Span<ReceiveRow>, count: Int
  ) -> Bool {
    for i in 0..<count {
      let bus = observation.buses[Int(rows[i].bus & 3)]
      if !bus.isUp || bus.controller == .busOff { return true }
    }
    return false
  }
}
