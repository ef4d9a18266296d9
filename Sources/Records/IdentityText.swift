import CAN
import DriveConfiguration

/// Puts together the text that a maker's own message tells, part by part (S-25).
///
/// The frame's checksum is not looked at: a wrong text refuses arming, it never allows it.
struct IdentityText: Sendable {
  let source: IdentitySource
  private var parts: [Int: [UInt8]] = [:]

  init(_ source: IdentitySource) { self.source = source }

  func matches(_ frame: CANFrame, bus: Int) -> Bool {
    frame.identifier == source.identifier && frame.isExtended == source.isExtended
      && bus == source.bus && !frame.isError && !frame.isRemote
  }

  /// The whole text, as soon as every part of it was seen; nil until then.
  mutating func take(_ frame: CANFrame) -> String? {
    let bytes = frame.bytes
    guard source.textBytes.allSatisfy({ Int($0) < bytes.count }), source.partByte < bytes.count
    else { return nil }
    let mask = (1 << source.partBits) - 1
    let part = Int(bytes[source.partByte]) >> source.partShift & mask
    parts[part] = source.textBytes.map { bytes[Int($0)] }
    return text
  }

  private var text: String? {
    var text: [UInt8] = []
    for index in 0..<parts.count {
      guard let part = parts[index] else { return nil }
      let told = part.prefix { $0 != 0 && $0 != 0xFF }
      text += told
      if told.count < part.count { return Self.printable(text) }
    }
    // Without an end in sight: one frame that is full, or as long as a vehicle number is.
    let isWhole = source.partBits == 0 || (source.address == nil && text.count >= 17)
    return isWhole && !text.isEmpty ? Self.printable(text) : nil
  }

  private static func printable(_ bytes: [UInt8]) -> String {
    let plain = bytes.map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }
    return String(decoding: plain, as: UTF8.self).trimmed
  }
}
