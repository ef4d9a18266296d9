/// The 64-bit NAME of an address claim (can-gnss.md section 7); the lower one wins.
package struct J1939Name: Sendable, Equatable, Comparable {
  package let value: UInt64

  package init(_ value: UInt64) { self.value = value }

  /// From the payload of an address claim, little-endian; nil if it is not 8 bytes.
  package init?(_ payload: [UInt8]) {
    guard payload.count == 8 else { return nil }
    value = payload.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  package var identity: UInt32 { UInt32(field(0, 21)) }
  package var manufacturer: UInt16 { UInt16(field(21, 11)) }
  package var ecuInstance: UInt8 { UInt8(field(32, 3)) }
  package var functionInstance: UInt8 { UInt8(field(35, 5)) }
  package var function: UInt8 { UInt8(field(40, 8)) }
  package var vehicleSystem: UInt8 { UInt8(field(49, 7)) }
  package var vehicleSystemInstance: UInt8 { UInt8(field(56, 4)) }
  package var industryGroup: UInt8 { UInt8(field(60, 3)) }
  package var isArbitraryAddressCapable: Bool { field(63, 1) == 1 }

  /// The eight bytes of an address claim.
  package var payload: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }

  /// The NAME of these fields, each cut to its width; not arbitrary address capable.
  package init(
    identity: UInt32, manufacturer: UInt16, ecuInstance: UInt8, functionInstance: UInt8,
    function: UInt8, vehicleSystem: UInt8, vehicleSystemInstance: UInt8, industryGroup: UInt8
  ) {
    let low = UInt64(identity & 0x1F_FFFF) | UInt64(manufacturer & 0x7FF) << 21
    let middle = UInt64(ecuInstance & 7) << 32 | UInt64(functionInstance & 31) << 35
    let high = UInt64(function) << 40 | UInt64(vehicleSystem & 0x7F) << 49
    let top = UInt64(vehicleSystemInstance & 15) << 56 | UInt64(industryGroup & 7) << 60
    value = low | middle | high | top
  }

  package static func < (a: Self, b: Self) -> Bool { a.value < b.value }

  private func field(_ start: UInt64, _ length: UInt64) -> UInt64 {
    value >> start & (1 << length - 1)
  }
}
