/// Something that happened to the truck and that no test may overlook.
package enum TruckEventKind: UInt8, Sendable, CaseIterable {
  case personContact, vehicleContact
  /// All wheels of one side of a unit carry nothing.
  case rollOverOnset
  /// The drive axle slides sideways, or the cab meets the trailer.
  case jackKnife
  case trailerSlide
  /// More than 5 cm backwards though nobody asked for it.
  case rollBack

  package var name: StaticString {
    switch self {
    case .personContact: "person contact"
    case .vehicleContact: "vehicle contact"
    case .rollOverOnset: "roll-over onset"
    case .jackKnife: "jack-knife"
    case .trailerSlide: "trailer slide"
    case .rollBack: "roll-back"
    }
  }
}

package struct TruckEvent: Sendable, Equatable {
  /// Milliseconds since the start.
  package var time: Int64
  package var kind: TruckEventKind
  /// Who was touched, else 0.
  package var body: Int64

  package init(time: Int64, kind: TruckEventKind, body: Int64 = 0) {
    self.time = time
    self.kind = kind
    self.body = body
  }
}

/// The events of a run, in order; a full log keeps its beginning and counts on.
struct EventLog: Sendable {
  private(set) var events: [TruckEvent] = []
  private(set) var counts = InlineArray<6, Int64>(repeating: 0)

  static var most: Int { 256 }

  init() { events.reserveCapacity(Self.most) }

  mutating func add(_ event: TruckEvent) {
    counts[Int(event.kind.rawValue)] += 1
    if events.count < Self.most { events.append(event) }
  }

  var total: Int64 {
    var sum: Int64 = 0
    for index in counts.indices { sum += counts[index] }
    return sum
  }

  func count(_ kind: TruckEventKind) -> Int64 { counts[Int(kind.rawValue)] }
}

/// Tells when a slide, a roll-over or a roll-back begins.
struct MotionWatch: Sendable {
  private var lasting = InlineArray<4, Int64>(repeating: 0)
  private var isNoted = InlineArray<4, Bool>(repeating: false)
  private var backwards = 0.0

  /// Sideways over forward speed at which an axle counts as sliding: 0.2 is beyond what a tyre needs
  /// for its largest side force.
  private static var slide: Double { 0.2 }
  /// Slower sliding than this, m/s, is a turn in the yard.
  private static var slowest: Double { 1.0 }
  /// Roll-over and slides must last, ms.
  private static var patience: Int64 { 100 }

  mutating func look(_ dynamics: TruckDynamics, at now: Int64, into log: inout EventLog) {
    let d = dynamics
    backwards = d.speed < 0 ? backwards - d.speed * TruckDynamics.stepSeconds : 0
    let transfer = max(d.trailerLoadTransfer.magnitude, d.tractorLoadTransfer.magnitude)
    note(0, .rollOverOnset, transfer >= 1, now, &log)
    let sideways = d.lateralSpeed.magnitude
    let isSliding = sideways > Self.slowest && sideways > Self.slide * d.speed.magnitude
    note(1, .jackKnife, isSliding || d.isCabAtTrailer, now, &log)
    let trailer = d.trailerAxleVelocity
    let swing = trailer.across.magnitude
    note(
      2, .trailerSlide, swing > Self.slowest && swing > Self.slide * trailer.along.magnitude, now,
      &log)
    note(3, .rollBack, backwards > 0.05, now, &log)
  }

  private mutating func note(
    _ index: Int, _ kind: TruckEventKind, _ isSo: Bool, _ now: Int64, _ log: inout EventLog
  ) {
    guard isSo else {
      lasting[index] = 0
      isNoted[index] = false
      return
    }
    lasting[index] += 1
    guard lasting[index] > Self.patience, !isNoted[index] else { return }
    isNoted[index] = true
    log.add(TruckEvent(time: now, kind: kind))
  }
}
