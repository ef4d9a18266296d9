import ReproducibleMath
import SafeStop
import Signals
import Units
import WireCodec

/// A point-mass truck with controllers that check counters and release on silence (S-1).
struct TestTruck {
  var time: Int64 = 0
  var speed = 0.0
  var driven = 0.0
  var curvature = 0.0
  var heading = 0.0
  /// Deviation from a route of `routeCurvature` that begins where the truck started to drive.
  var lateral = 0.0
  var routeCurvature = 0.0
  var deceleration = 0.0
  var acceleration = 0.0
  var tractorParkingBrake = true
  var trailerParkingBrake = true
  var hazardLamps = false
  /// As accepted.
  var torque = 0.0
  var brakeDemand = 0.0
  var steeringDemand = 0.0
  var isSteering = false
  /// A wrong counter step, a gap beyond the time-out.
  var counterFaults = 0
  var longestGap: Int64 = 0
  var parkingCommandInMotion = false
  var parkingBrakesAnswer = true
  var brakeShare = 1.0
  var grade = 0.0
  var emergencyStop = 0.0
  var isSteeringStuck = false
  /// 1/(m s), whatever is commanded.
  var runawayRate: Double?
  var silenced = [Bool](repeating: false, count: 6)
  /// What the wheel sensors are made to show, nil for the truth.
  var shownWheelSpeed: Double?
  var shownAxleSpeed: Double?
  private var lastCounter: [UInt32: UInt64] = [:]
  private var lastSeen: [UInt32: Int64] = [:]
  private var bodyCounter: UInt64 = 0
  private var enable: UInt64 = 2
  private(set) var enableChanges = 0
  private let table = TestTable().frames
  private let modulus: [UInt32: UInt64] = [0x0C00_0027: 8, 0x0C04_0B27: 16, 0x0CFF_1027: 16]

  mutating func receive(_ frame: OutgoingFrame) {
    let words = frame.words
    func field(_ start: UInt16, _ length: UInt8) -> Double {
      Double(BitField(start: start, length: length).extract(words))
    }
    let identifier = frame.identifier
    if let modulus = modulus[identifier] {
      let counter = BitField(start: 56, length: 4).extract(words)
      if let last = lastCounter[identifier], counter != (last + 1) % modulus { counterFaults += 1 }
      lastCounter[identifier] = counter
    }
    if let last = lastSeen[identifier] { longestGap = max(longestGap, time - last) }
    lastSeen[identifier] = time
    switch identifier {
    case 0x0C00_0027: torque = field(0, 2) == 2 ? field(24, 8) * 0.01 - 1.25 : 0
    case 0x0C04_0B27: brakeDemand = field(20, 2) == 2 ? 15.687 - field(0, 16) / 2048 : 0
    case 0x0CAD_1327:
      steeringDemand = field(0, 16) * 0.00025 - 8.032
      isSteering = field(16, 2) == 1
    default:
      let parks = field(0, 2) == 1
      if parks, !tractorParkingBrake, speed > 0.3 { parkingCommandInMotion = true }
      if parkingBrakesAnswer {
        tractorParkingBrake = parks
        trailerParkingBrake = field(2, 2) == 1
      }
      hazardLamps = field(6, 2) == 1
      let level = BitField(start: 16, length: 1).extract(words)
      if level != enable { enableChanges += 1 }
      enable = level
    }
  }

  /// Ten milliseconds; silence of 100 ms releases.
  mutating func advance() {
    time += 10
    for (identifier, seen) in lastSeen where time - seen > 100 {
      if identifier == 0x0C00_0027 { torque = 0 }
      if identifier == 0x0C04_0B27 { brakeDemand = 0 }
      if identifier == 0x0CAD_1327 { isSteering = false }
    }
    let target = max(brakeDemand, 0) * brakeShare
    deceleration += (target - deceleration) * 0.01 / 0.4
    let parking = tractorParkingBrake ? 4.0 : 0
    let drag = speed > 0 ? 0.06 : 0
    acceleration = torque * 1.2 - deceleration - parking - drag - 9.81 * grade
    if speed <= 0, acceleration < 0 { acceleration = 0 }
    speed = max(speed + acceleration * 0.01, 0)
    driven += speed * 0.01
    if let runawayRate {
      curvature += runawayRate * 0.01
    } else if isSteering, !isSteeringStuck {
      curvature += (steeringDemand - curvature) * 0.01 / 0.35
    }
    heading += speed * (curvature - routeCurvature) * 0.01
    lateral += speed * heading * 0.01
  }

  /// The frames of this cycle.
  mutating func status() -> FrameBatch {
    var batch = FrameBatch()
    let wheel = UInt64(((shownWheelSpeed ?? speed) * 3.6 * 256).rounded())
    let axle = UInt64(((shownAxleSpeed ?? speed) * 3.6 * 256).rounded())
    if time % 20 == 0, !silenced[0] {
      send(TestTable.wheels, &batch) { $0[0] = wheel &* 0x0001_0001_0001_0001 }
    }
    if time % 100 == 10, !silenced[1] {
      send(TestTable.vehicle, &batch) { $0[0] = 0xFFFF_FFFF_FF00_00FF | axle << 8 }
    }
    if time % 100 == 50, !silenced[2] {
      send(TestTable.frontAxle, &batch) { $0[0] = 0xFFFF_FFFF_FFFF_0000 | axle }
    }
    if time % 20 == 10, !silenced[3] {
      let felt = min(max(((acceleration + 9.81 * grade) * 10 + 125).rounded(), 0), 250)
      let angle = arctangent(curvature * 3.6) * 20
      let (raw, yaw) = ((angle + 31.374) * 1024, (speed * curvature + 3.92) * 8192)
      send(TestTable.dynamics, &batch) {
        BitField(start: 0, length: 16).insert(UInt64(raw.rounded()), into: &$0)
        BitField(start: 24, length: 16).insert(UInt64(yaw.rounded()), into: &$0)
        BitField(start: 56, length: 8).insert(UInt64(felt), into: &$0)
      }
    }
    if time % 100 == 70, !silenced[4] {
      let mode: UInt64 = brakeDemand > 0 ? 3 : 0
      send(TestTable.brakes, &batch) {
        BitField(start: 10, length: 2).insert(0, into: &$0)
        BitField(start: 12, length: 4).insert(mode, into: &$0)
        BitField(start: 16, length: 8).insert(55, into: &$0)
      }
    }
    if time % 50 == 30, !silenced[5] { sendBody(&batch) }
    return batch
  }

  private mutating func sendBody(_ batch: inout FrameBatch) {
    bodyCounter = (bodyCounter + 1) % 16
    let (tractor, trailer) = (tractorParkingBrake, trailerParkingBrake)
    let (counter, line) = (bodyCounter, UInt64(emergencyStop))
    let identifier = table.receive[TestTable.body].identifier
    send(TestTable.body, &batch) {
      BitField(start: 0, length: 2).insert(tractor ? 1 : 0, into: &$0)
      BitField(start: 2, length: 2).insert(trailer ? 1 : 0, into: &$0)
      BitField(start: 12, length: 2).insert(0, into: &$0)
      BitField(start: 14, length: 2).insert(line, into: &$0)
      BitField(start: 56, length: 4).insert(counter, into: &$0)
      FrameCheck(.xbr, field: BitField(start: 60, length: 4))
        .seal(&$0, identifier: identifier, length: 8, counter: counter)
    }
  }

  private func send(
    _ row: Int, _ batch: inout FrameBatch, _ fill: (inout InlineArray<8, UInt64>) -> Void
  ) {
    var frame = ReceivedFrame()
    frame.identifier = table.receive[row].identifier
    frame.isExtended = true
    frame.length = 8
    frame.receivedAt = Instant(nanoseconds: time * 1_000_000)
    frame.words[0] = .max
    fill(&frame.words)
    batch.append(frame)
  }
}
