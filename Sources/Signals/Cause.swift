import Units

/// In what a reading and its limit are told.
@usableFromInline package enum ReadingUnit: UInt8, Sendable {
  /// There is nothing to read: somebody asked.
  case none
  /// A code of the signal, as in `SignalChannel`.
  case state
  case seconds, metres, metresPerSecond, metresPerSecondSquared, radians, radiansPerSecond
  case perMetre, pascals, fraction, newtonMetres, address, frames
}

/// How a reading stands to its limit where the condition holds.
@usableFromInline package enum ReadingRelation: UInt8, Sendable {
  case above, below, differs
  /// The signal tells no value where the limit is the one that is needed.
  case unknown
}

/// What was read, and the limit that it crossed.
@usableFromInline package struct Reading: Sendable, Equatable, Visitable {
  package static var nothing: UInt8 { 255 }

  package var value = 0.0
  package var limit = 0.0
  package var unit = ReadingUnit.none
  package var relation = ReadingRelation.above
  /// Raw value of the `SignalChannel` that was read; `nothing` where it is none or several.
  package var channel = Reading.nothing
  package var bus = Reading.nothing

  package init() {}
  package init(
    _ value: Double, _ relation: ReadingRelation, _ limit: Double, _ unit: ReadingUnit,
    _ channel: SignalChannel? = nil
  ) {
    self.value = value
    self.relation = relation
    self.limit = limit
    self.unit = unit
    self.channel = channel?.rawValue ?? Self.nothing
  }

  /// Whether the reading is on the wrong side of its limit; no number is on no side.
  package var isCrossed: Bool {
    switch relation {
    case .above: value > limit
    case .below: value < limit
    case .differs: !value.isNaN && value != limit
    case .unknown: value.isNaN
    }
  }

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("value", &value)
    visitor.visit("limit", &limit)
    visitor.visit("unit", &unit)
    visitor.visit("relation", &relation)
    visitor.visit("channel", &channel)
    visitor.visit("bus", &bus)
  }
}

/// Who found a cause.
@usableFromInline package enum CauseSource: UInt8, Sendable {
  case none
  /// A row of the health table; `index` is the raw value of its check.
  case check
  /// The freshness of a received message; `index` is its row of the frame table.
  case message
  /// The supervisor thread, which reads for itself.
  case supervisor
  case request
  case guardian
  /// A stop that went worse than planned.
  case ladder
}

/// One reason to slow down or to stop, with what was read when it was found.
@usableFromInline package struct Cause: Sendable, Visitable {
  /// Counts causes since start; 0 for none.
  package var number: UInt32 = 0
  package var source = CauseSource.none
  package var index: UInt8 = 0
  package var reason = Reason.none
  /// What it demands.
  package var level = StopLevel.nominal
  /// When the condition began; its debounce came after.
  package var since = Instant.never
  /// When it was found for certain.
  package var foundAt = Instant.never
  /// `.never` while it holds.
  package var goneAt = Instant.never
  package var reading = Reading()

  package init() {}

  package init(
    _ source: CauseSource, _ index: UInt8 = 0, _ demand: StopDemand, since: Instant,
    at now: Instant,
    _ reading: Reading = Reading()
  ) {
    self.source = source
    self.index = index
    reason = demand.reason
    level = demand.level
    self.since = since
    foundAt = now
    self.reading = reading
  }

  package func isSame(as other: Cause) -> Bool {
    source == other.source && index == other.index && reason == other.reason
  }

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("number", &number)
    visitor.visit("source", &source)
    visitor.visit("index", &index)
    visitor.visit("reason", &reason)
    visitor.visit("level", &level)
    visitor.visit("since", &since)
    visitor.visit("foundAt", &foundAt)
    visitor.visit("goneAt", &goneAt)
    visitor.visit("reading", &reading)
  }
}

/// The causes of the present trouble, or of the last, in the order in which they were found.
///
/// A list begins with the first cause after all were gone, so that what began a stop stays in it to
/// the end; what does not fit is counted.
@usableFromInline package struct CauseList: Sendable, Visitable {
  package static var capacity: Int { 8 }
  private var causes = InlineArray<8, Cause>(repeating: Cause())
  package private(set) var count = 0
  package private(set) var missed: UInt32 = 0
  private var lastNumber: UInt32 = 0

  package init() {}

  @usableFromInline package subscript(_ index: Int) -> Cause {
    @_addressableSelf get { causes[index] }
  }

  /// Whether a cause of the list holds still.
  package var anyHolds: Bool {
    @_addressableSelf get {
      for i in 0..<count where causes[i].goneAt == .never { return true }
      return false
    }
  }

  /// - Parameter mayForget: whether nothing of the earlier causes has still to be explained.
  package mutating func found(_ cause: Cause, mayForget: Bool) {
    if mayForget, !anyHolds {
      count = 0
      missed = 0
    }
    for i in 0..<count where causes[i].isSame(as: cause) {
      causes[i].goneAt = .never
      return
    }
    guard count < Self.capacity else {
      missed &+= 1
      return
    }
    lastNumber &+= 1
    causes[count] = cause
    causes[count].number = lastNumber
    count += 1
  }

  package mutating func end(_ source: CauseSource, _ index: UInt8 = 0, at now: Instant) {
    for i in 0..<count
    where causes[i].source == source && causes[i].index == index && causes[i].goneAt == .never {
      causes[i].goneAt = now
    }
  }

  @usableFromInline package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visitCount("count", &count, limit: Self.capacity)
    visitor.visit("causes", &causes, count: count)
    visitor.visit("missed", &missed)
    visitor.visit("lastNumber", &lastNumber)
  }
}
