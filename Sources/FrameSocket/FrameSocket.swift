import CLinux
import NetworkManagement
import Signals
import Units
import WireCodec

/// A CAN socket that speaks the core's frames, without allocation: for guardian and supervisor,
/// which must not share code paths with the daemon's ports.
///
/// Its owner closes it; copies would share the descriptor.
package struct FrameSocket: Sendable {
  private var descriptor: Int32 = -1
  private var bus: UInt8 = 0
  /// Running totals; they only grow.
  package private(set) var received: UInt64 = 0
  package private(set) var sent: UInt64 = 0
  /// Frames that the kernel did not take (ENOBUFS, EAGAIN, interface down): gone, not repeated.
  package private(set) var dropped: UInt64 = 0
  package private(set) var errorFrames: UInt64 = 0
  /// Whether the interface was up at the last call.
  package private(set) var isUp = true
  /// Whether the controller has left the bus, as its error frames said.
  package private(set) var isBusOff = false
  /// What became of the frames that were sent here.
  package private(set) var echo = TransmitEcho()
  /// Which frames speak in our name.
  private var senders = FilterList()
  private var foreignFrom: Int64 = 0

  private static var foreignGraceNanoseconds: Int64 { 100_000_000 }

  /// A socket that is not open: it receives nothing and drops what it is given.
  package init() {}

  package var isOpen: Bool { descriptor >= 0 }

  /// Opens the bus for what the table's receive rows and network management want from it; 0 or the
  /// errno.
  package mutating func openForReceiving(
    _ name: UnsafePointer<CChar>, bus: UInt8, table: borrowing @_addressable FrameTable,
    network: borrowing @_addressable NetworkConfiguration = NetworkConfiguration()
  ) -> Int32 {
    var filters = FilterList()
    if network.isPresent, network.bus == bus {
      for index in 0..<NetworkConfiguration.heardCount {
        let heard = network.heard(index)
        filters.add(id: heard.identifier, mask: heard.mask, isExtended: true)
      }
    }
    for index in 0..<min(max(table.receiveCount, 0), FrameTable.receiveCapacity)
    where table.receive.span[index].bus == bus {
      let row = table.receive.span[index]
      filters.add(id: row.identifier, mask: row.mask, isExtended: row.isExtended)
    }
    return unsafe open(name, bus, filters, UInt32(TL_CAN_OPEN_ERRORS | TL_CAN_OPEN_FD))
  }

  /// Opens the bus for the table's transmit rows: their frames come back as the proof that they
  /// went out, and so do those that somebody else sends in our name.
  package mutating func openForSending(
    _ name: UnsafePointer<CChar>, bus: UInt8, table: borrowing @_addressable FrameTable
  ) -> Int32 {
    var filters = FilterList()
    for index in 0..<min(max(table.transmitCount, 0), FrameTable.transmitCapacity)
    where table.transmit.span[index].bus == bus {
      let row = table.transmit.span[index]
      filters.add(id: row.identifier, mask: row.senderMask, isExtended: row.isExtended)
    }
    senders = filters
    // What the socket before this one had in the queue comes back as somebody else's.
    foreignFrom = tl_monotonic_ns() &+ Self.foreignGraceNanoseconds
    return unsafe open(name, bus, filters, UInt32(TL_CAN_OPEN_ECHO | TL_CAN_OPEN_FD))
  }

  private mutating func open(
    _ name: UnsafePointer<CChar>, _ bus: UInt8, _ filters: FilterList, _ options: UInt32
  ) -> Int32 {
    close()
    let opened = unsafe filters.open(name, options)
    guard opened >= 0 else { return 0 &- opened }
    descriptor = opened
    self.bus = bus
    // An interface that is down can be bound to all the same.
    isUp = unsafe tl_can_is_up(name) == 1
    return 0
  }

  package mutating func close() {
    if descriptor >= 0 { _ = tl_close(descriptor) }
    descriptor = -1
    echo.unconfirmedSince = .never
  }

  /// The next waiting data frame; nil when none waits.
  ///
  /// Reads at most `budget` frames.
  package mutating func receive(budget: inout Int) -> ReceivedFrame? {
    while isOpen, budget > 0 {
      budget -= 1
      var raw = tl_can_frame()
      let result = unsafe tl_can_receive(descriptor, &raw)
      guard result == 1 else {
        // The socket survives an interface that goes down and comes up again.
        if result < 0 {
          isUp = false
          isBusOff = false
        }
        if result == -Self.noDevice { close() }
        return nil
      }
      isUp = true
      received &+= 1
      if raw.flags & UInt8(TL_CAN_ERROR) != 0 {
        errorFrames &+= 1
        noteError(raw.id)
        continue
      }
      isBusOff = false
      if raw.flags & UInt8(TL_CAN_REMOTE) != 0 { continue }
      return frame(raw)
    }
    return nil
  }

  /// CAN_ERR_BUSOFF and CAN_ERR_RESTARTED of the kernel's linux/can/error.h.
  private mutating func noteError(_ bits: UInt32) {
    if bits & 0x40 != 0 { isBusOff = true }
    if bits & 0x100 != 0 { isBusOff = false }
  }

  /// Takes what came back to a sending socket, at most `budget` frames.
  package mutating func takeEchoes(budget: Int) {
    for _ in 0..<budget where isOpen {
      var raw = tl_can_frame()
      let result = unsafe tl_can_receive(descriptor, &raw)
      guard result == 1 else {
        if result < 0 { isUp = false }
        if result == -Self.noDevice { close() }
        return
      }
      isUp = true
      if raw.flags & UInt8(TL_CAN_OWN) != 0 {
        echo.confirmed &+= 1
        echo.confirmedAt = .init(nanoseconds: raw.monotonic_ns)
        echo.unconfirmedSince = .never
      } else if raw.monotonic_ns >= foreignFrom, senders.contain(raw) {
        echo.foreign &+= 1
        echo.foreignIdentifier = raw.id
      }
    }
  }

  private func frame(_ raw: tl_can_frame) -> ReceivedFrame {
    var frame = ReceivedFrame()
    frame.identifier = raw.id
    frame.isExtended = raw.flags & UInt8(TL_CAN_EXTENDED) != 0
    frame.bus = bus
    frame.length = min(raw.length, 64)
    frame.receivedAt = .init(nanoseconds: raw.monotonic_ns)
    unsafe withUnsafeBytes(of: raw.data) { bytes in
      for i in 0..<Int(frame.length) {
        frame.words[i >> 3] |= UInt64(unsafe bytes[i]) << UInt64(8 * (i & 7))
      }
    }
    return frame
  }

  /// Hands a frame to the kernel without waiting; false, and counted, when it was not taken.
  package mutating func send(_ frame: OutgoingFrame) -> Bool {
    guard isOpen else {
      dropped &+= 1
      return false
    }
    var raw = tl_can_frame()
    raw.id = frame.identifier
    raw.flags = frame.isExtended ? UInt8(TL_CAN_EXTENDED) : 0
    raw.length = min(frame.length, 64)
    if frame.isFD { raw.flags |= UInt8(TL_CAN_FD) }
    if frame.isFD, frame.bitRateSwitch { raw.flags |= UInt8(TL_CAN_BRS) }
    unsafe withUnsafeMutableBytes(of: &raw.data) { bytes in
      for i in 0..<Int(raw.length) {
        unsafe bytes[i] = UInt8(truncatingIfNeeded: frame.words[i >> 3] >> UInt64(8 * (i & 7)))
      }
    }
    let result: Int32 = unsafe tl_can_send(descriptor, &raw)
    if result == 0 {
      sent &+= 1
      isUp = true
      if echo.unconfirmedSince == .never {
        echo.unconfirmedSince = .init(nanoseconds: tl_monotonic_ns())
      }
      return true
    }
    dropped &+= 1
    if result == -Self.noDevice { close() }
    if result == -Self.networkDown { isUp = false }
    return false
  }

  /// ENODEV: the interface is gone; only a new socket finds it again.
  private static var noDevice: Int32 { 19 }
  /// ENETDOWN.
  private static var networkDown: Int32 { 100 }
}
