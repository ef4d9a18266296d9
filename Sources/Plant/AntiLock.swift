/// The anti-lock controller of one side's wheels of an axle, and its pneumatic valve.
///
/// It works as those of the class do: what shows that the tyre is past its peak is a tread that slows
/// faster than any road can slow a truck, wherever on the slip axis the peak of this road lies. Then
/// the chamber exhausts until the wheels run up, holds until they have, and fills, fast to below where
/// they ran into locking, then slowly until they do so again.
struct AntiLock: Sendable {
  private enum Mode: Sendable { case open, exhaust, hold, fill }
  private var command = Mode.open
  /// What the valve does: the command after its dead time.
  private var valve = Mode.open
  private var untilSwitched = 0.0
  private var sinceCommand = 0.0
  /// What the chamber gives while the valve is not open, N at the tread.
  private var chamber = 0.0
  /// What it gave when the wheels last ran into locking.
  private var atLocking = 0.0

  /// It lets wheels lock below this speed, m/s: 7 km/h.
  static var slowest: Double { 2.0 }
  /// A tread that slips by more than the first share and slows by more than this, m/s2, is locking,
  /// and so is any that slips by more than the second.
  private static var leastSlip: Double { 0.04 }
  private static var slowing: Double { 15 }
  private static var mostSlip: Double { 0.2 }
  /// Exhausting ends when they gather speed by this, m/s2.
  private static var recovery: Double { 10 }
  /// Wheels have run up when they slip by less and gather no more speed than this, m/s2.
  static var recoveredSlip: Double { 0.1 }
  private static var settled: Double { 2 }
  /// Dead time of the valve and time constant of the exhaust, s.
  private static var deadTime: Double { 0.015 }
  private static var exhaustSeconds: Double { 0.08 }
  /// Of the force at locking: where slow filling begins, and shares a second of fast and slow.
  private static var resumption: Double { 0.8 }
  private static var fast: Double { 5 }
  private static var slow: Double { 0.5 }
  /// Wheels that ran that long without locking, s, stand on a better road: fill to the supply, shares
  /// a second.
  private static var patience: Double { 0.8 }
  private static var refill: Double { 2 }
  private static var reopening: Double { 5 }

  var isActing: Bool { command != .open }

  /// Of what the supply would give, N.
  func force(_ supply: Double) -> Double { valve == .open ? supply : min(chamber, supply) }

  mutating func open() {
    command = .open
    valve = .open
  }

  /// `slip` and `spin`, the change of the tread's speed in m/s2, are against the way the truck goes.
  mutating func modulate(slip: Double, spin: Double, supply: Double, step h: Double) {
    chamber = force(supply)
    let isLocking = slip > Self.mostSlip || (spin < -Self.slowing && slip > Self.leastSlip)
    switch command {
    case .open, .fill:
      if isLocking {
        atLocking = chamber
        order(.exhaust)
      } else if command == .fill, chamber >= supply {
        order(.open)
      }
    case .exhaust:
      if spin > Self.recovery || (spin > 0 && slip < Self.recoveredSlip) { order(.hold) }
    case .hold:
      if slip > Self.mostSlip, spin < 0 {
        order(.exhaust)
      } else if slip < Self.recoveredSlip, spin < Self.settled {
        order(.fill)
      }
    }
    sinceCommand += h
    untilSwitched -= h
    if untilSwitched <= 0 { valve = command }
    move(supply, h)
  }

  /// Control has ended: the valve opens, and the chamber fills.
  mutating func release(supply: Double, step h: Double) {
    command = .open
    guard valve != .open else { return }
    chamber = min(chamber, supply) + Self.reopening * supply * h
    if chamber >= supply { valve = .open }
  }

  private mutating func order(_ mode: Mode) {
    command = mode
    untilSwitched = Self.deadTime
    sinceCommand = 0
  }

  private mutating func move(_ supply: Double, _ h: Double) {
    switch valve {
    case .open, .hold: break
    case .exhaust: chamber -= h * chamber / Self.exhaustSeconds
    case .fill:
      if chamber < Self.resumption * atLocking {
        chamber += h * Self.fast * atLocking
      } else if sinceCommand < Self.patience {
        chamber += h * Self.slow * atLocking
      } else {
        chamber += h * Self.refill * supply
      }
    }
    chamber = min(chamber, supply)
  }
}
