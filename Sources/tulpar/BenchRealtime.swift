import CAN
import CLinux
import DriveConfiguration
import Foundation
import Realtime
import SafeStop
import SharedPage
import Signals
import SocketCAN
import Units
import WireCodec

/// What was seen of a driving truck in one window, beside the bare loops of companion.c.
struct RealtimeWindow {
  /// When the control thread woke, and how late, nanoseconds.
  var ours: [Wakeup] = []
  var companion: [Wakeup] = []
  /// From cyclictest's own histogram, microseconds; nil where it is not installed.
  var cyclictest: Distribution?
  var bus = BusTimes()

  struct Wakeup {
    var deadline: Int64
    var lateness: Int64
  }

  /// Late by more than a millisecond, with nothing of the companion's within 20 ms: our fault.
  ///
  /// What is late in both is a pause of the machine.
  var ownLate: (count: Int, of: Int) {
    let late = ours.filter { $0.lateness > 1_000_000 }
    let others = companion.filter { $0.lateness > 1_000_000 }
    let alone = late.filter { wakeup in
      !others.contains { ($0.deadline - wakeup.deadline).magnitude < 20_000_000 }
    }
    return (alone.count, late.count)
  }
}

/// Frames on the bus, by the clock of one observer.
struct BusTimes {
  var stimuli: [Int64] = []
  var actuator: [Int64] = []
  var schedule: [Int64] = []
  /// Of the bare echo, woken by each frame.
  var echoes: [Int64] = []

  private static let cycle: Int64 = 10_000_000
  /// The guardian's, and the bare schedule's, after each cycle.
  static let relay: Int64 = 2_000_000
  /// A frame needs so long to reach a reader: one that comes later is taken in the next cycle.
  private static let transit: Int64 = 200_000

  /// From each stimulus to the first answer that its cycle gave: in all, and beyond the schedule.
  static func answers(
    _ stimuli: [Int64], _ answers: [Int64], phase: Int64
  ) -> (total: Distribution, beyond: Distribution) {
    var total: [Int64] = []
    var beyond: [Int64] = []
    var index = 0
    for stimulus in stimuli {
      let due =
        ((stimulus + transit - phase) / cycle + 1) * cycle + phase + relay
      while index < answers.count, answers[index] < due { index += 1 }
      guard index < answers.count else { break }
      total.append(answers[index] - stimulus)
      beyond.append(answers[index] - due)
    }
    return (Distribution(total), Distribution(beyond))
  }
}

/// Sorted times, nanoseconds.
struct Distribution {
  private(set) var values: [Int64]

  init(_ values: [Int64]) { self.values = values.sorted() }

  /// Microseconds; NaN of nothing.
  func quantile(_ share: Double) -> Double {
    guard !values.isEmpty else { return .nan }
    let index = min(Int(share * Double(values.count)), values.count - 1)
    return Double(values[index]) / 1_000
  }

  /// Counts in steps of `width` microseconds from the first to the last that holds any.
  func histogram(width: Double) -> [(from: Double, count: Int)] {
    var counts: [Int: Int] = [:]
    for value in values {
      counts[Int((Double(value) / 1_000 / width).rounded(.down)), default: 0] += 1
    }
    return counts.sorted { $0.key < $1.key }.map { (Double($0.key) * width, $0.value) }
  }
}

/// Reads the time of each cycle out of the daemon's own publications: the control thread stamps them
/// first of all, and its deadlines are the whole multiples of its period.
final class WakeupSampler: @unchecked Sendable {
  private static let period: Int64 = 10_000_000
  private let page: SharedPage
  private let end: Int64
  // Used by its thread until that is joined.
  private(set) var wakeups: [RealtimeWindow.Wakeup] = []
  private(set) var missed: UInt64 = 0

  init(page: SharedPage, until end: Int64) {
    self.page = page
    self.end = end
    wakeups.reserveCapacity(200_000)
  }

  func run() {
    // Half a period away from the control thread.
    var timer = PeriodicTimer(period: .milliseconds(10), phase: .milliseconds(6))
    var slot = DaemonSlot()
    var last: UInt64 = 0
    var lastDeadline: Int64 = 0
    while tl_monotonic_ns() < end {
      _ = timer.wait()
      guard page.read(.daemon, into: &slot) != 0, slot.sequence != last else { continue }
      let stamp = slot.publishedAt.nanoseconds
      let isNext = slot.sequence == last &+ 1
      if last != 0, !isNext { missed &+= slot.sequence &- last &- 1 }
      // A wake-up more than a period late still belongs to the deadline that was due.
      let deadline =
        isNext ? lastDeadline + Self.period : stamp / Self.period * Self.period
      if last != 0 {
        wakeups.append(.init(deadline: deadline, lateness: stamp - deadline))
      }
      last = slot.sequence
      lastDeadline = stamp / Self.period * Self.period
    }
  }
}

/// One client of the bus that sends stimuli at a drifting phase and times every answer.
final class BusObserver: @unchecked Sendable {
  static let stimulus: UInt32 = 0x18FF_E0F0
  static let echo: UInt32 = 0x18FF_E1F0
  static let schedule: UInt32 = 0x18FF_E2F0
  /// No divisor of the cycle, so that every phase of it comes.
  private static let interval: Int64 = 7_310_000

  private let port: LinuxCANPort
  private let actuators: Set<UInt32>
  private let end: Int64
  private(set) var times = BusTimes()

  init(bus: String, table: borrowing FrameTable, until end: Int64) throws(CommandFailure) {
    do throws(CANPortError) { port = try LinuxCANPort(interface: "unix:" + bus) } catch {
      throw .failed("bench: the bus cannot be opened (\(error))")
    }
    var identifiers: Set<UInt32> = []
    for i in 0..<table.transmitCount { identifiers.insert(table.transmit[i].identifier) }
    actuators = identifiers
    self.end = end
    times.stimuli.reserveCapacity(100_000)
    times.echoes.reserveCapacity(100_000)
    times.schedule.reserveCapacity(100_000)
    times.actuator.reserveCapacity(1_000_000)
  }

  func run() {
    var next = tl_monotonic_ns() + Self.interval
    while tl_monotonic_ns() < end {
      var descriptor = port.descriptor ?? -1
      _ = unsafe tl_poll(&descriptor, 1, next)
      take()
      let now = tl_monotonic_ns()
      guard now >= next else { continue }
      next += Self.interval
      var frame = CANFrame(identifier: Self.stimulus, isExtended: true)
      for shift in 0..<8 { frame.append(UInt8(truncatingIfNeeded: now >> Int64(8 * shift))) }
      if port.send(frame) == .sent { times.stimuli.append(now) }
    }
  }

  private func take() {
    while let reception = try? port.receive() {
      let frame = reception.frame
      switch frame.identifier {
      case Self.echo:
        times.echoes.append(reception.receivedAt - Int64(bitPattern: frame.words[0]))
      case Self.schedule: times.schedule.append(reception.receivedAt)
      case let identifier where actuators.contains(identifier):
        times.actuator.append(reception.receivedAt)
      default: continue
      }
    }
  }
}
