import Signals

/// A message of a maker's own in which the truck or one of its controllers tells who it is (S-25).
package struct IdentitySource: Sendable, Equatable, Visitable {
  package static var capacity: Int { 16 }

  /// By which the commissioning record names the controller; nil for the truck's own number.
  package var address: UInt8?
  package var bus = 0
  package var identifier: UInt32 = 0
  package var isExtended = false
  /// Bits that number the parts of a text from 0, within one byte of the payload; none where a frame
  /// holds the whole text.
  package var partByte = 0
  package var partShift = 0
  package var partBits = 0
  /// Payload bytes with the text, in its order.
  package var textBytes: [UInt8] = []

  package init() {}

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    var number = address.map(Int.init) ?? -1
    visitor.visit("address", &number)
    address = number < 0 ? nil : UInt8(clamping: number)
    visitor.visitCount("bus", &bus, limit: Inputs.busCapacity - 1)
    visitor.visit("identifier", &identifier)
    visitor.visit("isExtended", &isExtended)
    visitor.visitCount("partByte", &partByte, limit: 63)
    visitor.visitCount("partShift", &partShift, limit: 7)
    visitor.visitCount("partBits", &partBits, limit: 8)
    var count = textBytes.count
    visitor.visitCount("textCount", &count, limit: 64)
    while textBytes.count < count { textBytes.append(0) }
    for i in 0..<min(count, textBytes.count) { visitor.visit("textByte", &textBytes[i]) }
  }
}
