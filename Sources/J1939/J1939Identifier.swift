/// The parts of a 29-bit J1939 identifier.
package struct J1939Identifier: Sendable, Equatable {
  /// 0 is the highest.
  package var priority: UInt8
  /// With both data page bits; the low byte is zero for destination-specific groups (PDU1).
  package var parameterGroup: UInt32
  package var source: UInt8
  /// 255 for all; groups that are not destination-specific (PDU2) always go to all.
  package var destination: UInt8

  package static let everyone: UInt8 = 0xFF
  /// The source address of an ECU that could not claim one.
  package static let nullAddress: UInt8 = 0xFE

  package init(_ identifier: UInt32) {
    priority = UInt8(truncatingIfNeeded: identifier >> 26 & 7)
    source = UInt8(truncatingIfNeeded: identifier)
    let specific = UInt8(truncatingIfNeeded: identifier >> 8)
    let isDestinationSpecific = identifier >> 16 & 0xFF < 240
    parameterGroup = identifier >> 8 & (isDestinationSpecific ? 0x3FF00 : 0x3FFFF)
    destination = isDestinationSpecific ? specific : Self.everyone
  }

  package init(
    priority: UInt8, parameterGroup: UInt32, source: UInt8, destination: UInt8 = everyone
  ) {
    self.priority = priority & 7
    self.parameterGroup = parameterGroup & 0x3FFFF
    self.source = source
    self.destination = destination
  }

  /// PDU1: the low byte of the group's place holds the destination.
  package var isDestinationSpecific: Bool { parameterGroup >> 8 & 0xFF < 240 }

  package var identifier: UInt32 {
    let group =
      isDestinationSpecific
      ? parameterGroup & 0x3FF00 | UInt32(destination) : parameterGroup
    return UInt32(priority) << 26 | group << 8 | UInt32(source)
  }
}

/// Groups that the stack handles itself.
package enum J1939Group {
  package static let torqueSpeedControl: UInt32 = 0
  package static let transportData: UInt32 = 60160
  package static let transportManagement: UInt32 = 60416
  package static let addressClaimed: UInt32 = 60928
  package static let activeTroubleCodes: UInt32 = 65226
}
