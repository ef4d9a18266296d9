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

  package init(file: String, offset: UInt64, record: String, problem: String) {
    self.file = file
    self.offset = offset
    self.record = record
    self.problem = problem
  }

  package var description: String { "\(file): byte \(offset) (\(record)): \(problem)" }
}
