import CAN

/// A bus that is shared: who wins arbitration, who waits, who starves.
///
/// A virtual CAN bus has no bit rate and no arbitration. While other traffic is simulated, every
/// frame takes its time on this bus, the lowest identifier first; a node's mailbox holds one frame
/// of each identifier, the newest.
struct BusLoad: Sendable {
  /// Shares of the bus that other nodes ask for: identifier 0, and one that loses against all.
  var flood = 0.0
  var background = 0.0
  private var waiting: [Waiting] = []
  /// Bits that may start now.
  private var credit = 0.0
  private var floodDebt = 0.0
  private var backgroundDebt = 0.0
  /// Frames that a newer one replaced before they had been sent.
  private(set) var starved: UInt64 = 0

  /// Of the arbitration phase.
  var bitsPerMillisecond = 250.0
  static var most: Int { 128 }
  static var floodFrame: CANFrame { CANFrame(identifier: 0, isExtended: true, bytes: [0, 0, 0]) }
  static var backgroundFrame: CANFrame {
    CANFrame(identifier: 0x1CFF_FFFE, isExtended: true, bytes: [0, 1, 2, 3, 4, 5, 6, 7])
  }

  private struct Waiting {
    var frame: CANFrame
    var isOurs: Bool
    var key: UInt32
  }

  init() { waiting.reserveCapacity(Self.most) }

  var isActive: Bool { flood > 0 || background > 0 }

  mutating func clear() {
    flood = 0
    background = 0
    waiting.removeAll(keepingCapacity: true)
    (credit, floodDebt, backgroundDebt) = (0, 0, 0)
  }

  /// A frame that wants to be sent, by the truck (`isOurs`) or to it.
  mutating func offer(_ frame: CANFrame, isOurs: Bool) {
    let key = Self.priority(frame)
    for index in waiting.indices where waiting[index].key == key && waiting[index].isOurs == isOurs
    {
      waiting[index].frame = frame
      starved += 1
      return
    }
    guard waiting.count < Self.most else {
      starved += 1
      return
    }
    waiting.append(Waiting(frame: frame, isOurs: isOurs, key: key))
  }

  /// One millisecond of the bus.
  mutating func carry(sent: inout [CANFrame], received: (CANFrame) -> Void) {
    credit = min(credit + bitsPerMillisecond, bitsPerMillisecond)
    floodDebt = min(floodDebt + flood * bitsPerMillisecond, 1_000)
    backgroundDebt = min(backgroundDebt + background * bitsPerMillisecond, 1_000)
    // At most 6 frames without data fit into a millisecond; the bound is for safety's sake.
    for _ in 0..<16 where credit > 0 {
      if isFloodDue {
        spend(Self.floodFrame)
        floodDebt -= Self.bits(Self.floodFrame)
        sent.append(Self.floodFrame)
      } else if let index = nextWaiting {
        let next = waiting.remove(at: index)
        spend(next.frame)
        if next.isOurs { sent.append(next.frame) } else { received(next.frame) }
      } else if backgroundDebt > 0 {
        spend(Self.backgroundFrame)
        backgroundDebt -= Self.bits(Self.backgroundFrame)
        sent.append(Self.backgroundFrame)
      } else {
        // What nobody uses is lost.
        credit = 0
      }
    }
  }

  /// A flood at full speed always has a frame ready.
  private var isFloodDue: Bool { flood >= 1 || floodDebt > 0 }

  private var nextWaiting: Int? {
    var best: Int?
    for index in waiting.indices {
      if let best, waiting[best].key <= waiting[index].key { continue }
      best = index
    }
    return best
  }

  private mutating func spend(_ frame: CANFrame) { credit -= Self.bits(frame) }

  /// Eleven bits of the identifier come first in both formats, then a standard frame wins.
  static func priority(_ frame: CANFrame) -> UInt32 {
    frame.isExtended ? frame.identifier << 1 | 1 : frame.identifier << 19
  }

  /// With the gap to the next frame and a stuff bit in ten: identifier 0 with three bytes comes to
  /// 2,480 a second, as in dos_full.log.
  static func bits(_ frame: CANFrame) -> Double {
    // The data phase of CAN FD runs at four times the rate.
    let data = 8 * Double(frame.length) / (frame.isFD ? 4 : 1)
    let fixed = frame.isExtended ? 67.0 : 47.0
    let stuffed = frame.isExtended ? 54.0 : 34.0
    return fixed + data + (stuffed + data) / 8
  }
}
