import CLinux
import CSocketCAN
import Signals
import SocketCAN

/// An interface of the kernel, through libsocketcan.
final class KernelLink: LinkControl {
  /// ARPHRD_CAN.
  private static let canType: Int32 = 280

  private let name: String
  /// Until the driver says that it has none: the library complains of each vain question.
  private var hasCounters = true

  init(_ name: String) { self.name = name }

  var index: Int32? {
    let index = unsafe tl_interface_index(name)
    return index > 0 ? index : nil
  }

  var kind: LinkKind {
    guard unsafe tl_interface_type(name) == Self.canType else { return .notCAN }
    // A serial line has either no kind or claims to be a controller, and takes no bit rate.
    guard !name.hasPrefix("slcan"), kindName == "can" else { return .plain }
    return .controller
  }

  private var kindName: String {
    var text = [CChar](repeating: 0, count: 16)
    let length = unsafe tl_interface_kind(name, &text, 16)
    guard length > 0 else { return "" }
    return String(decoding: text[..<Int(length)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  func sample() -> LinkSample {
    var sample = LinkSample()
    sample.isUp = unsafe tl_can_is_up(name) == 1
    // Of vcan and serial lines the library's getters know nothing and say so loudly.
    guard case .controller = kind else { return sample }
    switch unsafe ts_state(name) {
    case 0: sample.controller = .active
    case 1: sample.controller = .warning
    case 2: sample.controller = .passive
    case 3: sample.controller = .busOff
    default: sample.controller = .unknown
    }
    sample.bitRate = unsafe ts_bit_rate(name)
    var transmit: UInt16 = 0
    var receive: UInt16 = 0
    if hasCounters {
      hasCounters = unsafe ts_counters(name, &transmit, &receive) == 0
      if hasCounters {
        sample.transmitErrors = transmit
        sample.receiveErrors = receive
      }
    }
    sample.framesSent = unsafe ts_frames_sent(name)
    return sample
  }

  func isConfigured(_ settings: LinkSettings) -> Bool {
    guard unsafe tl_can_is_up(name) == 1 else { return false }
    guard case .controller = kind else { return true }
    let carries = unsafe tl_can_mtu(name) == 72
    return unsafe ts_bit_rate(name) == settings.bitRate && ts_restart_delay(name) == 0
      && carries == (settings.dataBitRate != nil)
  }

  func configure(_ settings: LinkSettings) -> String? {
    guard case .controller = kind else { return nil }
    hasCounters = true
    if let dataBitRate = settings.dataBitRate {
      // libsocketcan 0.0.12 cannot set the data phase, and both must be set at once.
      guard setWithIP(settings.bitRate, dataBitRate) else {
        return "'ip' did not set \(settings.bitRate) and \(dataBitRate) bit/s"
      }
    } else if unsafe ts_set_bit_rate(name, settings.bitRate) != 0 {
      return "the bit rate \(settings.bitRate) was refused (not CAP_NET_ADMIN, or not a rate of "
        + "this controller)"
    } else if unsafe ts_set_restart_delay(name, 0) != 0 {
      return "the restart delay was refused"
    }
    let queue = unsafe tl_interface_set_queue(name, settings.queueLength)
    return queue == 0 ? nil : "the queue length was refused (error \(-queue))"
  }

  func start() -> Bool { unsafe ts_start(name) == 0 }
  func stop() -> Bool { unsafe ts_stop(name) == 0 }

  private func setWithIP(_ bitRate: UInt32, _ dataBitRate: UInt32) -> Bool {
    let words = [
      "/sbin/ip", "link", "set", name, "type", "can", "bitrate", "\(bitRate)", "dbitrate",
      "\(dataBitRate)", "fd", "on", "restart-ms", "0",
    ]
    return ChildProcess.run(words)?.status == 0
  }
}
