import Foundation

/// The Python with the pinned reference packages: `TULPAR_PYTHON`, else the one that `make` installs
/// beside the package; nil where neither exists.
public let referencePython: String? = {
  let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  let path =
    ProcessInfo.processInfo.environment["TULPAR_PYTHON"]
    ?? root.appending(path: ".venv/bin/python3").path
  return FileManager.default.isExecutableFile(atPath: path) ? path : nil
}()

/// Runs a script of the tests and returns what it prints.
public func runPython(_ arguments: [String]) throws -> String {
  let process = Process()
  process.executableURL = URL(filePath: referencePython ?? "/nonexistent")
  process.arguments = arguments
  let output = Pipe()
  process.standardOutput = output
  try process.run()
  let data = output.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  guard process.terminationStatus == 0 else {
    throw PythonFailure(status: process.terminationStatus)
  }
  return String(decoding: data, as: UTF8.self)
}

public struct PythonFailure: Error {
  public let status: Int32
}
