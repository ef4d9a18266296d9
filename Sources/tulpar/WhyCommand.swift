import ArgumentParser
import CLinux
import DriveConfiguration
import DriveReport
import Explanation
import Foundation
import Recording
import Replay
import Signals
import Units
import Vehicle

struct WhyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "why",
    abstract: "Say why the truck stopped or does not move, and what would let it go.",
    discussion: """
      Of a recording: without an option a list of its stops and the explanation of the last one, or \
      of the end of the drive where there was none; --stop N explains the Nth, --at T the moment T. \
      Of a running daemon: the present. Causes stand in the order in which they were found, the \
      first one first, each with what was read, the limit that it crossed, from which message, and \
      what ends it.

      tulpar why out/demo/drive.mcap --at 95
      tulpar why /run/tulpar/control.sock
      """)

  @Argument(help: "A drive.mcap, or the control socket of a running daemon.") var source: String
  @Option(help: "Seconds into the drive.") var at: Double?
  @Option(help: "Number of a stop in the list.") var stop: Int?
  @Flag(help: "One JSON object.") var json = false

  func validate() throws {
    guard at == nil || stop == nil else { throw ValidationError("--at and --stop exclude another") }
    if let at, !(at >= 0) { throw ValidationError("--at: read \(at), allowed: 0 s and more") }
    if let stop, stop < 1 { throw ValidationError("--stop: read \(stop), allowed: 1 and more") }
  }

  mutating func run() throws {
    guard try RecordedDriveReplay.takes(source) else { return try askDaemon() }
    let log: DriveLog
    let configuration: DriveConfiguration
    do {
      log = try DriveLog(ByteSource(opening: source))
      configuration = try DriveReplay(log).configuration
    } catch let error as RecordingError {
      throw CommandFailure.unreadable(error)
    } catch {
      throw CommandFailure.badInput("\(source): \(error)")
    }
    var names = Names(configuration)
    names.messages = log.profile()?.receiveNames ?? []
    let story: DriveStory
    do { story = try read(log) } catch { throw CommandFailure.unreadable(error) }
    if json {
      print(try jsonText(story, names))
    } else {
      print(try text(story, names), terminator: "")
    }
  }

  private func read(_ log: DriveLog) throws(RecordingError) -> DriveStory {
    var story = DriveStory()
    var cycle = RecordedCycle()
    while try log.next(&cycle) {
      story.take(cycle.outputs, at: cycle.inputs.now, utcOffset: cycle.inputs.utcOffset)
      if let at, let start = story.start, (cycle.inputs.now - start).seconds >= at { break }
    }
    return story
  }

  private func checkRange(_ story: DriveStory) throws {
    guard let start = story.start else {
      throw CommandFailure.badInput("\(source): holds no cycle")
    }
    let length = (story.end - start).seconds
    if let at, length < at - 0.02 {
      throw CommandFailure.badInput("--at: read \(at), the drive ends at \(rounded(length)) s")
    }
    if let stop, stop > story.stops.count {
      throw CommandFailure.badInput(
        "--stop: read \(stop), the drive has \(story.stops.count) \(story.stops.count == 1 ? "stop" : "stops")"
      )
    }
  }

  /// The stop that is asked for; nil where it is a moment.
  private func chosen(_ story: DriveStory) -> DriveStory.Stop? {
    if at != nil { return nil }
    return stop.map { story.stops[$0 - 1] } ?? story.stops.last
  }

  private func text(_ story: DriveStory, _ names: Names) throws -> String {
    try checkRange(story)
    if let stop = chosen(story) {
      let clock = story.clock(stop.utcOffset)
      let head =
        self.stop == nil
        ? "\(story.stops.count) \(story.stops.count == 1 ? "stop" : "stops"):\n"
          + story.list.joined(separator: "\n") + "\n\nthe last stop:\n" : ""
      let stood = stop.stoodAt.map { "it stood at \(clock.text($0))" } ?? "it did not come to rest"
      let ending =
        stop.endedAt.map { "\(stop.ending) at \(clock.text($0))" } ?? stop.ending
      return head + "stop at \(clock.text(stop.began)); \(stood); \(ending)\n"
        + Explanation(stop.outputs, names, clock).text
    }
    let clock = story.clock(story.utcOffset)
    let head = story.stops.isEmpty && at == nil ? "no stop in this drive; its end:\n" : ""
    return head + "at \(clock.text(story.end)): " + Explanation(story.last, names, clock).text
  }

  private func jsonText(_ story: DriveStory, _ names: Names) throws -> String {
    try checkRange(story)
    let chosenStops = stop.map { [story.stops[$0 - 1]] } ?? story.stops
    let clock = story.clock(story.utcOffset)
    let stops = chosenStops.map { story.json(of: $0, names) }.joined(separator: ",")
    let time = clock.seconds(story.end)
    return "{\"stops\":[\(stops)],\"time\":\(time),\"now\":"
      + Explanation(story.last, names, clock).json + "}"
  }

  private func askDaemon() throws {
    var status = stat()
    guard unsafe stat(source, &status) == 0 else {
      throw CommandFailure.badInput("\(source): \(systemError())")
    }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw CommandFailure.badInput(
        "\(source): is no recording, nor a socket of a running daemon")
    }
    guard at == nil, stop == nil else {
      throw CommandFailure.badInput(
        "\(source): is no recording; --at and --stop are for those of a drive")
    }
    let answer = try ControlClient(socket: source).exchange([UInt8](#"{"do":"why"}"#.utf8))
    let object = try? JSONSerialization.jsonObject(with: Data(answer)) as? [String: Any]
    guard let object, object["ok"] as? Bool == true else {
      let reason = object?["error"] as? String ?? "the daemon's answer is not understood"
      throw CommandFailure.failed("why: \(reason)")
    }
    guard !json, let text = object["text"] as? String else {
      return print(String(decoding: answer, as: UTF8.self))
    }
    print(text, terminator: "")
  }
}
