import Recording
import Signals
import TestSupport
import Testing

/// Writes a recording as a build would have written it whose core has other fields: every cycle whole,
/// by what the layout says of the bytes and not by our encoder.
struct OtherBuild {
  struct Field {
    var name: String
    var kind: String
    var word: UInt64 = 0

    init(_ name: String, _ kind: String, _ word: UInt64 = 0) {
      (self.name, self.kind, self.word) = (name, kind, word)
    }

    /// - Parameter line: as the layout has it.
    init(_ line: some StringProtocol) {
      let parts = line.split(separator: " ")
      self.init(String(parts.first ?? ""), String(parts.last ?? ""))
    }
  }

  /// What stands in the place of a field of ours.
  var inputs: (Field) -> [Field] = { [$0] }
  var outputs: (Field) -> [Field] = { [$0] }
  /// Of the layout alone, which the bytes then do not follow.
  var text: (String) -> String = { $0 }
  /// The layout's hash in the header, where it is not that of the text.
  var hash: String?

  var layout: String {
    let lines = CycleLayout.text.split(separator: "\n", omittingEmptySubsequences: false)
    var change = { (field: Field) in [field] }
    var isField = false
    return text(
      lines.flatMap { line -> [String] in
        if line == "inputs:" { (change, isField) = (inputs, true) }
        if line == "outputs:" { change = outputs }
        guard isField, line.contains(" ") else { return [String(line)] }
        return change(Field(line)).map { "\($0.name) \($0.kind)" }
      }.joined(separator: "\n"))
  }

  /// - Parameter cycles: so many from the start; a test that needs few takes few.
  func recording(of bytes: [UInt8], cycles: Int = .max) throws -> [UInt8] {
    let log = try DriveLog(ByteSource(bytes: bytes, name: "drive.mcap"))
    let sink = RecordingSink()
    var (inputsWritten, outputsWritten) = (Words(inputs), Words(outputs))
    var recorded = RecordedCycle()
    var changes = RecordingChanges()
    changes.cycles = cycles
    changes.tell(layout: layout, hash: hash)
    changes.cycle = { _, data in
      try #require(try log.next(&recorded))
      let input = inputsWritten.bytes(of: &recorded.inputs)
      let output = outputsWritten.bytes(of: &recorded.outputs)
      let numbers = [inputsWritten.hash.hash, outputsWritten.hash.hash]
      data = [1] + numbers.flatMap { Self.littleEndian($0, 8) }
      data += Self.littleEndian(UInt64(input.count), 4) + input + output
    }
    try repack(ByteSource(bytes: bytes, name: "drive.mcap"), into: sink, changes)
    return sink.memory
  }

  private static func littleEndian(_ number: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) }
  }

  /// The words of one half of each cycle.
  private struct Words {
    private(set) var hash = FieldHash()
    private let change: (Field) -> [Field]

    init(_ change: @escaping (Field) -> [Field]) { self.change = change }

    mutating func bytes<Value: Visitable>(of value: inout Value) -> [UInt8] {
      var words = FieldWords()
      value.visit(&words)
      var names = FieldNames()
      value.visit(&names)
      var bytes: [UInt8] = []
      var unchanged: UInt64 = 0
      for (name, word) in zip(names.names, words.words) {
        var field = Field(name)
        field.word = word
        for field in change(field) {
          hash.mix(field.word)
          let number = Int64(bitPattern: field.word)
          let coded =
            field.kind == "double" ? field.word : UInt64(bitPattern: number << 1 ^ number >> 63)
          guard coded != 0 else {
            unchanged += 1
            continue
          }
          for var rest in [unchanged, coded] {
            while rest > 0x7F {
              bytes.append(UInt8(rest & 0x7F) | 0x80)
              rest >>= 7
            }
            bytes.append(UInt8(rest))
          }
          unchanged = 0
        }
      }
      return bytes
    }
  }
}
