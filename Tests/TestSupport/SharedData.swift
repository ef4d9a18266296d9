import Foundation

/// Where the recordings and reference files live that are not part of the project, nil where the
/// folder is absent; tests that need it are disabled with that reason.
public func sharedData(_ name: String) -> String? {
  let root =
    ProcessInfo.processInfo.environment["TULPAR_SHARED"]
    ?? URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared").path
  let path = root + "/" + name
  return FileManager.default.fileExists(atPath: path) ? path : nil
}
