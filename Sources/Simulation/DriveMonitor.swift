import BorderZone
import DriveConfiguration
import Signals
import Units

/// What the simulated truck really did at one instant, by path coordinates of the route.
package struct TruthSample: Sendable {
  /// Since the start of the drive, s.
  package var time = 0.0
  package var east = Metres.zero
  package var north = Metres.zero
  package var heading = Radians.zero
  package var trailerHeading = Radians.zero
  package var frontStation = Metres.zero
  package var rearStation = Metres.zero
  package var speed = MetresPerSecond.zero
  package var lateral = Metres.zero
  package var trailerLateral = Metres.zero
  package var acceleration = MetresPerSecondSquared.zero
  package var parkingBrakesSet = false
  package var anyParkingBrakeSet = false
  /// The guardian's last command sets a parking brake.
  package var parksByCommand = false
  /// Frames that the truck's ECUs refused for their counter, checksum or length, since start.
  package var refusedFrames: UInt64 = 0

  package init() {}
}

/// A requirement that a drive broke, judged on the truth.
package struct Violation: Sendable {
  package let requirement: String
  package let time: Double
  package let what: String
}

/// Judges a drive cycle by cycle from the plant's truth, never from the stack's own estimate.
package struct DriveMonitor: Sendable {
  private let zones: ZoneTable
  package private(set) var violations: [Violation] = []
  package private(set) var stops: [HoldLineStop] = []
  package private(set) var worstLateral = Metres.zero
  package private(set) var worstSpeed = MetresPerSecond.zero
  package private(set) var distance = Metres.zero
  package private(set) var lateralSquares = 0.0
  package private(set) var movingSamples = 0
  private var previous: TruthSample?
  private var wasHeld = false
  private var standingAt = -1

  /// A stop at a hold line: how far before the stop target the front bumper came to rest.
  package struct HoldLineStop: Sendable {
    package let line: Int
    package let time: Double
    /// Positive when short of the target, negative when past it.
    package let short: Metres
    package let lateral: Metres
  }

  package init(zones: ZoneTable) { self.zones = zones }

  /// The rms lateral deviation of the rear axle while moving.
  package var lateralRMS: Metres {
    movingSamples > 0 ? Metres((lateralSquares / Double(movingSamples)).squareRoot()) : .zero
  }

  package mutating func observe(_ truth: TruthSample, _ outputs: @_addressable Outputs) {
    judgeAuthority(truth, outputs)
    judgeSpeed(truth)
    judgeMoveOff(truth, outputs)
    judgeFrames(truth)
    judgeParking(truth)
    recordStop(truth, outputs)
    if truth.speed.value > 0.05 {
      lateralSquares += truth.lateral.value * truth.lateral.value
      movingSamples += 1
      worstLateral = max(worstLateral, truth.lateral.magnitude)
    }
    worstSpeed = max(worstSpeed, truth.speed)
    if let previous { distance += (truth.frontStation - previous.frontStation).magnitude }
    previous = truth
  }

  /// I-1 on the truth: the front never passes the danger point in force.
  private mutating func judgeAuthority(_ truth: TruthSample, _ outputs: @_addressable Outputs) {
    guard outputs.mode == .autonomous, outputs.holdLine >= 0, outputs.holdLine < zones.lineCount
    else { return }
    let limit = zones.lines[Int(outputs.holdLine)].supervisedLimit
    guard truth.frontStation > limit else { return }
    note("I-1", truth, "front at \(truth.frontStation.value) m, limit \(limit.value) m")
  }

  /// I-14 on the truth, with the 0.3 m/s of R-MOT-14.
  private mutating func judgeSpeed(_ truth: TruthSample) {
    let cap = zones.cap(rear: truth.rearStation, front: truth.frontStation)
    guard truth.speed.value > cap.value + 0.3 else { return }
    note("I-14", truth, "\(truth.speed.value) m/s where the cap is \(cap.value) m/s")
  }

  /// I-8: from a held stop nothing moves the truck before the mode has left HELD.
  private mutating func judgeMoveOff(_ truth: TruthSample, _ outputs: @_addressable Outputs) {
    if wasHeld, outputs.mode == .held, truth.speed.value > 0.05 {
      note("I-8", truth, "moves at \(truth.speed.value) m/s while held")
    }
    wasHeld = outputs.mode == .held
  }

  /// S-6: a parking brake is for a truck that stands; one that came on by itself is kept.
  private mutating func judgeParking(_ truth: TruthSample) {
    let isNew = truth.parksByCommand && !(previous?.parksByCommand ?? true)
    let wasSet = previous?.anyParkingBrakeSet ?? true
    guard isNew, !wasSet, truth.speed.value.magnitude > 0.3 else { return }
    note("S-6", truth, "parking brakes commanded at \(truth.speed.value) m/s")
  }

  private mutating func judgeFrames(_ truth: TruthSample) {
    guard let previous, truth.refusedFrames > previous.refusedFrames else { return }
    note("S-15", truth, "an ECU refused one of our frames")
  }

  private mutating func recordStop(_ truth: TruthSample, _ outputs: @_addressable Outputs) {
    let line = Int(outputs.holdLine)
    guard truth.speed.value < 0.01, outputs.state.isStandstill, line >= 0, line < zones.lineCount,
      line != standingAt, outputs.mode == .autonomous
    else { return }
    let short = zones.lines[line].stopTarget - truth.frontStation
    guard short.value < 5 else { return }
    standingAt = line
    stops.append(
      HoldLineStop(line: line, time: truth.time, short: short, lateral: truth.lateral))
    if short.value < 0 { note("R-MOT-6", truth, "\(-short.value) m past its stop target") }
  }

  /// One entry for each requirement and second: a lasting breach is one breach.
  private mutating func note(_ requirement: String, _ truth: TruthSample, _ what: String) {
    if let last = violations.last(where: { $0.requirement == requirement }),
      truth.time - last.time < 1
    {
      return
    }
    guard violations.count < 1_000 else { return }
    violations.append(Violation(requirement: requirement, time: truth.time, what: what))
  }
}
