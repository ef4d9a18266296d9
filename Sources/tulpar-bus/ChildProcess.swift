import CLinux

/// A program that is run to its end, with what it wrote.
enum ChildProcess {
  private static let byteLimit = 65_536

  static func run(_ words: [String]) -> (status: Int32, output: String)? {
    var flat: [CChar] = []
    var starts: [Int] = []
    for word in words {
      starts.append(flat.count)
      flat += word.utf8CString
    }
    var descriptor: Int32 = -1
    let process: Int32 = unsafe flat.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return -1 }
      // Safety: the strings outlive the call, and the list ends with nil as C wants it.
      var list = unsafe starts.map { unsafe Optional(base + $0) }
      unsafe list.append(nil)
      return unsafe tl_spawn(list, &descriptor)
    }
    guard process > 0 else { return nil }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while bytes.count < byteLimit {
      let count = unsafe tl_read(descriptor, &chunk, chunk.count)
      guard count > 0 else { break }
      bytes += chunk[..<count]
    }
    tl_close(descriptor)
    return (tl_wait(process), String(decoding: bytes, as: UTF8.self))
  }

  /// A program in the folder of this one.
  static func sibling(_ name: String) -> String {
    var buffer = [CChar](repeating: 0, count: 4_096)
    let length = unsafe tl_executable_path(&buffer, UInt32(buffer.count))
    guard length > 0 else { return name }
    let path = String(decoding: buffer[..<Int(length)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard let slash = path.lastIndex(of: "/") else { return name }
    return String(path[...slash]) + name
  }
}
