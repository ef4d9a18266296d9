import ArgumentParser
import CAN
import Foundation
import Recording

extension CANLogFormat: ExpressibleByArgument {}

/// A log that the user named; `-` is standard input.
///
/// A file is read in pieces, and may be read again; what comes on standard input is kept. A recorded
/// drive is read as the log of its frames.
struct LogFile {
  private static let pieceBytes = 1 << 20

  let path: String
  private let format: CANLogFormat?
  private let standardInput: [UInt8]?

  /// - Parameter format: what the log is; found from its content if nil.
  init(_ path: String, format: CANLogFormat? = nil) throws(CommandFailure) {
    self.path = path
    self.format = format
    standardInput = path == "-" ? try readInput(path) : nil
  }

  func reader() throws(CommandFailure) -> CANLogReader {
    let path = path
    if try RecordedDriveReplay.takes(path) { return try Self.recorded(path) }
    let file = standardInput == nil ? try Self.open(path) : nil
    do throws(LogError) {
      guard let file else {
        return try CANLogReader(bytes: standardInput ?? [], name: path, format: format)
      }
      return try CANLogReader(name: path, format: format) { () throws(LogError) in
        do { return [UInt8](try file.read(upToCount: Self.pieceBytes) ?? Data()) } catch {
          throw LogError(
            file: path, line: 1, column: 1, field: "the file", text: "\(error)",
            allowed: "a readable file")
        }
      }
    } catch {
      throw .badInput("\(error)")
    }
  }

  /// The frames of a recorded drive.
  private static func recorded(_ path: String) throws(CommandFailure) -> CANLogReader {
    func readable(_ error: RecordingError) -> LogError {
      LogError(
        file: path, line: 1, column: 1, field: "the recording", text: "\(error)",
        allowed: "a whole recording")
    }
    do throws(LogError) {
      let text: RecordedCANText
      do throws(RecordingError) { text = try RecordedCANText(ByteSource(opening: path)) } catch {
        throw readable(error)
      }
      return try CANLogReader(name: path, format: .candump) { () throws(LogError) in
        do throws(RecordingError) { return try text.next() } catch { throw readable(error) }
      }
    } catch {
      throw .badInput("\(error)")
    }
  }

  private static func open(_ path: String) throws(CommandFailure) -> FileHandle {
    var isFolder: ObjCBool = false
    let exists = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    guard exists else { throw .badInput("\(path): no such file") }
    guard !isFolder.boolValue else { throw .badInput("\(path): is a folder, not a file") }
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw .badInput("\(path): cannot be read")
    }
    return file
  }
}
