import Signals
import Units

/// Which lamp of the instrument cluster a fault asks for (J1939-73).
package enum DiagnosticLampKind: UInt8, Sendable {
  case none, protect, amberWarning, redStop
}

/// The trouble code of one fault.
package struct DiagnosticCode: Sendable, Visitable {
  package var reason = Reason.none
  /// 19 bits.
  package var suspectParameter: UInt32 = 0
  /// 0...31.
  package var failureMode: UInt8 = 31
  package var lamp = DiagnosticLampKind.amberWarning

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("reason", &reason)
    visitor.visit("suspectParameter", &suspectParameter)
    visitor.visit("failureMode", &failureMode)
    visitor.visit("lamp", &lamp)
  }
}

/// How this truck's computer shows itself on a J1939 network; absent for a truck without one.
package struct NetworkConfiguration: Sendable, Visitable {
  package static var codeCapacity: Int { 32 }
  /// SPN 520192...524287 are the maker's own (J1939-73); a fault without a code of its own has its
  /// reason code added to the base, with FMI 31 "condition exists".
  package static var firstOwnParameter: UInt32 { 520_192 }

  package var isPresent = false
  package var bus: UInt8 = 0
  package var address: UInt8 = 0
  /// The 64-bit NAME; lower wins.
  package var name: UInt64 = 0
  package var baseParameter = NetworkConfiguration.firstOwnParameter
  package var codes = InlineArray<32, DiagnosticCode>(repeating: DiagnosticCode())
  package var codeCount = 0

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("isPresent", &isPresent)
    visitor.visit("bus", &bus)
    visitor.visit("address", &address)
    visitor.visit("name", &name)
    visitor.visit("baseParameter", &baseParameter)
    visitor.visitCount("codeCount", &codeCount, limit: Self.codeCapacity)
    visitor.visit("codes", &codes, count: codeCount)
  }

  /// How many frames network management wants to hear.
  package static var heardCount: Int { 4 }

  /// Claims, requests to everyone and to us, and the answers of who receives a transfer of ours; of
  /// any priority and sender.
  @_addressableSelf package func heard(_ index: Int) -> (identifier: UInt32, mask: UInt32) {
    let everyone = UInt32(NetworkGroup.everyone) << 8
    let own = UInt32(address) << 8
    let identifier =
      switch index {
      case 0: NetworkGroup.addressClaimed << 8 | everyone
      case 1: NetworkGroup.request << 8 | everyone
      case 2: NetworkGroup.request << 8 | own
      default: NetworkGroup.transportManagement << 8 | own
      }
    return (identifier, 0x03FF_FF00)
  }

  @_addressableSelf package func code(_ reason: Reason) -> DiagnosticCode {
    for i in 0..<min(max(codeCount, 0), Self.codeCapacity) where codes[i].reason == reason {
      return codes[i]
    }
    var code = DiagnosticCode()
    code.reason = reason
    code.suspectParameter = baseParameter &+ UInt32(reason.rawValue)
    return code
  }
}

/// Parameter groups and identifiers of network management.
package enum NetworkGroup {
  package static var acknowledgment: UInt32 { 59_392 }
  package static var request: UInt32 { 59_904 }
  package static var transportData: UInt32 { 60_160 }
  package static var transportManagement: UInt32 { 60_416 }
  package static var addressClaimed: UInt32 { 60_928 }
  package static var commandedAddress: UInt32 { 65_240 }
  package static var activeTroubleCodes: UInt32 { 65_226 }

  package static var everyone: UInt8 { 0xFF }
  package static var nullAddress: UInt8 { 0xFE }

  /// The 29 bits of a group; a group that is not destination-specific (PDU2) ignores `to`.
  package static func identifier(
    _ group: UInt32, priority: UInt8, from source: UInt8, to destination: UInt8 = everyone
  ) -> UInt32 {
    let isSpecific = group >> 8 & 0xFF < 240
    let place = isSpecific ? group & 0x3_FF00 | UInt32(destination) : group & 0x3_FFFF
    return UInt32(priority & 7) << 26 | place << 8 | UInt32(source)
  }
}

/// How a request is answered when it is not with data (J1939-21, acknowledgment group).
package enum NetworkAcknowledgment: UInt8, Sendable {
  case positive = 0
  case negative = 1
  case accessDenied = 2
  case cannotRespond = 3

  /// The eight bytes.
  package func word(group: UInt32, requester: UInt8) -> UInt64 {
    UInt64(rawValue) | 0xFFFF_FF00 | UInt64(requester) << 32 | UInt64(group & 0xFF_FFFF) << 40
  }
}
