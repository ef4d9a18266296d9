import Signals
import Units
import WireCodec

/// Recognises each bus of the profile by what it carries, so that exchanged plugs are found before
/// the truck is armed (S-25).
///
/// An identifier tells a bus only if the profile expects it there and nowhere else.
struct BusRecognition: Sendable, Visitable {
  /// When a message of the bus was last seen where it belongs, and where it does not.
  private var ownAt = InlineArray<4, Instant>(repeating: .never)
  private var strayAt = InlineArray<4, Instant>(repeating: .never)
  private var strayOn = InlineArray<4, UInt8>(repeating: 0)
  private var trafficAt = InlineArray<4, Instant>(repeating: .never)
  private var framesSeen = InlineArray<4, UInt64>(repeating: 0)

  /// Longer than the slowest message that a bus is recognised by.
  private static var memory: Interval { .milliseconds(1_000) }

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    for i in 0..<Inputs.busCapacity {
      visitor.visit("ownAt", &ownAt[i])
      visitor.visit("strayAt", &strayAt[i])
      visitor.visit("strayOn", &strayOn[i])
      visitor.visit("trafficAt", &trafficAt[i])
      visitor.visit("framesSeen", &framesSeen[i])
    }
  }

  mutating func step(
    _ frames: borrowing @_addressable FrameBatch,
    buses: borrowing @_addressable InlineArray<4, BusHealth>,
    table: borrowing @_addressable FrameTable, at now: Instant
  ) {
    for i in 0..<Inputs.busCapacity where buses[i].framesSeen != framesSeen[i] {
      framesSeen[i] = buses[i].framesSeen
      trafficAt[i] = now
    }
    let rows = table.receive.span
    for i in 0..<frames.count {
      let frame = frames[i]
      guard Int(frame.bus) < Inputs.busCapacity else { continue }
      note(frame, rows, count: min(table.receiveCount, FrameTable.receiveCapacity), at: now)
    }
  }

  private mutating func note(
    _ frame: ReceivedFrame, _ rows: borrowing Span<ReceiveRow>, count: Int, at now: Instant
  ) {
    var stray = -1
    for i in 0..<count {
      let isMeant =
        rows[i].isExtended == frame.isExtended
        && frame.identifier & rows[i].mask == rows[i].identifier & rows[i].mask
      guard isMeant, Int(rows[i].bus) < Inputs.busCapacity else { continue }
      if rows[i].bus == frame.bus {
        ownAt[Int(frame.bus)] = now
        return
      }
      stray = Int(rows[i].bus)
    }
    guard stray >= 0 else { return }
    strayAt[stray] = now
    strayOn[stray] = frame.bus
  }

  @_addressableSelf func place(ofBus index: Int, at now: Instant) -> BusPlace {
    func isRecent(_ instant: Instant) -> Bool {
      instant != .never && now - instant <= Self.memory
    }
    if isRecent(ownAt[index]) { return .own }
    if isRecent(strayAt[index]) {
      return BusPlace(rawValue: BusPlace.onBus0.rawValue &+ strayOn[index]) ?? .unknown
    }
    return isRecent(trafficAt[index]) ? .foreign : .unknown
  }
}
