import ArgumentParser
import CAN
import Foundation

struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert", abstract: "Convert a CAN log to another format.",
    discussion: """
      Reads text of candump -l, -ta, -td and -tz, Vector ASC, PEAK TRC 1.1, 2.0 and 2.1, GVRET CSV, \
      CRTD and BUSMASTER, told apart by their content; - reads standard input. What the target \
      cannot carry of a frame is refused, with its line, unless --lossy; what it cannot carry of \
      times, names and directions is said. Dates are UTC. On failure nothing is written.

      FD frames: not trc-1.1, gvret. Remote frames: not gvret. Error frames: not gvret; asc keeps \
      their code, trc also the counters, candump all. Length codes 9 to F: candump, asc, trc-2.1. \
      Several interfaces: not trc-1.1. Finest times: candump and asc 1 ns, trc-2.x and gvret 1 us, \
      trc-1.1 0.1 ms; candump-tz and candump-td lose the date. A candump -t log whose times since \
      the frame before never fall is taken for times since the first frame: --from candump-td.
      """)

  private static let names = CANLogFormat.written.map(\.rawValue).joined(separator: ", ")

  @Argument(help: "The log.") var log: String
  @Option(help: ArgumentHelp("The format to write: \(names).", valueName: "FORMAT"))
  var to: String
  @Option(help: ArgumentHelp("The format of the log; found from its content.", valueName: "FORMAT"))
  var from: String?
  @Option(help: ArgumentHelp("The file to write; - is standard output.", valueName: "OUT"))
  var out: String
  @Flag(help: "Leave out or reduce frames that the format cannot carry, and say how many.")
  var lossy = false

  mutating func run() throws {
    let target = try Self.format(to, "--to", CANLogFormat.written)
    let source = try from.map { try Self.format($0, "--from", CANLogFormat.allCases) }
    let file = try LogFile(log, format: source)
    var conversion = Conversion(target: target, isLossy: lossy, log: log)
    let output = try OutputFile(out)
    do {
      var reader = try file.reader()
      while let record = try reader.next() {
        try conversion.take(record, from: reader)
        if conversion.writer.bytes.count > 1 << 20 { try output.write(&conversion.writer) }
      }
      conversion.writer.finish()
      try output.write(&conversion.writer)
      try output.finish()
      conversion.report(reader)
    } catch let error as LogError {
      output.discard()
      throw CommandFailure.badInput("\(error)")
    } catch {
      output.discard()
      throw error
    }
  }

  private static func format(
    _ text: String, _ option: String, _ allowed: [CANLogFormat]
  ) throws(CommandFailure) -> CANLogFormat {
    guard let format = CANLogFormat(rawValue: text), allowed.contains(format) else {
      let names = allowed.map(\.rawValue).joined(separator: ", ")
      throw .badInput("\(option): read \"\(text)\", allowed is \(names)")
    }
    return format
  }
}

/// Counts what is lost on the way.
private struct Conversion {
  var writer: CANLogWriter
  private let log: String
  private var frames = 0
  private var dropped = 0
  private var losses: [CANLogLoss: Int] = [:]

  init(target: CANLogFormat, isLossy: Bool, log: String) {
    writer = CANLogWriter(format: target, isLossy: isLossy)
    self.log = log
  }

  mutating func take(_ record: CANLogRecord, from reader: CANLogReader) throws(CommandFailure) {
    let loss = writer.append(record, interface: reader.interfaces[record.interface])
    frames += 1
    guard !loss.isEmpty else { return }
    for (single, text) in CANLogLoss.meanings where loss.contains(single) {
      losses[single, default: 0] += 1
      guard writer.isLossy || !CANLogLoss.serious.contains(single) else {
        throw .badInput(
          "\(log):\(reader.line): \(writer.format.rawValue) cannot carry \(text); allowed is "
            + "another --to, or --lossy")
      }
    }
    if !loss.isDisjoint(with: [.flexible, .remote, .error]) { dropped += 1 }
  }

  /// One line on standard error for the whole, and one for each kind of loss.
  func report(_ reader: CANLogReader) {
    var lines = [
      "\(log): \(reader.format.rawValue), \(frames) frames"
        + (dropped > 0 ? ", \(dropped) of them left out" : "")
        + (reader.skipped > 0 ? "; \(reader.skipped) lines tell of no frame" : "")
    ]
    for (single, text) in CANLogLoss.meanings {
      guard let count = losses[single] else { continue }
      lines.append("not carried by \(writer.format.rawValue), \(count) frames: \(text)")
    }
    FileHandle.standardError.write(Data((lines.joined(separator: "\n") + "\n").utf8))
  }
}

/// A file that appears whole or not at all.
private struct OutputFile {
  private let path: String
  private let temporary: String
  private let file: FileHandle

  init(_ path: String) throws(CommandFailure) {
    self.path = path
    let name = ".tulpar-convert-\(UUID().uuidString)"
    let folder =
      path == "-"
      ? FileManager.default.temporaryDirectory
      : URL(filePath: path).deletingLastPathComponent()
    temporary = folder.appending(path: name).path
    var isFolder: ObjCBool = false
    let exists = unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    guard !exists || !isFolder.boolValue else {
      throw .badInput("\(path): is a folder, allowed is a file to write")
    }
    guard FileManager.default.createFile(atPath: temporary, contents: nil),
      let file = FileHandle(forUpdatingAtPath: temporary)
    else { throw .badInput("\(path): cannot be written") }
    self.file = file
  }

  func write(_ writer: inout CANLogWriter) throws(CommandFailure) {
    do { try file.write(contentsOf: Data(writer.bytes)) } catch {
      throw .failed("\(path): cannot be written: \(reason(error))")
    }
    writer.removeAll()
  }

  func finish() throws(CommandFailure) {
    do {
      if path == "-" {
        try file.seek(toOffset: 0)
        while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty {
          try FileHandle.standardOutput.write(contentsOf: piece)
        }
        discard()
        return
      }
      try file.close()
      // Replaces what is there, as a user expects of an output file.
      guard unsafe rename(temporary, path) == 0 else {
        let reason = unsafe String(cString: strerror(errno))
        throw CommandFailure.failed("\(path): cannot be written: \(reason)")
      }
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw .failed("\(path): cannot be written: \(reason(error))")
    }
  }

  func discard() {
    try? file.close()
    try? FileManager.default.removeItem(atPath: temporary)
  }
}
