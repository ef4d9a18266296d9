import CLinux

/// Whole files of bounded size, without Foundation.
package enum RecordFile {
  /// Nil when there is no such file; an error number when there is one that cannot be read.
  package static func read(_ path: String, limit: Int = 1 << 20) throws(RecordFileError) -> [UInt8]?
  {
    let descriptor = unsafe tl_open_read(path)
    guard descriptor >= 0 else {
      if tl_is_missing(descriptor) != 0 { return nil }
      throw RecordFileError(path: path, number: -descriptor)
    }
    defer { tl_close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    while bytes.count <= limit {
      let count = unsafe tl_read(descriptor, &chunk, chunk.count)
      guard count >= 0 else { throw RecordFileError(path: path, number: Int32(-count)) }
      guard count > 0 else { return bytes }
      bytes += chunk[..<count]
    }
    throw RecordFileError(path: path, number: 0)
  }

  package static func write(_ bytes: [UInt8], to path: String) throws(RecordFileError) {
    let result = unsafe tl_keep_file(path, bytes, bytes.count)
    guard result == 0 else { throw RecordFileError(path: path, number: -result) }
  }
}

package struct RecordFileError: Error, Equatable {
  package let path: String
  /// Of the system; 0 for a file that is too large.
  package let number: Int32
}
