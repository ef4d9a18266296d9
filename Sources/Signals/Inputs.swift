import Units

/// One frame as it came off a bus.
@usableFromInline package struct ReceivedFrame: Sendable, Visitable {
  /// 11 or 29 bits, without flags.
  package var identifier: UInt32 = 0
  package var isExtended = false
  package var bus: UInt8 = 0
  /// Payload length, 0...64.
  package var length: UInt8 = 0
  /// When this host received it, on the monotonic clock.
  package var receivedAt = Instant.never
  /// Payload, byte 0 in the least significant byte of word 0.
  package var words = InlineArray<8, UInt64>(repeating: 0)

  package init() {}

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("identifier", &identifier)
    visitor.visit("isExtended", &isExtended)
    visitor.visit("bus", &bus)
    visitor.visit("length", &length)
    visitor.visit("receivedAt", &receivedAt)
    for i in 0..<8 { visitor.visit("words", &words[i]) }
  }
}

/// The frames of one cycle, in order of arrival; what does not fit is counted, never overwritten.
@usableFromInline package struct FrameBatch: Sendable, Visitable {
  package static var capacity: Int { 128 }
  private var frames = InlineArray<128, ReceivedFrame>(repeating: ReceivedFrame())
  package private(set) var count = 0
  package private(set) var overflowed: UInt32 = 0

  package init() {}

  @usableFromInline package subscript(_ index: Int) -> ReceivedFrame {
    @_addressableSelf get { frames[index] }
  }

  package mutating func append(_ frame: ReceivedFrame) {
    guard count < Self.capacity else {
      overflowed &+= 1
      return
    }
    frames[count] = frame
    count += 1
  }

  package mutating func removeAll() {
    count = 0
    overflowed = 0
  }

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visitCount("count", &count, limit: Self.capacity)
    visitor.visit("frames", &frames, count: count)
    visitor.visit("overflowed", &overflowed)
  }
}

/// One epoch of a GNSS receiver, as merged and judged by the client; fields that were absent are
/// NaN.
@usableFromInline package struct GNSSReport: Sendable, Visitable {
  package var receivedAt = Instant.never
  /// When the position held, UTC nanoseconds since 1970; 0 when unknown.
  package var validAtUTC: Int64 = 0
  /// gpsd's mode: 0 not seen, 1 no fix, 2 two-dimensional, 3 three-dimensional.
  package var mode: UInt8 = 0
  /// gpsd 3.22's status number: 2 DGPS, 3 RTK fixed, 4 RTK float, 5 dead reckoning, 8 simulated.
  package var status: UInt8 = 0
  package var latitude = Degrees(.nan)
  package var longitude = Degrees(.nan)
  /// Above the WGS-84 ellipsoid.
  package var height = Metres(.nan)
  package var speed = MetresPerSecond(.nan)
  /// Course over ground, clockwise from north, degrees.
  package var track = Degrees(.nan)
  /// Of the dual-antenna baseline, clockwise from north, degrees.
  package var heading = Degrees(.nan)
  /// One-sigma horizontal position error, from the profile's table by status.
  package var sigma = Metres(.nan)
  /// What was last told of the satellites.
  package var satellites = SatelliteSummary()

  package init() {}

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("receivedAt", &receivedAt)
    visitor.visit("validAtUTC", &validAtUTC)
    visitor.visit("mode", &mode)
    visitor.visit("status", &status)
    visitor.visit("latitude", &latitude)
    visitor.visit("longitude", &longitude)
    visitor.visit("height", &height)
    visitor.visit("speed", &speed)
    visitor.visit("track", &track)
    visitor.visit("heading", &heading)
    visitor.visit("sigma", &sigma)
    visitor.visit("satellites", &satellites)
  }
}

/// Something that an operator or the clerk told the core; the sender is authenticated by the host.
@usableFromInline package enum FactKind: UInt8, Sendable {
  case none
  /// Leave STOPPING/HELD after standstill.
  case acknowledge
  /// Stop now, in comfort; any state, idempotent (R-MRM-8).
  case stop
  /// Enter AUTONOMOUS from standstill (S-23).
  case arm
  case disarm
  /// Movement authority beyond the hold line with this index in the zone table.
  case release
  case revoke
  /// The road is as the argument, a `RoadSurface`, says.
  case surface
  /// Controlled end of the daemon: stop, hold, then go (S-19).
  case shutdown
}

@usableFromInline package struct Fact: Sendable, Visitable {
  package var kind = FactKind.none
  package var argument: UInt32 = 0
  package var sequence: UInt64 = 0

  package init() {}

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("kind", &kind)
    visitor.visit("argument", &argument)
    visitor.visit("sequence", &sequence)
  }
}

/// What the host saw of a bus besides frames.
@usableFromInline package struct BusHealth: Sendable, Visitable {
  package var isUp = true
  /// What the controller says of itself; vcan and slcan never say anything.
  package var controller = CANControllerState.unknown
  /// The controller's error counters, 0 where it has none.
  package var transmitErrors: UInt16 = 0
  package var receiveErrors: UInt16 = 0
  package var errorFrames: UInt32 = 0
  package var droppedFrames: UInt32 = 0
  /// All frames seen on the bus, wanted or not, since start: tells starvation from silence.
  package var framesSeen: UInt64 = 0
  /// What became of our frames here; only the sender knows.
  package var echo = TransmitEcho()

  package init() {}

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("isUp", &isUp)
    visitor.visit("controller", &controller)
    visitor.visit("transmitErrors", &transmitErrors)
    visitor.visit("receiveErrors", &receiveErrors)
    visitor.visit("errorFrames", &errorFrames)
    visitor.visit("droppedFrames", &droppedFrames)
    visitor.visit("framesSeen", &framesSeen)
    visitor.visit("echo", &echo)
  }
}

/// How a controller takes part in its bus; the order is the severity.
@usableFromInline package enum CANControllerState: UInt8, Sendable {
  /// Nothing was reported; vcan and slcan never report.
  case unknown
  case active
  case warning
  case passive
  case busOff
}

/// The kernel's word on our own frames: those that went out, and those that somebody else sent in
/// our name (S-4).
@usableFromInline package struct TransmitEcho: Sendable, Visitable {
  /// Frames that came back marked as ours: proof that they were on the bus.
  package var confirmed: UInt64 = 0
  /// When the last of them came back; drivers without echo never confirm any.
  package var confirmedAt = Instant.never
  /// When the first frame was handed over after that; `.never` while none is outstanding.
  package var unconfirmedSince = Instant.never
  /// Frames with our source address or identifier that we did not send.
  package var foreign: UInt64 = 0
  /// Identifier of the last of them.
  package var foreignIdentifier: UInt32 = 0

  package init() {}

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("confirmed", &confirmed)
    visitor.visit("confirmedAt", &confirmedAt)
    visitor.visit("unconfirmedSince", &unconfirmedSince)
    visitor.visit("foreign", &foreign)
    visitor.visit("foreignIdentifier", &foreignIdentifier)
  }
}

/// What the guardian reports back through the shared page.
@usableFromInline package struct GuardianReport: Sendable, Visitable {
  package var heartbeat: UInt64 = 0
  package var state = GuardianState.starting
  /// Command sequence that it last sent on.
  package var relayedSequence: UInt64 = 0
  package var framesSent: UInt64 = 0
  package var framesDropped: UInt64 = 0
  package var clamps: UInt64 = 0
  /// What became of its frames, by bus.
  package var echoes = InlineArray<4, TransmitEcho>(repeating: TransmitEcho())
  package var address = AddressState.absent

  package init() {}

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("heartbeat", &heartbeat)
    visitor.visit("state", &state)
    visitor.visit("relayedSequence", &relayedSequence)
    visitor.visit("framesSent", &framesSent)
    visitor.visit("framesDropped", &framesDropped)
    visitor.visit("clamps", &clamps)
    visitor.visit("echoes", &echoes, count: 4)
    visitor.visit("address", &address)
  }
}

/// The one sender's hold on its J1939 source address.
@usableFromInline package enum AddressState: UInt8, Sendable {
  /// The truck's network has no address claims.
  case absent
  /// Nothing is claimed and nothing sent: MANUAL, SHADOW (S-23).
  case silent
  /// A sender of a lower NAME was heard to hold the address; claiming would lose.
  case contested
  /// Claimed; others have 250 ms to object.
  case claiming
  case claimed
  /// Lost in motion: the stop is finished from it (S-4).
  case lost
  case cannotClaim

  /// Whether nothing about the address keeps the truck from being armed or from moving off.
  package func allows(_ mode: Mode) -> Bool {
    switch self {
    case .absent, .claimed: true
    case .contested, .lost, .cannotClaim: false
    case .silent, .claiming: mode == .manual || mode == .shadow
    }
  }
}

@usableFromInline package enum GuardianState: UInt8, Sendable {
  /// No table yet, or nothing known about the truck.
  case starting
  /// Standstill, parking brakes commanded, nothing else until armed.
  case idle
  /// Sends the daemon's fresh commands through the gate.
  case relaying
  /// Plays the stop plan, or brakes without one.
  case stopping
  /// At standstill after a stop; only an acknowledge leaves it.
  case held

  /// Whether frames are being sent, so that the truck is this guardian's to stop.
  package var isSending: Bool {
    switch self {
    case .starting, .idle: false
    case .relaying, .stopping, .held: true
    }
  }
}

/// All that `Controller.step` may know in a cycle.
@usableFromInline package struct Inputs: Sendable, Visitable {
  package static var busCapacity: Int { 4 }
  package static var gnssCapacity: Int { 4 }
  package static var factCapacity: Int { 8 }

  package var now = Instant(nanoseconds: 0)
  package var cycle: UInt64 = 0
  package var frames = FrameBatch()
  package var gnss = InlineArray<4, GNSSReport>(repeating: GNSSReport())
  package var gnssCount = 0
  package var facts = InlineArray<8, Fact>(repeating: Fact())
  package var factCount = 0
  package var buses = InlineArray<4, BusHealth>(repeating: BusHealth())
  package var supervisorDemand = StopDemand()
  package var guardian = GuardianReport()
  /// Of this very truck; standing facts of the host.
  package var records = TruckRecords()
  /// The trailer of this trip (S-7); a standing fact of the host.
  package var trailer = TrailerFacts()
  /// Cycles that the host skipped since the previous step.
  package var cycleSlips: UInt32 = 0
  /// Wall clock minus monotonic, and its standard deviation; NaN sigma when untrusted.
  package var utcOffset = Interval.zero
  package var utcSigmaSeconds = Double.nan

  package init() {}

  package mutating func append(_ report: GNSSReport) {
    guard gnssCount < Self.gnssCapacity else { return }
    gnss[gnssCount] = report
    gnssCount += 1
  }

  package mutating func append(_ fact: Fact) {
    guard factCount < Self.factCapacity else { return }
    facts[factCount] = fact
    factCount += 1
  }

  /// Forgets what belonged to the previous cycle; standing facts of the host stay.
  package mutating func beginCycle(at instant: Instant) {
    now = instant
    cycle &+= 1
    frames.removeAll()
    gnssCount = 0
    factCount = 0
    cycleSlips = 0
  }

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("now", &now)
    visitor.visit("cycle", &cycle)
    visitor.visit("frames", &frames)
    visitor.visitCount("gnssCount", &gnssCount, limit: Self.gnssCapacity)
    visitor.visit("gnss", &gnss, count: gnssCount)
    visitor.visitCount("factCount", &factCount, limit: Self.factCapacity)
    visitor.visit("facts", &facts, count: factCount)
    visitor.visit("buses", &buses, count: Self.busCapacity)
    visitor.visit("supervisorDemand", &supervisorDemand)
    visitor.visit("guardian", &guardian)
    visitor.visit("records", &records)
    visitor.visit("trailer", &trailer)
    visitor.visit("cycleSlips", &cycleSlips)
    visitor.visit("utcOffset", &utcOffset)
    visitor.visit("utcSigmaSeconds", &utcSigmaSeconds)
  }
}
