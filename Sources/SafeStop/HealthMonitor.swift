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
  /// By something signed (S-6).
  package var isRollingBack = false
  /// The speed that the truck surely does not exceed, where its sources contradict it.
  package var implausibleSpeed = MetresPerSecond.zero
  /// How persons are protected where the truck is (S-3).
  package var needsProtectiveField = false
  package var needsAttendant = false
  /// Of the trailer to the tractor, as the path makes it; NaN where there is none.
  package var articulation = Radians(.nan)
  /// How fast the radar's reports move away from what the truck's own motion makes of them.
  package var radarContradiction = MetresPerSecond.zero
  /// Backwards, while `isRollingBack`.
  package var rollBackSpeed = MetresPerSecond.zero
  /// What made the position unusable.
  package var positionLoss = Reading(.nan, .unknown, 0, .none)
  /// Crossed where the two laws of steering disagree.
  package var steeringDoubt = Reading()
  /// A stop is in hand, whose causes have still to be told.
  package var isStopInHand = false

  package init() {}
}

/// What the health monitor found.
package struct HealthVerdict: Sendable {
  package var demand = StopDemand()
  /// Of causes that go on, without those that only wait for an acknowledge.
  package var presentLevel = StopLevel.nominal
  package var faults = Faults()
  /// Whether every input whose loss would stop the truck has been good for the time that arming
  /// needs, else what is missing.
  package var inputsAreReady = false
  package var notReady = Reason.waitingForInputs
  /// A driver acts, debounced or not yet: two processes that debounce alike see the ripe fault only
  /// once, and not in the same cycle.
  package var driverIsSeen = false

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
  var response = ActuatorResponse()
  var frozen = FrozenSpeeds()
  var impostors = ImpostorWatch()
  var air = AirWatch()
  var driver = DriverActs()
  /// When a receive row last told all that is needed of it.
  private var knownAt = InlineArray<40, Instant>(repeating: .never)
  /// Checks that are found, and receive rows that are lost, one bit each.
  private var found: UInt64 = 0
  private var lost: UInt64 = 0
  /// What was found, with its readings; hosts add what comes from elsewhere.
  package var causes = CauseList()

  package init() {}

  func knownAt(_ row: Int) -> Instant { knownAt[row] }

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    for i in 0..<HealthCheck.count { visitor.visit("since", &since[i]) }
    visitor.visit("latched", &latched)
    visitor.visit("goodSince", &goodSince)
    visitor.visit("steppedAt", &steppedAt)
    visitor.visit("traffic", &traffic, count: Inputs.busCapacity)
    visitor.visit("response", &response)
    visitor.visit("frozen", &frozen)
    visitor.visit("impostors", &impostors)
    visitor.visit("air", &air)
    visitor.visit("driver", &driver)
    for i in 0..<FrameTable.receiveCapacity { visitor.visit("knownAt", &knownAt[i]) }
    visitor.visit("found", &found)
    visitor.visit("lost", &lost)
    visitor.visit("causes", &causes)
  }

  /// Forgets the conditions that only an acknowledge clears.
  package mutating func acknowledge() { latched = 0 }

  /// One cycle.
  package mutating func step(
    _ observation: @_addressable HealthObservation, feedback: @_addressable Feedback,
    decoder: borrowing @_addressable FrameDecoder, table: borrowing @_addressable FrameTable,
    configuration: @_addressable SafeStopConfiguration, vehicle: @_addressable VehicleParameters
  ) -> HealthVerdict {
    let now = observation.now
    let elapsed = steppedAt == .never ? 0 : min(max((now - steppedAt).seconds, 0), 0.5)
    steppedAt = now
    response.step(observation, feedback, vehicle, elapsed)
    frozen.step(feedback, elapsed)
    impostors.step(observation.buses, at: now)
    air.step(feedback[.serviceAirPressure], elapsed)
    driver.step(observation, feedback, vehicle, elapsed)
    var verdict = HealthVerdict()
    let rows = table.receive.span
    let states = decoder.rows.span
    judgeTraffic(observation, states, rows, count: table.receiveCount, elapsed)
    judgeFreshness(
      observation, states, rows, count: table.receiveCount, table.fields.span, feedback, &verdict)
    let busIsDown = self.busIsDown(observation, rows, count: table.receiveCount)
    for raw in 0..<HealthCheck.count {
      guard let check = HealthCheck(rawValue: UInt8(truncatingIfNeeded: raw)) else { continue }
      let holds = detects(check, observation, feedback, busIsDown, configuration, vehicle)
      var row = configuration.health[check]
      if holds {
        if row.reason.isDrivers { verdict.driverIsSeen = true }
        row.debounce += row.answer.interval(vehicle, table, configuration.times)
      }
      record(check, holds, row, observation, &verdict)
      let bit: UInt64 = 1 << UInt64(raw)
      let isFound = holds && now - since[raw] >= row.debounce
      guard isFound != (found & bit != 0) else { continue }
      found ^= bit
      let index = UInt8(truncatingIfNeeded: raw)
      guard isFound else {
        causes.end(.check, index, at: now)
        continue
      }
      let cause = Cause(
        .check, index, StopDemand(row.level, row.reason), since: since[raw], at: now,
        reading(of: check, observation, feedback, decoder, table, configuration, vehicle))
      causes.found(cause, mayForget: !observation.isStopInHand && latched == 0)
    }
    judgeReadiness(now, configuration, &verdict)
    return verdict
  }

  /// Only a stop that we make waits for an acknowledge: what a driver's own drive did is over when
  /// it is over, for in MANUAL there is nothing to acknowledge.
  private mutating func record(
    _ check: HealthCheck, _ holds: Bool, _ row: HealthRow,
    _ observation: @_addressable HealthObservation,
    _ verdict: inout HealthVerdict
  ) {
    let now = observation.now
    let index = Int(check.rawValue)
    let bit: UInt64 = 1 << UInt64(check.rawValue & 63)
    if !holds {
      since[index] = .never
    } else if since[index] == .never {
      since[index] = now
    }
    let isRipe = holds && now - since[index] >= row.debounce
    if isRipe, observation.isEngaged, row.clear == .atAcknowledge { latched |= bit }
    if isRipe { verdict.presentLevel = max(verdict.presentLevel, row.level) }
    guard isRipe || latched & bit != 0 else { return }
    verdict.faults.insert(row.reason)
    verdict.demand.raise(to: StopDemand(row.level, row.reason))
  }

  private mutating func judgeReadiness(
    _ now: Instant, _ configuration: @_addressable SafeStopConfiguration,
    _ verdict: inout HealthVerdict
  ) {
    let isGood = verdict.notReady == .none && verdict.presentLevel < .comfortStop
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
    _ observation: @_addressable HealthObservation, _ states: borrowing Span<FrameDecoder.RowState>,
    _ rows: borrowing Span<ReceiveRow>, count: Int, _ elapsed: Double
  ) {
    var ours = InlineArray<4, UInt64>(repeating: 0)
    for i in 0..<count where Int(rows[i].bus) < Inputs.busCapacity {
      ours[Int(rows[i].bus)] &+= states[i].frames
    }
    for bus in 0..<Inputs.busCapacity {
      traffic[bus].step(all: observation.buses[bus].framesSeen, ours: ours[bus], elapsed)
    }
  }

  /// Each receive row by its own freshness (S-5); what never arrived is waited for, not a fault.
  private mutating func judgeFreshness(
    _ observation: @_addressable HealthObservation, _ states: borrowing Span<FrameDecoder.RowState>,
    _ rows: borrowing Span<ReceiveRow>, count: Int, _ fields: borrowing Span<SignalField>,
    _ feedback: @_addressable Feedback, _ verdict: inout HealthVerdict
  ) {
    verdict.notReady = .none
    // A closure, as the right side of `||` is one, copies the observation for it.
    let now = observation.now
    for i in 0..<count {
      let row = rows[i]
      let state = states[i]
      let isNeeded = row.lossLevel >= .comfortStop
      if state.validAt == .never, state.receivedAt == .never {
        if isNeeded { verdict.notReady = .waitingForInputs }
        continue
      }
      let isFresh = now - state.validAt <= row.freshness
      guard !isFresh || !hasValues(i, row, fields, feedback, at: now) else {
        if lost & (1 << UInt64(i)) != 0 {
          lost &= ~(1 << UInt64(i))
          causes.end(.message, UInt8(truncatingIfNeeded: i), at: now)
        }
        continue
      }
      let isReceived = now - state.receivedAt <= row.freshness
      let isStarved = row.bus < 4 && traffic[Int(row.bus & 3)].isStarved
      let reason: Reason =
        isFresh
        ? row.lossReason
        : isReceived ? .checksumBad : isStarved ? .busStarved : row.lossReason
      let level = lossLevel(of: row, fields)
      verdict.faults.insert(reason)
      verdict.demand.raise(to: StopDemand(level, reason))
      verdict.presentLevel = max(verdict.presentLevel, level)
      if isNeeded { verdict.notReady = reason }
      guard lost & (1 << UInt64(i)) == 0 else { continue }
      lost |= 1 << UInt64(i)
      // What demands nothing has caused nothing; a check of its own may say what its loss means.
      guard level > .nominal else { continue }
      let cause = Cause(
        .message, UInt8(truncatingIfNeeded: i), StopDemand(level, reason),
        since: state.validAt == .never ? state.receivedAt : state.validAt, at: now,
        lossReading(i, row, state, at: now))
      causes.found(cause, mayForget: !observation.isStopInHand && latched == 0)
    }
  }

  /// Whether a needed message that arrives also tells all that is needed of it.
  ///
  /// A unit that has lost its sensors goes on sending "not available", for all fields or for some
  /// (S-4). One such frame is no loss, but an unknown stop line is pressed.
  private mutating func hasValues(
    _ index: Int, _ row: ReceiveRow, _ fields: borrowing Span<SignalField>,
    _ feedback: @_addressable Feedback,
    at now: Instant
  ) -> Bool {
    guard row.lossLevel >= .comfortStop, row.fieldCount > 0 else { return true }
    let end = min(row.firstField + row.fieldCount, FrameTable.fieldCapacity)
    var tellsAny = false
    var tellsAll = true
    for j in min(row.firstField, end)..<end {
      let channel = fields[j].channel
      if !feedback[channel].isNaN {
        tellsAny = true
      } else if channel.isEmergencyStopLine {
        return false
      } else if channel.mustBeKnown {
        tellsAll = false
      }
    }
    if tellsAny, tellsAll { knownAt[index] = now }
    return now - knownAt[index] <= row.freshness
  }

  /// An emergency-stop line that is unknown is pressed (S-20).
  @_addressableSelf private func lossLevel(
    of row: ReceiveRow, _ fields: borrowing Span<SignalField>
  ) -> StopLevel {
    let end = min(row.firstField + row.fieldCount, FrameTable.fieldCapacity)
    for j in min(row.firstField, end)..<end {
      if fields[j].channel.isEmergencyStopLine { return .emergencyStop }
    }
    return row.lossLevel
  }
}
