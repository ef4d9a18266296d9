import Foundation
import Testing

/// The programs of the build that these tests belong to.
enum BuiltPrograms {
  /// The folder of the test bundle, where the build puts every program.
  static let folder: String = {
    let folders = (CommandLine.arguments.prefix(1) + Bundle.allBundles.map(\.bundlePath)).map {
      URL(filePath: $0).deletingLastPathComponent().path
    }
    let candidates = folders + [root + "/.build/debug", root + "/.build/release"]
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0 + "/tulpard") } ?? "."
  }()

  static func path(_ name: String) -> String { folder + "/" + name }

  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// Runs a program to its end.
  static func run(_ name: String, _ arguments: [String]) throws -> ProgramResult {
    try ProgramResult.of(path(name), arguments)
  }

  static func exists(_ tool: String) -> Bool {
    ["/usr/sbin/", "/usr/bin/", "/sbin/", "/bin/"].contains {
      FileManager.default.isExecutableFile(atPath: $0 + tool)
    }
  }
}

struct ProgramResult {
  let status: Int32
  let output: String
  let errors: String

  static func of(_ path: String, _ arguments: [String]) throws -> ProgramResult {
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.currentDirectoryURL = URL(filePath: BuiltPrograms.root)
    let folder = try TemporaryFolder()
    let output = try folder.handle("output")
    let errors = try folder.handle("errors")
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    process.waitUntilExit()
    return ProgramResult(
      status: process.terminationStatus, output: folder.text("output"),
      errors: folder.text("errors"))
  }
}

/// A folder with a path short enough for sockets, removed with its last user.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = "/tmp/tulpar-" + UUID().uuidString.prefix(8)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func handle(_ name: String) throws -> FileHandle {
    _ = FileManager.default.createFile(atPath: path + "/" + name, contents: nil)
    return try #require(FileHandle(forWritingAtPath: path + "/" + name))
  }

  func text(_ name: String) -> String {
    (try? String(contentsOfFile: path + "/" + name, encoding: .utf8)) ?? ""
  }
}
