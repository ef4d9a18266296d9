import CAN
import CLinux
import Glibc
import Signals

/// Which frames reach the socket; several are ORed, none at all means every frame.
package struct SocketFilter: Sendable, Equatable {
  package var identifier: UInt32
  package var mask: UInt32
  package var isExtended: Bool

  package init(identifier: UInt32, mask: UInt32, isExtended: Bool) {
    self.identifier = identifier
    self.mask = mask
    self.isExtended = isExtended
  }
}

/// What a port asks of its socket.
package struct SocketOptions: Sendable, Equatable {
  /// Our own frames come back, as the proof that they went out.
  package var echo = false
  /// The controller's error reports come as frames with `isError`.
  package var errorFrames = true
  package var flexibleDataRate = false

  package init() {}

  fileprivate var bits: UInt32 {
    (echo ? UInt32(TL_CAN_OPEN_ECHO) : 0)
      | (errorFrames ? UInt32(TL_CAN_OPEN_ERRORS) : 0)
      | (flexibleDataRate ? UInt32(TL_CAN_OPEN_FD) : 0)
  }
}

/// Whether frames can pass, as far as the socket has told.
package enum LinkState: UInt8, Sendable {
  case up
  /// The interface is down; the socket survives and works again once it is up.
  case down
  /// The interface was removed, or was never there; a new socket is tried for.
  case gone
}

/// One bus of the kernel by its interface name, or "unix:PATH" of a `tulpar bus`.
///
/// It belongs to one thread. A change of the link is thrown once, by the call that notices it;
/// after that the port is silent until frames pass again.
package final class LinuxCANPort: CANPort {
  /// Between two attempts at an interface that is gone.
  private static let retryNanoseconds: Int64 = 250_000_000
  /// CANFD_MTU: what `struct canfd_frame` measures.
  private static let flexibleDataRateMTU: Int32 = 72

  package let interface: String
  package private(set) var state = LinkState.up
  /// Whether FD frames pass, as the interface said when it was opened last.
  package private(set) var carriesFlexibleDataRate = false
  package private(set) var statistics = CANStatistics()
  package private(set) var errors = CANErrorCounts()
  /// What the controller said last of itself.
  package private(set) var controllerState = CANControllerState.unknown

  private let filters: [tl_can_filter]
  private let options: SocketOptions
  private var socket: Int32
  private var retryAt: Int64 = 0
  /// The kernel's drop count restarts with every socket.
  private var droppedBefore: UInt64 = 0
  private var droppedHere: UInt32 = 0

  /// Opens the bus; an interface that does not exist is an error here, a later loss is not.
  package init(
    interface: String, filters: [SocketFilter] = [], options: SocketOptions = SocketOptions()
  ) throws(CANPortError) {
    self.interface = interface
    self.options = options
    self.filters = filters.map {
      tl_can_filter(id: $0.identifier, mask: $0.mask, extended: $0.isExtended ? 1 : 0)
    }
    socket = Self.open(interface, self.filters, options)
    guard socket >= 0 else { throw Self.error("open", -socket) }
    lookAtInterface()
  }

  /// An interface that is down can be bound to all the same, and it tells only then what it is.
  private func lookAtInterface() {
    state = unsafe tl_can_is_up(interface) == 1 ? .up : .down
    carriesFlexibleDataRate = unsafe tl_can_mtu(interface) == Self.flexibleDataRateMTU
  }

  deinit {
    if socket >= 0 { close(socket) }
  }

  package var descriptor: Int32? { socket >= 0 ? socket : nil }

  package func receive() throws(CANPortError) -> CANReception? {
    guard state != .gone || reopen() else { return nil }
    var raw = tl_can_frame()
    let result = unsafe tl_can_receive(socket, &raw)
    switch result {
    case 1:
      state = .up
      return reception(raw)
    case 0:
      if state == .down, unsafe tl_can_is_up(interface) == 1 { state = .up }
      return nil
    case -ENETDOWN:
      guard markDown() else { return nil }
      throw .interfaceDown
    case -ENODEV:
      guard markGone() else { return nil }
      throw .interfaceGone
    default:
      throw .system(call: "receive", errno: -result)
    }
  }

  package func send(_ frame: CANFrame) -> CANSendOutcome {
    guard state != .gone || reopen() else { return .gone }
    var raw = Self.raw(frame)
    let result = unsafe tl_can_send(socket, &raw)
    switch result {
    case 0:
      state = .up
      statistics.sent += 1
      return .sent
    case -ENOBUFS, -EAGAIN:
      statistics.sendDropped += 1
      return .dropped
    case -ENETDOWN:
      _ = markDown()
      statistics.sendDropped += 1
      return .down
    case -ENODEV:
      _ = markGone()
      statistics.sendDropped += 1
      return .gone
    default:
      statistics.sendDropped += 1
      return .failed(errno: -result)
    }
  }

  // MARK: - The link

  private func markDown() -> Bool {
    guard state == .up else { return false }
    state = .down
    // A controller that is started anew has forgotten its errors.
    controllerState = .unknown
    statistics.timesDown += 1
    return true
  }

  private func markGone() -> Bool {
    guard state != .gone else { return false }
    if state == .up { statistics.timesDown += 1 }
    state = .gone
    controllerState = .unknown
    close(socket)
    socket = -1
    droppedBefore += UInt64(droppedHere)
    droppedHere = 0
    return true
  }

  /// A removed interface comes back under a new index, so only a new socket finds it.
  private func reopen() -> Bool {
    let now = Self.monotonicNanoseconds()
    guard now >= retryAt else { return false }
    retryAt = now + Self.retryNanoseconds
    let opened = Self.open(interface, filters, options)
    guard opened >= 0 else { return false }
    socket = opened
    lookAtInterface()
    return true
  }

  private static func open(
    _ interface: String, _ filters: [tl_can_filter], _ options: SocketOptions
  ) -> Int32 {
    unsafe tl_can_open(interface, filters, UInt32(filters.count), options.bits)
  }

  private static func error(_ call: String, _ number: Int32) -> CANPortError {
    switch number {
    case ENODEV: .interfaceGone
    case ENETDOWN: .interfaceDown
    default: .system(call: call, errno: number)
    }
  }

  private static func monotonicNanoseconds() -> Int64 {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
  }

  // MARK: - Frames

  private func reception(_ raw: tl_can_frame) -> CANReception {
    let isExtended = has(raw.flags, TL_CAN_EXTENDED)
    var frame = CANFrame(identifier: raw.id, isExtended: isExtended)
    frame.isRemote = has(raw.flags, TL_CAN_REMOTE)
    frame.isError = has(raw.flags, TL_CAN_ERROR)
    frame.isFD = has(raw.flags, TL_CAN_FD)
    frame.bitRateSwitch = has(raw.flags, TL_CAN_BRS)
    frame.errorStateIndicator = has(raw.flags, TL_CAN_ESI)
    if frame.isRemote {
      frame.setLength(raw.length)
    } else {
      unsafe withUnsafeBytes(of: raw.data) {
        for index in 0..<min(Int(raw.length), 64) { unsafe frame.append($0[index]) }
      }
    }
    statistics.received += 1
    droppedHere = raw.dropped
    statistics.receiveDropped = droppedBefore + UInt64(droppedHere)
    if let report = CANErrorReport(frame) {
      statistics.errorFrames += 1
      errors.count(report)
      controllerState = report.controllerState ?? controllerState
    } else if controllerState == .busOff {
      // Who hears the bus is on it.
      controllerState = .active
    }
    frame.rawLengthCode = raw.length_code
    var result = CANReception(frame: frame, receivedAt: raw.monotonic_ns)
    result.kernelTime = raw.kernel_ns
    result.isOwn = has(raw.flags, TL_CAN_OWN)
    return result
  }

  private func has(_ flags: UInt8, _ bit: some BinaryInteger) -> Bool {
    flags & UInt8(truncatingIfNeeded: bit) != 0
  }

  private static func raw(_ frame: CANFrame) -> tl_can_frame {
    var raw = tl_can_frame()
    raw.id = frame.identifier
    raw.length = frame.length
    raw.length_code = frame.rawLengthCode
    var flags = 0
    if frame.isExtended { flags |= Int(TL_CAN_EXTENDED) }
    if frame.isRemote { flags |= Int(TL_CAN_REMOTE) }
    if frame.isError { flags |= Int(TL_CAN_ERROR) }
    if frame.isFD { flags |= Int(TL_CAN_FD) }
    if frame.bitRateSwitch { flags |= Int(TL_CAN_BRS) }
    if frame.errorStateIndicator { flags |= Int(TL_CAN_ESI) }
    raw.flags = UInt8(truncatingIfNeeded: flags)
    unsafe withUnsafeMutableBytes(of: &raw.data) {
      for index in 0..<Int(frame.length) { unsafe $0[index] = frame[index] }
    }
    return raw
  }
}
