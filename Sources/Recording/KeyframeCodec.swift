import Control
import Signals

/// Hashes over every field of all cycles so far.
package struct DriveHashes: Sendable, Equatable {
  package var inputs = FieldHash().hash
  package var outputs = FieldHash().hash

  package init() {}
}

extension FieldHash {
  /// Goes on from a hash: each step is a bijection, so one word leads to it.
  package init(continuing hash: UInt64) {
    self.init()
    // 0xF1DE...: by it the multiplication is undone.
    mix((hash ^ hash >> 32) &* 0xF1DE_83E1_9937_733D ^ self.hash)
  }
}

/// The state of the core before a cycle, as a recording holds it.
package struct RecordedKeyframe: Sendable {
  /// Over all cycles before it.
  package var hashes = DriveHashes()
  /// As a `Keyframe` holds them; empty when the state is that of other software.
  package internal(set) var words: [UInt64] = []
  package internal(set) var isOurs = false

  /// Nil where the words are none of this software.
  package var state: Keyframe? {
    guard isOurs else { return nil }
    var keyframe = Keyframe()
    for word in words {
      var word = word
      keyframe.visit("word", &word)
    }
    return keyframe.failed ? nil : keyframe
  }
}

/// Messages of the channel `tulpar.keyframe`: hashes, the count of words, then their lowest bytes,
/// their second bytes and so on, because equal exponents beside each other are packed to nothing.
enum KeyframeCodec {
  static func encode(
    _ keyframe: borrowing @_addressable Keyframe, _ hashes: DriveHashes,
    into buffer: inout RecordBuffer
  ) {
    buffer.put(hashes.inputs)
    buffer.put(hashes.outputs)
    buffer.put(UInt32(keyframe.count))
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      for i in 0..<keyframe.count {
        buffer.put(UInt8(truncatingIfNeeded: keyframe.words[i] >> shift))
      }
    }
  }

  static func decode(
    _ message: MCAPMessage, of source: ByteSource, isOurs: Bool
  ) throws(RecordingError) -> RecordedKeyframe {
    var fields = RecordCursor(
      message.data,
      RecordPlace(
        source: source, offset: message.offset, kind: .message("keyframe", message.sequence)))
    var keyframe = RecordedKeyframe()
    keyframe.hashes.inputs = try fields.number("input hash")
    keyframe.hashes.outputs = try fields.number("output hash")
    let count = Int(try fields.number("count", UInt32.self))
    let planes = fields.rest()
    guard planes.count == 8 * count else {
      throw fields.error("\(count) words need \(8 * count) bytes, it has \(planes.count)")
    }
    keyframe.isOurs = isOurs
    guard isOurs else { return keyframe }
    let bytes = planes.span
    keyframe.words.reserveCapacity(count)
    for i in 0..<count {
      var word: UInt64 = 0
      for plane in 0..<8 { word |= UInt64(bytes[plane * count + i]) << UInt64(8 * plane) }
      keyframe.words.append(word)
    }
    return keyframe
  }
}

/// Which fields the state of the core has: a build whose core has others cannot go on from it.
enum KeyframeLayout {
  static let text: String = {
    var controller = Controller(configuration: ControllerConfiguration())
    var names = FieldNames()
    controller.visit(&names)
    var counts: [String: Int] = [:]
    var lines: [String] = []
    for name in names.names {
      let line = withoutIndexes(name)
      if counts[line] == nil { lines.append(line) }
      counts[line, default: 0] += 1
    }
    return introduction + "\n"
      + lines.map { "\($0) \(counts[$0] ?? 0)" }.joined(separator: "\n") + "\n"
  }()

  /// "rings[3].x double" as "rings[].x double".
  private static func withoutIndexes(_ name: String) -> String {
    var isInside = false
    return String(
      name.filter { character in
        if character == "]" { isInside = false }
        defer { if character == "[" { isInside = true } }
        return !isInside
      })
  }

  private static let introduction = """
    The state of Tulpar's core before the cycle that follows, so that a replay can start here. \
    Numbers are little-endian.
      uint64  hash over every input field of all cycles before (Sources/Signals, FieldHash)
      uint64  hash over every output field of all cycles before
      uint32  count of the fields
      uint8   the lowest byte of each field, then the second byte of each, and so on to the eighth
    Fields in the order of Controller.visit; a double is its IEEE 754 bits. These there are, with how \
    many of each:
    """
}
