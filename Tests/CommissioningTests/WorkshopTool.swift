import CAN
import Plant
import Signals
import Units
import WireCodec

/// A maker's tool on the bus, which commands steering or brake by the truck's own messages.
struct WorkshopTool {
  private var encoder = FrameEncoder()
  private let table: FrameTable
  private var elapsed: Int64 = 0

  init(_ table: FrameTable) { self.table = table }

  /// The frames of these 10 ms that carry one of the channels.
  mutating func frames(
    _ channels: [CommandChannel], _ values: CommandValues
  ) -> [CANFrame] {
    defer { elapsed += 10 }
    return (0..<table.transmitCount).compactMap { index in
      let row = table.transmit[index]
      let carries = (row.firstField..<(row.firstField + row.fieldCount)).contains {
        channels.contains(table.transmitFields[$0].channel)
      }
      guard carries, elapsed % (row.period.nanoseconds / 1_000_000) == 0 else { return nil }
      return Self.frame(encoder.encode(index, table: table, values: values, enable: false))
    }
  }

  private static func frame(_ outgoing: OutgoingFrame) -> CANFrame {
    var frame = CANFrame(identifier: outgoing.identifier, isExtended: outgoing.isExtended)
    for byte in 0..<Int(outgoing.length) {
      frame.append(UInt8(truncatingIfNeeded: outgoing.words[byte >> 3] >> UInt64(8 * (byte & 7))))
    }
    frame.isFD = outgoing.isFD
    frame.bitRateSwitch = outgoing.bitRateSwitch
    return frame
  }
}

extension ReceivedFrame {
  init(_ frame: CANFrame) {
    self.init()
    identifier = frame.identifier
    isExtended = frame.isExtended
    length = frame.length
    words = frame.words
  }
}
