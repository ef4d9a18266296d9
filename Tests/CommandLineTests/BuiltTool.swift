import Foundation

/// The built `tulpar` beside the test bundle, run as a user would.
enum BuiltTool {
  static let path: String? = {
    var folders = CommandLine.arguments.prefix(1) + Bundle.allBundles.map(\.bundlePath)
    folders += CommandLine.arguments.filter { $0.hasSuffix(".xctest") }
    return folders.map {
      URL(filePath: $0).deletingLastPathComponent().appending(path: "tulpar").path
    }
    .first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  /// The root of the project.
  static let project = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// A run that has begun; its output goes to files, so that a full pipe cannot hold it up.
  final class Run {
    let process = Process()
    private let folder: URL

    init(_ arguments: [String]) throws {
      folder = FileManager.default.temporaryDirectory.appending(path: "tulpar-\(UUID())")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      process.executableURL = URL(filePath: path ?? "/nonexistent")
      process.arguments = arguments
      for name in ["output", "errors"] { try Data().write(to: folder.appending(path: name)) }
      process.standardOutput = try FileHandle(forWritingTo: folder.appending(path: "output"))
      process.standardError = try FileHandle(forWritingTo: folder.appending(path: "errors"))
      try process.run()
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    var output: String { text("output") }
    var errors: String { text("errors") }

    private func text(_ name: String) -> String {
      (try? String(contentsOf: folder.appending(path: name), encoding: .utf8)) ?? ""
    }

    /// Waits; kills what is not done in time.
    func finish(within seconds: Double = 600) -> Int32 {
      let end = Date() + seconds
      while process.isRunning, Date() < end { usleep(20_000) }
      if process.isRunning { kill(process.processIdentifier, SIGKILL) }
      process.waitUntilExit()
      return process.terminationStatus
    }
  }
}
