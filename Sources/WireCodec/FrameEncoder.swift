import Signals
import Units

/// The values that transmit frames are filled from.
package struct CommandValues: Sendable {
  private var values = InlineArray<48, Double>(repeating: 0)

  package init() {}

  package subscript(_ channel: CommandChannel) -> Double {
    @_addressableSelf get { values[Int(channel.rawValue)] }
    set { values[Int(channel.rawValue)] = newValue }
  }

  /// The wire's view of a command, for a truck of this geometry.
  package init(_ command: Command, geometry: SteeringGeometry) {
    self[.engineControlMode] = command.driveTorque > .zero ? 1 : 0
    self[.brakeControlMode] = command.brakeDeceleration > .zero ? 1 : 0
    self[.retarderControlMode] = command.retarderTorque > .zero ? 1 : 0
    self[.engineTorque] = command.driveTorque.value
    self[.brakeDeceleration] = command.brakeDeceleration.value
    self[.retarderTorque] = command.retarderTorque.value
    self[.steeringCurvature] = command.curvature.value
    self[.roadWheelAngle] = geometry.roadWheelAngle(of: command.curvature).value
    self[.steeringIntent] = command.steeringEngaged ? 1 : 0
    self[.gear] = command.gear == .drive ? 1 : 0
    self[.tractorParkingBrake] = command.tractorParkingBrake ? 1 : 0
    self[.trailerParkingBrake] = command.trailerParkingBrake ? 1 : 0
    self[.hazardLamps] = command.hazardLamps ? 1 : 0
    self[.brakeLamps] = command.brakeLamps ? 1 : 0
    self[.horn] = command.horn ? 1 : 0
  }
}

/// A frame to send.
package struct OutgoingFrame: Sendable {
  package var identifier: UInt32 = 0
  package var isExtended = false
  package var bus: UInt8 = 0
  package var length: UInt8 = 8
  package var isFD = false
  package var bitRateSwitch = false
  package var words = InlineArray<8, UInt64>(repeating: 0)

  package init() {}
}

/// Fills transmit frames; owns the rolling counters, which advance only for frames that are sent.
package struct FrameEncoder: Sendable, Visitable {
  private var counters = InlineArray<12, UInt8>(repeating: 0)
  private var toggles = InlineArray<12, UInt8>(repeating: 0)

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    for i in 0..<FrameTable.transmitCapacity {
      visitor.visit("counter", &counters[i])
      visitor.visit("toggle", &toggles[i])
    }
  }

  /// The frame of transmit row `index`, its counter and dynamic enable advanced.
  package mutating func encode(
    _ index: Int, table: borrowing @_addressable FrameTable, values: @_addressable CommandValues,
    enable: Bool
  ) -> OutgoingFrame {
    let row = table.transmit[index]
    let fields = table.transmitFields.span
    var frame = OutgoingFrame()
    frame.identifier = row.identifier
    frame.isExtended = row.isExtended
    frame.bus = row.bus
    frame.length = row.length
    frame.isFD = row.isFD
    frame.bitRateSwitch = row.bitRateSwitch
    for i in 0..<8 { frame.words[i] = row.fill }
    if enable { toggles[index] ^= 1 }
    for i in row.firstField..<(row.firstField + row.fieldCount) {
      let field = fields[i]
      let value =
        field.channel == .dynamicEnable ? Double(toggles[index]) : values[field.channel]
      field.bits.insert(field.raw(of: value), into: &frame.words)
    }
    let counter = UInt64(counters[index])
    if row.hasCounter {
      row.counter.insert(counter, into: &frame.words)
      counters[index] = (counters[index] &+ 1) % max(row.counterModulus, 1)
    }
    row.check.seal(
      &frame.words, identifier: row.identifier, length: row.length, counter: counter)
    return frame
  }
}

extension CommandField {
  /// The nearest raw number within the field's limits; the lowest for a value that is no number.
  fileprivate func raw(of value: Double) -> UInt64 {
    guard codes.isEmpty else { return codes[value > 0.5 ? 1 : 0] ?? 0 }
    let unbounded = ((value - offset) / scale).rounded()
    let low = Double(lowestRaw)
    let high = Double(highestRaw)
    let bounded = unbounded > low ? (unbounded < high ? unbounded : high) : low
    // 2^63 itself is no Int64; a bound that large is already no bound.
    return UInt64(bitPattern: Int64(min(max(bounded, -9.2e18), 9.2e18)))
  }
}
