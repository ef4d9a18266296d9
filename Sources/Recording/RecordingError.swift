/// What is wrong with a recording, and at which byte.
package struct RecordingError: Error, Equatable, CustomStringConvertible {
  package let file: String
  /// In the file; within a chunk, that of the chunk.
  package let offset: UInt64
  /// The kind of record that stands there.
  package let record: String
  package let problem: String
  /// Whether the file merely ends too early: everything before `offset` is whole.
  package var isTruncation = false
  /// Whether a sum says that bytes are not those that were written.
  package var isDamage: Bool { problem.contains("is damaged: CRC ") }

  package init(file: String, offset: UInt64, record: String, problem: String) {
    self.file = file
    self.offset = offset
    self.record = record
    self.problem = problem
  }

  package var description: String { "\(file): byte \(offset) (\(record)): \(printable)" }

  /// A foreign file may hold what a terminal obeys.
  private var printable: String {
    problem.unicodeScalars.map {
      $0.properties.generalCategory == .control ? $0.escaped(asASCII: true) : String($0)
    }.joined()
  }
}

/// Where in a recording something stands; it becomes words only in an error.
struct RecordPlace {
  enum Kind {
    case part(StaticString)
    case record(UInt8)
    case inChunk(UInt8)
    case chunkByte(Int)
    /// A message of a channel of ours, and its number.
    case message(StaticString, UInt32)

    var text: String {
      switch self {
      case .part(let name): "\(name)"
      case .record(let code): Self.name(code)
      case .inChunk(let code): Self.name(code) + " in a Chunk"
      case .chunkByte(let place): "Chunk, its byte \(place)"
      case .message(let name, let number): "\(name) message \(number)"
      }
    }

    private static func name(_ code: UInt8) -> String {
      MCAPOpcode(rawValue: code)?.name ?? "opcode \(code)"
    }
  }

  let source: ByteSource
  let offset: UInt64
  let kind: Kind

  func error(_ problem: String) -> RecordingError {
    RecordingError(file: source.name, offset: offset, record: kind.text, problem: problem)
  }
}
