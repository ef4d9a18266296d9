import SafeStop
import Signals
import Units
import WireCodec

/// The messages of the bench: the layouts of can-gnss.md section 7, cut down to what is decided on.
struct TestTable {
  private(set) var frames = FrameTable()

  static var wheels: Int { 0 }
  static var vehicle: Int { 1 }
  static var frontAxle: Int { 2 }
  static var dynamics: Int { 3 }
  static var brakes: Int { 4 }
  static var body: Int { 5 }

  init() {
    let kmh = 1.0 / 256 / 3.6
    receive(0x08FE_6E0B, 20, fresh: 100, .comfortStop, .wheelSpeedStale)
    field(.wheelSpeedFrontLeft, 0, 16, kmh)
    field(.wheelSpeedFrontRight, 16, 16, kmh)
    field(.wheelSpeedRearLeft, 32, 16, kmh)
    field(.wheelSpeedRearRight, 48, 16, kmh)
    receive(0x18FE_F100, 100, fresh: 500, .comfortStop, .vehicleSpeedStale)
    field(.vehicleSpeed, 8, 16, kmh)
    receive(0x18FE_BF0B, 100, fresh: 500, .comfortStop, .vehicleSpeedStale)
    field(.frontAxleSpeed, 0, 16, kmh)
    receive(0x18F0_090B, 20, fresh: 100, .comfortStop, .steeringStale)
    field(.steeringWheelAngle, 0, 16, 1.0 / 1024, -31.374)
    field(.yawRate, 24, 16, 1.0 / 8192, -3.92)
    field(.longitudinalAcceleration, 56, 8, 0.1, -12.5)
    receive(0x18FD_C40B, 100, fresh: 500, .comfortStop, .brakeStale)
    field(.externalBrakeState, 10, 2, 1, 0, errorFrom: 4)
    field(.externalBrakeMode, 12, 4, 1)
    field(.externalBrakeLimit, 16, 8, 0.1, -12.5)
    receive(0x18FF_1121, 50, fresh: 250, .comfortStop, .bodyStale)
    field(.tractorParkingBrake, 0, 2, 1, 0, errorFrom: 2)
    field(.trailerParkingBrake, 2, 2, 1, 0, errorFrom: 2)
    field(.independentBrakeTripped, 12, 2, 1, 0, errorFrom: 2)
    field(.emergencyStopLine, 14, 2, 1)
    let last = frames.receiveCount - 1
    frames.receive[last].hasCounter = true
    frames.receive[last].counter = BitField(start: 56, length: 4)
    frames.receive[last].check = FrameCheck(.xbr, field: BitField(start: 60, length: 4))

    transmit(0x0C00_0027, 10, modulus: 8, .tsc1)
    command(.engineControlMode, 0, 2, 0.5, 0, 3)
    command(.engineTorque, 24, 8, 0.01, -1.25, 250)
    transmit(0x0C04_0B27, 20, modulus: 16, .xbr)
    command(.brakeDeceleration, 0, 16, -1.0 / 2048, 15.687, 64255)
    command(.brakeControlMode, 20, 2, 0.5, 0, 3)
    transmit(0x0CAD_1327, 20, modulus: 0, .none)
    command(.steeringCurvature, 0, 16, 0.00025, -8.032, 64255)
    command(.steeringIntent, 16, 2, 1, 0, 1)
    transmit(0x0CFF_1027, 20, modulus: 16, .xbr)
    command(.tractorParkingBrake, 0, 2, 1, 0, 1)
    command(.trailerParkingBrake, 2, 2, 1, 0, 1)
    command(.gear, 4, 2, 1, 0, 1)
    command(.hazardLamps, 6, 2, 1, 0, 1)
    command(.brakeLamps, 8, 2, 1, 0, 1)
    command(.dynamicEnable, 16, 1, 1, 0, 1)
  }

  private mutating func receive(
    _ identifier: UInt32, _ period: Int64, fresh: Int64, _ level: StopLevel, _ reason: Reason
  ) {
    var row = ReceiveRow()
    row.identifier = identifier
    row.mask = 0x1FFF_FFFF
    row.isExtended = true
    row.minimumLength = 8
    row.firstField = frames.fieldCount
    row.period = .milliseconds(period)
    row.freshness = .milliseconds(fresh)
    row.lossLevel = level
    row.lossReason = reason
    frames.receive[frames.receiveCount] = row
    frames.receiveCount += 1
  }

  private mutating func field(
    _ channel: SignalChannel, _ start: UInt16, _ length: UInt8, _ scale: Double,
    _ offset: Double = 0, errorFrom: UInt64 = .max
  ) {
    var field = SignalField()
    field.channel = channel
    field.bits = BitField(start: start, length: length)
    field.scale = scale
    field.offset = offset
    field.errorFrom = errorFrom
    frames.fields[frames.fieldCount] = field
    frames.fieldCount += 1
    frames.receive[frames.receiveCount - 1].fieldCount += 1
  }

  private mutating func transmit(
    _ identifier: UInt32, _ period: Int64, modulus: UInt8, _ checksum: ChecksumKind
  ) {
    var row = TransmitRow()
    row.identifier = identifier
    row.isExtended = true
    row.period = .milliseconds(period)
    row.firstField = frames.transmitFieldCount
    row.check = FrameCheck(checksum, field: BitField(start: 60, length: 4))
    row.hasCounter = modulus > 0
    row.counter = BitField(start: 56, length: 4)
    row.counterModulus = modulus
    frames.transmit[frames.transmitCount] = row
    frames.transmitCount += 1
  }

  private mutating func command(
    _ channel: CommandChannel, _ start: UInt16, _ length: UInt8, _ scale: Double,
    _ offset: Double, _ highest: Int64
  ) {
    var field = CommandField()
    field.channel = channel
    field.bits = BitField(start: start, length: length)
    field.scale = scale
    field.offset = offset
    field.highestRaw = highest
    frames.transmitFields[frames.transmitFieldCount] = field
    frames.transmitFieldCount += 1
    frames.transmit[frames.transmitCount - 1].fieldCount += 1
  }
}
