import CLinux

/// Where a recording goes: a file, or memory.
package final class RecordingSink {
  package let name: String
  package private(set) var offset: UInt64 = 0
  /// What was written, when there is no file.
  package private(set) var memory: [UInt8] = []
  /// Over everything so far.
  private(set) var crc = CRC32()
  private let descriptor: Int32

  /// In memory.
  package init() {
    name = "memory"
    descriptor = -1
  }

  /// A new file; what was there before is lost, or refused where nothing may have been.
  package init(creating path: String, isNew: Bool = false) throws(RecordingError) {
    name = path
    descriptor = unsafe tl_create(path, isNew ? 1 : 0)
    guard descriptor >= 0 else {
      throw RecordingError(
        file: path, offset: 0, record: "file", problem: "cannot be made: \(errorText(-descriptor))")
    }
  }

  deinit { if descriptor >= 0 { tl_close(descriptor) } }

  func write(_ bytes: [UInt8]) throws(RecordingError) {
    if descriptor < 0 { memory += bytes } else { try writeFile(bytes) }
    offset += UInt64(bytes.count)
    crc.update(bytes[...])
  }

  private func writeFile(_ bytes: [UInt8]) throws(RecordingError) {
    var done = 0
    while done < bytes.count {
      let count = unsafe bytes.withUnsafeBytes { buffer in
        unsafe tl_write(
          descriptor, buffer.baseAddress.map { unsafe $0 + done }, buffer.count - done)
      }
      guard count > 0 else {
        throw RecordingError(
          file: name, offset: offset + UInt64(done), record: "file",
          problem: "cannot be written: \(errorText(Int32(-count)))")
      }
      done += count
    }
  }

  /// Until the disk has it.
  package func synchronise() throws(RecordingError) {
    guard descriptor >= 0 else { return }
    let result = tl_synchronise(descriptor)
    guard result == 0 else {
      throw RecordingError(
        file: name, offset: offset, record: "file", problem: "cannot be kept: \(errorText(-result))"
      )
    }
  }
}

/// The system's words for an error number.
func errorText(_ number: Int32) -> String {
  guard let text = unsafe tl_error_text(number) else { return "error \(number)" }
  return unsafe String(cString: text)
}
