import Signals

/// A limit of the gate; the raw value is its bit in `GateReport.clamped`.
package enum GateClamp: UInt8, Sendable {
  case notANumber, curvature, curvatureRate, curvatureLead, steeringUnknown
  case driveTorque, driveTorqueRate, driveInhibited
  case brakeMaximum, brakeRelease, overSpeed, authority
  case retarderTorque, parkingBrakeInMotion, speedUnknown, handOver

  package static var count: Int { 16 }
}

/// The clamps of one cycle.
package struct GateClamps: Sendable, Equatable {
  package private(set) var bits: UInt32 = 0

  package init() {}

  package func contains(_ clamp: GateClamp) -> Bool { bits & (1 << UInt32(clamp.rawValue)) != 0 }
  package mutating func insert(_ clamp: GateClamp) { bits |= 1 << UInt32(clamp.rawValue) }
  package var isEmpty: Bool { bits == 0 }
}

/// What leaves the gate.
package struct GateVerdict: Sendable {
  package var command = Command()
  package var clamps = GateClamps()

  package init() {}
}
