/// The body controller: parking brakes, gear, lamps, horn; and beside it the independent brake path,
/// which trips when its enable stops changing.
struct BodyController: Sendable {
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

  mutating func obey(_ request: CommandRequest, at now: Int64) {
    if let wish = request.tractorParkingBrake { tractorParkingBrake = wish }
    if let wish = request.trailerParkingBrake { trailerParkingBrake = wish }
    if let wish = request.hazardLamps { hazardLamps = wish }
    if let wish = request.brakeLamps { brakeLamps = wish }
    if let wish = request.horn { horn = wish }
    if let wish = request.driveSelected { driveSelected = wish }
    if let level = request.enable { independent.enable(level, at: now) }
  }

  /// By the driver's own switches.
  mutating func operate(isDriving: Bool) {
    tractorParkingBrake = !isDriving
    trailerParkingBrake = !isDriving
    driveSelected = isDriving
  }

  mutating func advance(to now: Int64, speed: Double) {
    independent.advance(to: now, isMoving: speed != 0)
  }
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
