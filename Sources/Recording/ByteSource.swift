import CLinux

/// The bytes of a recording: a file that is read in pieces, or memory.
package final class ByteSource {
  package let name: String
  package let size: UInt64
  private let descriptor: Int32
  /// The piece read last, and where it stands.
  private var piece: [UInt8]
  private var start: UInt64 = 0

  private static var pieceSize: UInt64 { 256 << 10 }

  package init(bytes: [UInt8], name: String) {
    self.name = name
    size = UInt64(bytes.count)
    descriptor = -1
    piece = bytes
  }

  package init(opening path: String) throws(RecordingError) {
    name = path
    piece = []
    let opened = unsafe tl_open_read(path)
    let length = opened < 0 ? Int64(opened) : tl_file_size(opened)
    guard length >= 0 else {
      if opened >= 0 { tl_close(opened) }
      throw RecordingError(
        file: path, offset: 0, record: "file",
        problem: "cannot be read: \(errorText(Int32(-length)))")
    }
    descriptor = opened
    size = UInt64(length)
  }

  deinit { if descriptor >= 0 { tl_close(descriptor) } }

  /// All of it.
  package func whole() throws(RecordingError) -> [UInt8] {
    size == 0 ? [] : Array(try slice(at: 0, count: Int(clamping: size)))
  }

  /// Exactly these bytes; the caller has checked that they lie within `size`.
  func slice(at offset: UInt64, count: Int) throws(RecordingError) -> ArraySlice<UInt8> {
    if offset < start || offset + UInt64(count) > start + UInt64(piece.count) {
      try load(at: offset, count: count)
    }
    let first = Int(offset - start)
    return piece[first..<first + count]
  }

  private func load(at offset: UInt64, count: Int) throws(RecordingError) {
    let wanted = Int(min(max(UInt64(count), Self.pieceSize), size - offset))
    var failure = 0
    let loaded = unsafe [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
      while filled < wanted {
        let read = unsafe tl_read_at(
          descriptor, buffer.baseAddress.map { unsafe $0 + filled }, wanted - filled,
          offset + UInt64(filled))
        guard read > 0 else { return failure = -read }
        filled += read
      }
    }
    guard loaded.count >= count else {
      var error = RecordingError(
        file: name, offset: offset + UInt64(loaded.count), record: "file",
        problem: failure == 0
          ? "the file has become shorter" : "cannot be read: \(errorText(Int32(failure)))")
      error.isTruncation = failure == 0
      throw error
    }
    piece = loaded
    start = offset
  }
}
