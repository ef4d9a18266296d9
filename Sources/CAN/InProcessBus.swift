/// A CAN bus in memory, in virtual time: what one port sends, the others receive in order.
///
/// Nothing happens by itself: the caller sets the time, so equal calls give equal receptions. It
/// carries every kind of frame, error reports too, and refuses what no bus would carry.
package final class InProcessBus {
  /// CLOCK_MONOTONIC nanoseconds of the caller's own clock; stamps each reception.
  package var now: Int64 = 0
  /// A bus that is down sends and receives nothing.
  package var isUp = true
  fileprivate var ports: [InProcessPort] = []

  package init() {}

  /// Connects a port; with `echo` it also receives its own frames, marked as such.
  package func port(echo: Bool = false, capacity: Int = 4096) -> InProcessPort {
    let port = InProcessPort(bus: self, echo: echo, capacity: max(1, capacity))
    ports.append(port)
    return port
  }

  fileprivate func deliver(_ frame: CANFrame, from sender: InProcessPort) {
    for port in ports where port !== sender || port.echo {
      var reception = CANReception(frame: frame, receivedAt: now)
      reception.isOwn = port === sender
      port.enqueue(reception)
    }
  }
}

/// One participant of an `InProcessBus`.
package final class InProcessPort: CANPort {
  package private(set) var statistics = CANStatistics()
  /// Which frames arrive; all of them when nil.
  package var accepts: ((CANFrame) -> Bool)?
  fileprivate let echo: Bool
  // The port does not keep the bus alive, the bus keeps its ports.
  private weak var bus: InProcessBus?
  private var waiting: [CANReception?]
  private var first = 0
  private var count = 0
  private var wasUp = true

  fileprivate init(bus: InProcessBus, echo: Bool, capacity: Int) {
    self.bus = bus
    self.echo = echo
    waiting = [CANReception?](repeating: nil, count: capacity)
  }

  /// EINVAL, which the kernel answers to such a frame.
  private static let invalid: Int32 = 22

  package var descriptor: Int32? { nil }

  package func receive() throws(CANPortError) -> CANReception? {
    guard let bus else { throw .interfaceGone }
    if count > 0 {
      let reception = waiting[first]
      waiting[first] = nil
      first = (first + 1) % waiting.count
      count -= 1
      return reception
    }
    if wasUp != bus.isUp {
      wasUp = bus.isUp
      if !wasUp {
        statistics.timesDown += 1
        throw .interfaceDown
      }
    }
    return nil
  }

  package func send(_ frame: CANFrame) -> CANSendOutcome {
    guard let bus else { return .gone }
    guard frame.defect == nil else { return .failed(errno: Self.invalid) }
    guard bus.isUp else { return .down }
    statistics.sent += 1
    bus.deliver(frame, from: self)
    return .sent
  }

  fileprivate func enqueue(_ reception: CANReception) {
    if let accepts, !accepts(reception.frame) { return }
    guard count < waiting.count else {
      statistics.receiveDropped += 1
      return
    }
    waiting[(first + count) % waiting.count] = reception
    count += 1
    statistics.received += 1
    if reception.frame.isError { statistics.errorFrames += 1 }
  }
}
