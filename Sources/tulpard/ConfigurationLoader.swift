import CLinux
import DriveConfiguration
import Glibc

/// Where the configuration comes from: a compiled file, or `tulpar compile`, which keeps YAML and
/// Foundation out of this process.
enum ConfigurationLoader {
  /// 64 bytes a route piece and a bound far above any site.
  private static let byteLimit = 256 << 20

  static func load(_ arguments: Arguments) throws(StartFailure) -> DriveConfiguration {
    if let path = arguments.configuration {
      let descriptor = unsafe tl_open_read(path)
      guard descriptor >= 0 else {
        throw .badInput("\(path): cannot be read (\(errorText(-descriptor)))")
      }
      defer { tl_close(descriptor) }
      return try decode(try readAll(descriptor, of: path), from: path)
    }
    return try compile(arguments)
  }

  private static func compile(_ arguments: Arguments) throws(StartFailure) -> DriveConfiguration {
    guard let profile = arguments.profile, let mission = arguments.mission else {
      throw .badInput("--profile and --mission are missing")
    }
    let compiler = try siblingPath("tulpar")
    var words = [compiler, "compile", "--profile", profile, "--mission", mission]
    if let scale = arguments.timingScale { words += ["--timing-scale", String(scale)] }
    words += ["--out", "-"]
    var output: Int32 = -1
    let process = spawn(words, &output)
    guard process > 0 else {
      throw .failed("\(compiler): cannot be started (\(errorText(-process)))")
    }
    let bytes: [UInt8]
    do throws(StartFailure) {
      bytes = try readAll(output, of: compiler)
    } catch {
      tl_close(output)
      _ = tl_wait(process)
      throw error
    }
    tl_close(output)
    let status = tl_wait(process)
    guard status == 0 else {
      // Its own message is already on standard error.
      throw .badInput("'tulpar compile' refused profile or mission (status \(status))")
    }
    return try decode(bytes, from: "the output of 'tulpar compile'")
  }

  private static func decode(
    _ bytes: [UInt8], from name: String
  ) throws(StartFailure) -> DriveConfiguration {
    do throws(DriveConfigurationError) {
      return try DriveConfiguration(decoding: bytes)
    } catch {
      throw .badInput("\(name): \(error)")
    }
  }

  private static func readAll(_ descriptor: Int32, of name: String) throws(StartFailure) -> [UInt8]
  {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = unsafe tl_read(descriptor, &chunk, chunk.count)
      guard count >= 0 else { throw .badInput("\(name): \(errorText(Int32(-count)))") }
      guard count > 0 else { return bytes }
      bytes += chunk[..<count]
      guard bytes.count <= byteLimit else {
        throw .badInput("\(name): more than \(byteLimit) bytes")
      }
    }
  }

  /// A program in the folder of this one.
  private static func siblingPath(_ name: String) throws(StartFailure) -> String {
    var buffer = [CChar](repeating: 0, count: 4_096)
    let length = unsafe tl_executable_path(&buffer, UInt32(buffer.count))
    guard length > 0 else { throw .failed("cannot tell where this program is") }
    let path = String(decoding: buffer[..<Int(length)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard let slash = path.lastIndex(of: "/") else {
      throw .failed("cannot tell where '\(name)' is")
    }
    return String(path[...slash]) + name
  }

  /// Starts a program with C's argument vector, whose strings stay alive meanwhile.
  private static func spawn(_ words: [String], _ output: inout Int32) -> Int32 {
    var flat: [CChar] = []
    var starts: [Int] = []
    for word in words {
      starts.append(flat.count)
      flat += word.utf8CString
    }
    return unsafe flat.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return -EINVAL }
      var list = unsafe starts.map { unsafe Optional(base + $0) }
      unsafe list.append(nil)
      return unsafe tl_spawn(list, &output)
    }
  }
}
