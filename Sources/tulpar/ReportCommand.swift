import ArgumentParser
import DriveReport
import Foundation
import Recording
import Replay

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Write a recorded drive as one HTML page.",
    discussion: """
      The page needs no network and no other file: map, speed against caps and authority, steering, \
      errors, innovations, trust, faults, stops, CAN messages and loop times, with one cursor and \
      one zoom for all. The core runs again over the record, so the page also says whether this \
      build decides the same. With --compare, two drives over one another by their place on the \
      route, and what differs between them.
      """)

  @Argument(help: "A drive.mcap, or two with --compare.") var logs: [String]
  @Flag(help: "Lay two drives over one another.") var compare = false
  @Option(
    help: ArgumentHelp(
      "Where to write; beside the first recording when absent, with .html for .mcap.",
      valueName: "FILE"))
  var out: String?

  func validate() throws {
    let due = compare ? 2 : 1
    guard logs.count == due else {
      throw ValidationError("read \(logs.count) recordings, due: \(due)")
    }
  }

  mutating func run() throws {
    let page = try page()
    let url = out.map { URL(filePath: $0) } ?? Self.url(beside: logs[0], isComparison: compare)
    do { try page.html().write(to: url, options: .atomic) } catch {
      throw CommandFailure.badInput(
        "\(url.path): cannot be written: \(reason(error))")
    }
    print(url.path)
  }

  private func page() throws -> ReportPage {
    let first = try Self.survey(logs[0])
    return try compare
      ? ReportPage(first, try Self.survey(logs[1])) : ReportPage(first)
  }

  private static func url(beside log: String, isComparison: Bool) -> URL {
    let base = URL(filePath: log).deletingPathExtension()
    let name = base.lastPathComponent + (isComparison ? "-compared" : "")
    return base.deletingLastPathComponent().appending(path: name + ".html")
  }

  private static func survey(_ log: String) throws -> DriveSurvey {
    guard try RecordedDriveReplay.takes(log) else {
      _ = try readInput(log)
      throw CommandFailure.badInput(
        "\(log): is no drive.mcap; tulpar replay \(log) --profile FOLDER --out DIR makes one")
    }
    do {
      return try DriveSurvey.of(log)
    } catch let error as RecordingError {
      throw CommandFailure.unreadable(error)
    } catch let error as ReplayRefused {
      throw CommandFailure.badInput("\(log): \(error)")
    }
  }
}
