/// The CAN frames of a recorded drive as lines of `candump -l`, a piece at a time.
package final class RecordedCANText {
  private let reader: MCAPReader
  private var interfaces: [String: String] = [:]

  /// Before the number of a bus in the header: the name of its interface.
  package static var busPrefix: String { "bus:" }

  package init(_ source: ByteSource) throws(RecordingError) { reader = try MCAPReader(source) }

  /// The lines of one cycle; empty at the end.
  package func next() throws(RecordingError) -> [UInt8] {
    while let record = try reader.next() {
      switch record {
      case .metadata(let metadata):
        for pair in metadata.pairs where pair.key.hasPrefix(Self.busPrefix) {
          interfaces[String(pair.key.dropFirst(Self.busPrefix.count))] = pair.value
        }
      case .message(let message)
      where reader.channels[message.channel]?.topic == DriveSchema.canTopic:
        let lines = try lines(of: message)
        // None would be the end.
        if !lines.isEmpty { return lines }
      case .message, .schema, .channel, .attachment: continue
      }
    }
    return []
  }

  private func lines(of message: MCAPMessage) throws(RecordingError) -> [UInt8] {
    var fields = RecordCursor(
      message.data,
      reader.place(message.offset, .message("CAN", message.sequence)))
    var text = ""
    while fields.remaining > 0 {
      let direction: UInt8 = try fields.number("direction")
      let bus: UInt8 = try fields.number("bus")
      let flags: UInt8 = try fields.number("flags")
      let length: UInt8 = try fields.number("length")
      let identifier: UInt32 = try fields.number("identifier")
      let time = Int64(bitPattern: try fields.number("time"))
      guard length <= 64 else { throw fields.error("length is \(length), allowed: 0 to 64") }
      var payload = ""
      for _ in 0..<length {
        payload += hexadecimal(UInt64(try fields.number("payload", UInt8.self)), digits: 2)
      }
      let micros = max(time, 0) / 1_000
      let fraction = String(micros % 1_000_000)
      text +=
        "(\(micros / 1_000_000).\(String(repeating: "0", count: 6 - fraction.count))\(fraction)) "
      text += interfaces["\(bus)"] ?? "can\(bus)"
      text += " " + hexadecimal(UInt64(identifier), digits: flags & 1 == 1 ? 8 : 3).uppercased()
      // A frame of FD has its flags before the payload; the rate of its bits was not recorded.
      text += (length > 8 ? "##0" : "#") + payload.uppercased() + (direction == 0 ? " R\n" : " T\n")
    }
    return Array(text.utf8)
  }
}
