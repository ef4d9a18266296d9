import CAN

/// The body controller: parking brakes, gear, lamps, horn; and beside it the independent brake path,
/// which trips when its enable stops changing.
struct BodyController: Sendable {
  var receiver = CommandReceiver(identifier: 0x0CFF_1027, check: .externalBrake, timeout: 100)
  /// As commanded last; held on silence.
  private(set) var tractorParkingBrake = true
  private(set) var trailerParkingBrake = true
  private(set) var driveSelected = false
  private(set) var hazardLamps = false
  private(set) var brakeLamps = false
  private(set) var horn = false
  private(set) var independent = IndependentBrakePath()

  init() {}

  /// A truck that is already rolling.
  init(moving: Bool) {
    tractorParkingBrake = !moving
    trailerParkingBrake = !moving
    driveSelected = moving
  }

  mutating func receive(_ frame: CANFrame, at now: Int64) {
    let admitted = receiver.admit(frame, at: now) { payload in
      // Error (2) is nothing to act on; not available (3) leaves a field as it is.
      for start in stride(from: 0, to: 12, by: 2) where payload.field(start, 2) == 2 {
        return false
      }
      return payload.field(17, 7) == 0
    }
    guard let payload = admitted else { return }
    assign(payload, 0, &tractorParkingBrake)
    assign(payload, 2, &trailerParkingBrake)
    assign(payload, 4, &driveSelected)
    assign(payload, 6, &hazardLamps)
    assign(payload, 8, &brakeLamps)
    assign(payload, 10, &horn)
    independent.enable(payload.field(16, 1) == 1, at: now)
  }

  mutating func advance(to now: Int64, speed: Double) {
    receiver.checkTimeout(at: now)
    independent.advance(to: now, isMoving: speed != 0)
  }
}

/// Not available leaves a field as it is.
private func assign(_ payload: Payload, _ start: Int, _ state: inout Bool) {
  let raw = payload.field(start, 2)
  if raw <= 1 { state = raw == 1 }
}

/// A second way to brake that needs no computer: it wants to see a signal that keeps changing.
///
/// It sleeps until the signal changed for the first time; a trip is latched and clears only at
/// standstill, after the signal has changed for a second.
struct IndependentBrakePath: Sendable {
  static var patience: Int64 { 250 }
  static var clearingTime: Int64 { 1000 }
  static var deceleration: Double { 3.0 }

  private(set) var isTripped = false
  /// At standstill after a trip the spring brakes come on.
  private(set) var setsSprings = false
  private(set) var trips: UInt64 = 0
  private var level: Bool?
  private var changedAt: Int64?
  private var changingSince: Int64?

  mutating func enable(_ newLevel: Bool, at now: Int64) {
    defer { level = newLevel }
    guard let level, level != newLevel else { return }
    changedAt = now
    if changingSince == nil { changingSince = now }
  }

  mutating func advance(to now: Int64, isMoving: Bool) {
    if let changedAt, now - changedAt > Self.patience {
      changingSince = nil
      if !isTripped {
        isTripped = true
        trips += 1
      }
    }
    guard isTripped else { return }
    if !isMoving { setsSprings = true }
    if !isMoving, let changingSince, now - changingSince >= Self.clearingTime {
      isTripped = false
      setsSprings = false
    }
  }
}
