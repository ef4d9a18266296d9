import ArgumentParser
import Foundation
import Identification
import Recording
import Replay
import Signals
import Vehicle

struct TuneCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tune",
    abstract:
      "Find out what a truck's parameters are, and which weights its controller should have.",
    subcommands: [TuneIdentifyCommand.self, TuneControlCommand.self]
  )
}

struct TuneIdentifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "identify",
    abstract: "Estimate a profile's parameters from recorded drives.",
    discussion: """
      Runs the core over each recording and fits the models that the stack plans with: steering, \
      brake, engine, mass, understeer, wheels, GNSS latency, antenna, gyro. Prints the profile's \
      value, what was found and its 95 % interval. A value is proposed only where that interval \
      excludes the profile's, and where the drives told enough; else it says what drive would tell.

      The intervals hold what noise, unknown message ages and the scatter between drives leave open; \
      not an error of the models themselves.

      With --out, what each drive told is kept in FILE.parts as soon as it is known: the same command \
      goes on after a stop. Exit status 0: every recording was read.
      """)

  @Argument(help: ArgumentHelp("Recordings of one truck.", valueName: "drive.mcap"))
  var drives: [String]
  @Option(
    help: ArgumentHelp(
      "Profile folder to compare with; the recorded profile when absent.", valueName: "DIR"))
  var profile: String?
  @Option(
    help: ArgumentHelp(
      "Where to write the proposed values, in a profile's spelling.", valueName: "FILE"))
  var out: String?

  mutating func run() throws {
    guard !drives.isEmpty else {
      throw CommandFailure.badInput("tune identify: a recording is due")
    }
    var parts = try TuneParts(out.map { $0 + ".parts" })
    var found: [DriveFindings] = []
    var recorded: TunedProfile?
    var names: [String: String] = [:]
    let progress = ProgressLine(total: drives.count)
    for path in drives {
      progress.show(found.count, path)
      let hash = try hashOfFile(path)
      if let twice = names[hash] {
        throw CommandFailure.badInput("\(path): the same recording as \(twice)")
      }
      names[hash] = path
      let replay = try open(path)
      let own = try TunedProfile(recordedIn: replay, path)
      if let recorded, recorded.name != own.name {
        throw CommandFailure.badInput(
          "\(path): recorded with profile \(own.name), \(drives[0]) with \(recorded.name); one "
            + "truck at a time")
      }
      recorded = recorded ?? own
      if let kept = parts[hash] {
        found.append(kept)
        continue
      }
      let findings = DriveFindings(try series(replay, path))
      try parts.keep(findings, hash: hash, path: path)
      found.append(findings)
    }
    progress.finish()
    guard let recorded else { return }
    let current = try profile.map { try TunedProfile(folder: $0) } ?? recorded
    guard current.name == recorded.name else {
      throw CommandFailure.badInput(
        "\(drives[0]): recorded with profile \(recorded.name), --profile \(profile ?? "") is "
          + current.name)
    }
    let report = TuneReport(current, DriveFindings.pooled(found), driveCount: found.count)
    print(report.table, terminator: "")
    print(report.changes, terminator: "")
    guard let out else { return }
    do {
      try Data(report.fragment.utf8).write(to: URL(filePath: out), options: .atomic)
    } catch {
      throw CommandFailure.badInput("\(out): cannot write (\(reason(error)))")
    }
    print("wrote \(out) and \(out).parts")
  }

  private func open(_ path: String) throws -> DriveReplay {
    do { return try DriveReplay(DriveLog(ByteSource(opening: path))) } catch {
      throw refusal(error, path)
    }
  }

  private func series(_ replay: DriveReplay, _ path: String) throws -> DriveSeries {
    do { return try DriveSeries(replay) } catch { throw refusal(error, path) }
  }

  private func refusal(_ error: any Error, _ path: String) -> CommandFailure {
    if let recording = error as? RecordingError { return .unreadable(recording) }
    return .badInput("\(path): \(error)")
  }

  private func hashOfFile(_ path: String) throws -> String { SHA256.hex(of: try readInput(path)) }
}

/// How far a long command is: a bar that is redrawn on a terminal, nothing where output is piped.
struct ProgressLine {
  private let total: Int
  private let isTerminal = isatty(STDERR_FILENO) == 1

  init(total: Int) { self.total = total }

  func show(_ done: Int, _ what: String) {
    guard isTerminal else { return }
    let width = 24
    let filled = width * done / max(total, 1)
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
    write("\r\u{1B}[K[\(bar)] \(done)/\(total) \(what.suffix(60))")
  }

  func finish() {
    if isTerminal { write("\r\u{1B}[K") }
  }

  private func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
