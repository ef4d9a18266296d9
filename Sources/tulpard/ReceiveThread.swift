import CAN
import CLinux
import Realtime
import Signals
import SocketCAN
import Synchronization
import Units
import WireCodec

/// Takes the frames of one bus as they come and hands those that the table wants to control.
///
/// An interface that goes down or away is survived: the port finds it again.
final class ReceiveThread: @unchecked Sendable {
  private let bus: BusState
  // Used by the one thread that `start` makes.
  private let port: LinuxCANPort
  private let isFiltered: Bool

  init(_ bus: BusState, table: borrowing FrameTable) throws(StartFailure) {
    self.bus = bus
    // The stand-in bus has no packet counter: all of its frames are taken, to be counted here.
    isFiltered = !bus.interface.hasPrefix("unix:")
    var filters: [SocketFilter] = []
    let count = isFiltered ? min(max(table.receiveCount, 0), FrameTable.receiveCapacity) : 0
    for i in 0..<count {
      let row = table.receive[i]
      // Those of the other buses too: exchanged plugs are found by what arrives (S-25).
      let filter = SocketFilter(
        identifier: row.identifier, mask: row.mask, isExtended: row.isExtended)
      filters.append(filter)
    }
    var options = SocketOptions()
    // Any bus may carry FD frames; without this the kernel would keep them back.
    options.flexibleDataRate = true
    do throws(CANPortError) {
      port = try LinuxCANPort(interface: bus.interface, filters: filters, options: options)
    } catch {
      throw .failed("bus '\(bus.name)': \(bus.interface) cannot be opened (\(error))")
    }
    if bus.isFD, !port.carriesFlexibleDataRate {
      throw .failed(
        "bus '\(bus.name)': the profile says fd: true, but \(bus.interface) carries classic "
          + "frames only; tulpar-bus@\(bus.interface) sets it up")
    }
  }

  func start(priority: Int32) throws(RealtimeThread.Failure) -> RealtimeThread {
    try RealtimeThread(
      .init(name: "can-rx-\(bus.name)", stackBytes: 256 * 1024, priority: priority)
    ) { [self] in run() }
  }

  private func run() {
    var countAt: Int64 = 0
    while true {
      let now = tl_monotonic_ns()
      var descriptor = port.descriptor ?? -1
      _ = unsafe tl_poll(&descriptor, 1, now + 20_000_000)
      drain()
      bus.isUp.store(port.state == .up, ordering: .relaxed)
      bus.socketController.store(port.controllerState.rawValue, ordering: .relaxed)
      bus.errorFrames.store(port.statistics.errorFrames, ordering: .relaxed)
      bus.droppedFrames.store(port.statistics.receiveDropped, ordering: .relaxed)
      if !isFiltered {
        bus.framesSeen.store(port.statistics.received, ordering: .relaxed)
      } else if now >= countAt {
        countAt = now + 100_000_000
        let count = unsafe tl_interface_received(bus.interface)
        if count >= 0 { bus.framesSeen.store(UInt64(count), ordering: .relaxed) }
      }
      // A socket whose interface is down is readable at once, every time.
      if port.state != .up { tl_sleep_until(now + 10_000_000) }
    }
  }

  /// At most one ring of frames, so that a flood cannot keep the counters from being told.
  private func drain() {
    for _ in 0..<1_024 {
      do throws(CANPortError) {
        guard let reception = try port.receive() else { return }
        take(reception)
      } catch {
        // Link changes are in `port.state`; other errors are tried again at the next wake-up.
        return
      }
    }
  }

  private func take(_ reception: CANReception) {
    let frame = reception.frame
    guard !frame.isError, !frame.isRemote else { return }
    var received = ReceivedFrame()
    received.identifier = frame.identifier
    received.isExtended = frame.isExtended
    received.bus = bus.index
    received.length = frame.length
    received.receivedAt = Instant(nanoseconds: reception.receivedAt)
    received.words = frame.words
    bus.frames.push(received)
    bus.framesWanted.add(1, ordering: .relaxed)
  }
}
