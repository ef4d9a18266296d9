import Signals
import Units

/// The zones and hold lines of one route, by path coordinate of the front bumper, in order.
package struct ZoneTable: Sendable, Visitable {
  package static var zoneCapacity: Int { 32 }
  package static var lineCapacity: Int { 16 }

  package var zones = InlineArray<32, Zone>(repeating: Zone())
  package var zoneCount = 0
  package var lines = InlineArray<16, HoldLine>(repeating: HoldLine())
  package var lineCount = 0

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visitCount("zoneCount", &zoneCount, limit: Self.zoneCapacity)
    visitor.visit("zones", &zones, count: zoneCount)
    visitor.visitCount("lineCount", &lineCount, limit: Self.lineCapacity)
    visitor.visit("lines", &lines, count: lineCount)
  }

  package mutating func append(_ zone: Zone) {
    guard zoneCount < Self.zoneCapacity else { return }
    zones[zoneCount] = zone
    zoneCount += 1
  }

  package mutating func append(_ line: HoldLine) {
    guard lineCount < Self.lineCapacity else { return }
    lines[lineCount] = line
    lineCount += 1
  }

  /// Index of the last zone that holds the front bumper, -1 outside all.
  @_addressableSelf package func zone(at front: Metres) -> Int {
    var found = -1
    for i in 0..<zoneCount {
      let zone = zones[i]
      if zone.start <= front, front < zone.end { found = i }
    }
    return found
  }

  /// The lowest cap of the zones that any part of the truck touches (I-14).
  @_addressableSelf package func cap(rear: Metres, front: Metres) -> MetresPerSecond {
    var cap = MetresPerSecond(.infinity)
    for i in 0..<zoneCount {
      let zone = zones[i]
      if zone.start <= front, rear < zone.end { cap = min(cap, zone.speedCap) }
    }
    return cap
  }
}

/// A stretch of the route with its rules.
package struct Zone: Sendable, Visitable {
  package var start = Metres.zero
  package var end = Metres.zero
  package var speedCap = MetresPerSecond.zero
  package var kind = ZoneKind.corridor
  package var persons = PersonsRule.excluded
  /// Standing here is to be avoided; stop lines are outside.
  package var noStop = false

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("start", &start)
    visitor.visit("end", &end)
    visitor.visit("speedCap", &speedCap)
    visitor.visit("kind", &kind)
    visitor.visit("persons", &persons)
    visitor.visit("noStop", &noStop)
  }
}

/// What a zone is for (domain.md 4.1).
package enum ZoneKind: UInt8, Sendable {
  case yard, approach, queue, gate, inspection, exitHold, neutral, entryHold, corridor, destination
  case secondary, returnLoop
}

/// How persons are protected in a zone (S-3).
package enum PersonsRule: UInt8, Sendable {
  case excluded, protectiveField, attendantEnable
}

/// Where the truck waits until it is released.
package struct HoldLine: Sendable, Visitable {
  /// Where the front bumper stops.
  package var stopTarget = Metres.zero
  /// The danger point behind it (S-10).
  package var supervisedLimit = Metres.zero

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("stopTarget", &stopTarget)
    visitor.visit("supervisedLimit", &supervisedLimit)
  }
}
