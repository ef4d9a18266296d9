import Records
import Signals
import Units

/// One procedure: takes samples until it has what it needs, and says what it found.
package protocol Procedure: Sendable {
  mutating func take(_ sample: CommissioningSample)
  var progress: ProcedureProgress { get }
  /// What was found so far; nil where that is nothing yet.
  func finding() -> CommissioningEntry?
}

/// How much of the excitation is collected.
package struct ProcedureProgress: Sendable, Equatable {
  /// 0...1; at 1 the procedure has what it needs.
  package var share: Double
  /// What the person does next, or what is still missing.
  package var missing: String

  package init(_ share: Double, _ missing: String) {
    self.share = min(max(share.isFinite ? share : 0, 0), 1)
    self.missing = missing
  }

  package var isComplete: Bool { share >= 1 }

  /// Of several parts that are all needed.
  package static func all(_ parts: [(share: Double, missing: String)]) -> ProcedureProgress {
    let shares = parts.map { min(max($0.share.isFinite ? $0.share : 0, 0), 1) }
    let mean = shares.reduce(0, +) / Double(max(shares.count, 1))
    let open = zip(parts, shares).filter { $0.1 < 1 }.map(\.0.missing)
    return open.isEmpty
      ? ProcedureProgress(1, "") : ProcedureProgress(min(mean, 0.99), open.joined(separator: ", "))
  }
}

extension CommissioningEntry {
  static func passed(_ quantity: Quantity, limit: String, note: String = "") -> Self {
    var entry = Self()
    entry.hasPassed = true
    entry.quantity = quantity
    entry.limit = limit
    entry.note = note
    return entry
  }

  static func failed(
    _ reason: String, _ quantity: Quantity? = nil, limit: String, note: String = ""
  ) -> Self {
    var entry = Self()
    entry.reason = quantity.map { "\(reason): \($0.text)" } ?? reason
    entry.quantity = quantity
    entry.limit = limit
    entry.note = note
    return entry
  }

  /// Passed when the result with its uncertainty is within `tolerance` of what is expected.
  static func judged(
    _ quantity: Quantity, within tolerance: Double, of expected: Double, otherwise reason: String,
    note: String = ""
  ) -> Self {
    let limit =
      "\(number(expected)) +- \(number(tolerance)) \(quantity.unit)"
    let off = (quantity.value - expected).magnitude + quantity.uncertainty
    return off <= tolerance
      ? passed(quantity, limit: limit, note: note)
      : failed(reason, quantity, limit: limit, note: note)
  }
}

extension Procedures {
  /// The end of a procedure: what it found, or that the person ended it before it had enough.
  package static func close(_ procedure: any Procedure) -> CommissioningEntry {
    if procedure.progress.isComplete, let entry = procedure.finding() { return entry }
    if let entry = procedure.finding(), !entry.hasPassed { return entry }
    return .failed(
      "not enough was seen: still missing \(procedure.progress.missing)", limit: "")
  }
}

/// Which procedure belongs to which step.
package enum Procedures {
  /// Nil for what no sensor of the truck tells (a person measures the overhangs).
  package static func make(_ step: Step, _ context: CommissioningContext) -> (any Procedure)? {
    switch step {
    case .steeringZero: SteeringZero(context)
    case .steeringSign: SteeringSign(context)
    case .steeringDelay: SteeringDelay(context)
    case .leverArm: LeverArm(context)
    case .overhang: nil
    case .wheelScale: WheelScale(context)
    case .gyroMounting: GyroMounting(context)
    case .brakeDelay: BrakeDelay(context)
    case .brakeDeceleration: BrakeDeceleration(context)
    case .parkingHold: ParkingHold(context)
    case .emergencyStop: EmergencyStopLine(context)
    case .messagePeriods: MessagePeriods(context)
    }
  }

  /// Takes a stream until it is enough, as over a recording.
  package static func run(
    _ step: Step, _ context: CommissioningContext, over samples: some Sequence<CommissioningSample>
  ) -> CommissioningEntry {
    guard var procedure = make(step, context) else {
      return .failed("is measured by a person", limit: "")
    }
    for sample in samples {
      procedure.take(sample)
      if procedure.progress.isComplete { break }
    }
    return close(procedure)
  }
}

/// A tape measure's word on a length that no sensor tells.
package struct TapeMeasure: Sendable {
  package enum Place: String, CaseIterable, Sendable {
    case frontOverhang = "front"
    case rearOverhang = "rear"
  }

  package var place: Place
  /// m, and half-width of what the person is sure of.
  package var length: Double
  package var uncertainty: Double

  package init(_ place: Place, length: Double, uncertainty: Double) {
    self.place = place
    self.length = length
    self.uncertainty = uncertainty
  }

  private func expected(_ vehicle: VehicleParameters) -> Metres {
    switch place {
    case .frontOverhang: vehicle.rearAxleToFrontBumper
    case .rearOverhang: vehicle.rearAxleToTractorRear
    }
  }

  /// Both lengths as one step: the worse one is told.
  package static func judge(
    _ measures: [TapeMeasure], _ context: CommissioningContext
  ) -> CommissioningEntry {
    for place in Place.allCases where !measures.contains(where: { $0.place == place }) {
      return .failed("the \(place.rawValue) overhang was not measured", limit: "")
    }
    let judged = measures.map { measure in
      CommissioningEntry.judged(
        .init(measure.length, uncertainty: measure.uncertainty, unit: "m"),
        within: context.limits.overhang, of: measure.expected(context.vehicle).value,
        otherwise: "the \(measure.place.rawValue) of the truck is not where the profile has it",
        note: measures.map { "\($0.place.rawValue) \(CommissioningEntry.number($0.length)) m" }
          .joined(separator: ", "))
    }
    return judged.first { !$0.hasPassed } ?? judged[0]
  }
}
