import ActuatorGate
import Signals
import Units
import WireCodec

/// The signals that may be used now: what is stale, invalid or not in the profile reads as NaN.
package struct Feedback: Sendable {
  private var values = InlineArray<64, Double>(repeating: .nan)
  private var carried = InlineArray<2, UInt64>(repeating: 0)
  /// The fastest wheel: wheels lock one by one.
  package private(set) var wheelSpeed = Double.nan
  /// A second source, from another computer or sensor than the wheels.
  package private(set) var otherSpeed = Double.nan

  package init(
    _ signals: borrowing @_addressable SignalStore, table: borrowing @_addressable FrameTable,
    at now: Instant
  ) {
    let rows = table.receive.span
    let fields = table.fields.span
    for i in 0..<table.receiveCount {
      let freshness = rows[i].freshness
      let end = min(rows[i].firstField + rows[i].fieldCount, FrameTable.fieldCapacity)
      for j in min(rows[i].firstField, end)..<end {
        let channel = fields[j].channel
        carried[Int(channel.rawValue >> 6)] |= 1 << UInt64(channel.rawValue & 63)
        let value = signals[channel].fresh(at: now, within: freshness)
        values[Int(channel.rawValue)] = value ?? .nan
      }
    }
    wheelSpeed = highest(
      highest(self[.wheelSpeedFrontLeft], self[.wheelSpeedFrontRight]),
      highest(self[.wheelSpeedRearLeft], self[.wheelSpeedRearRight]))
    otherSpeed = highest(
      highest(self[.vehicleSpeed], self[.frontAxleSpeed]), self[.outputShaftSpeed])
  }

  package subscript(_ channel: SignalChannel) -> Double {
    @_addressableSelf get { values[Int(channel.rawValue)] }
  }

  /// Whether the profile has the signal at all.
  @_addressableSelf package func has(_ channel: SignalChannel) -> Bool {
    carried[Int(channel.rawValue >> 6)] & (1 << UInt64(channel.rawValue & 63)) != 0
  }

  /// Whether the signal is known and not zero.
  @_addressableSelf package func isSet(_ channel: SignalChannel) -> Bool {
    self[channel].magnitude > 0.5
  }

  /// The highest of all known sources, NaN when there is none.
  package var highestSpeed: Double { @_addressableSelf get { highest(wheelSpeed, otherSpeed) } }

  /// The speed to measure distance with: the quick source where there is one.
  package var travelSpeed: Double {
    @_addressableSelf get {
      let wheel = wheelSpeed
      return wheel.isNaN ? otherSpeed : wheel
    }
  }

  /// How many independent speed sources are known.
  package var speedSourceCount: Int {
    @_addressableSelf get {
      var count = wheelSpeed.isNaN ? 0 : 1
      if !self[.frontAxleSpeed].isNaN { count += 1 }
      if !self[.vehicleSpeed].isNaN { count += 1 }
      if !self[.outputShaftSpeed].isNaN { count += 1 }
      return count
    }
  }

  /// tan(road-wheel angle) / wheelbase from the quickest steering feedback.
  @_addressableSelf package func curvature(_ vehicle: @_addressable VehicleParameters) -> Double {
    let geometry = SteeringGeometry(vehicle)
    if !self[.roadWheelAngle].isNaN {
      return geometry.curvature(of: Radians(self[.roadWheelAngle])).value
    }
    if !self[.steeringWheelAngle].isNaN {
      return geometry.curvature(of: Radians(self[.steeringWheelAngle] / vehicle.steeringRatio))
        .value
    }
    return self[.steeringCurvature]
  }

  /// Whether every parking brake that the profile has is known to be applied.
  package var parkingBrakesAreConfirmed: Bool {
    @_addressableSelf get {
      guard has(.tractorParkingBrake), isSet(.tractorParkingBrake) else { return false }
      guard has(.trailerParkingBrake) else { return true }
      return isSet(.trailerParkingBrake)
    }
  }

  /// What the gate measures with.
  @_addressableSelf package func gateMeasurement(
    _ vehicle: @_addressable VehicleParameters,
    _ standstill: borrowing @_addressable StandstillDetector
  ) -> GateMeasurement {
    var measured = GateMeasurement()
    measured.speed = MetresPerSecond(wheelSpeed)
    // Locked wheels must not widen what may be steered.
    measured.secondSpeed = MetresPerSecond(highest(otherSpeed, standstill.implausibleSpeed.value))
    measured.curvature = Curvature(curvature(vehicle))
    measured.tractorParkingBrake = isSet(.tractorParkingBrake)
    measured.trailerParkingBrake = isSet(.trailerParkingBrake)
    measured.isStandstill = standstill.isStandstill
    measured.retarderIsBarred = isSet(.absActive) || isSet(.trailerABSFaulty)
    return measured
  }
}

/// The larger of two numbers; the other one when one is no number.
func highest(_ a: Double, _ b: Double) -> Double {
  if a.isNaN { return b }
  return b > a ? b : a
}
