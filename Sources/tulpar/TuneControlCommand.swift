import ArgumentParser
import ControlTuning
import Foundation
import Vehicle

struct TuneControlCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "control",
    abstract: "Search the lateral controller's weights on the simulated truck of a profile.",
    discussion: """
      Drives the missions and the generated courses with many choices of lateral_bandwidth, \
      lateral_length, lateral_damping and disturbance_bandwidth, each with every seed of the sensors' \
      noise, and looks for the least lateral error that needs no more steering rate and lateral jerk \
      than --activity allows. All three are the simulated truck's truth. A drive in which a stop is \
      demanded, a requirement is broken or the steering oscillates is inadmissible. First identify \
      the truck: the plant is what the profile says (tulpar tune identify), and what --set says.

      Half of the choices fill the range evenly (a Halton sequence), the others search from the best of \
      them by steps along each weight. Nothing is random but the noise, by its seeds: the same \
      command finds the same, with any number of --jobs. What was found is then driven with seeds \
      that the search has not seen; it is proposed only where the gain there is beyond its scatter.

      The profile is never changed. --out writes tuning.yaml for the profile's folder, where it takes \
      the place of the profile's values until it is removed. Each drive is kept in FILE.parts as \
      soon as it is done: the same command goes on after a stop, and with more --evaluations. Exit \
      status 0: the search was done, whether or not it proposes something.
      """)

  @Argument(help: ArgumentHelp("Mission folders to drive.", valueName: "mission"))
  var missions: [String] = []
  @Option(help: ArgumentHelp("Profile folder, read only.", valueName: "DIR"))
  var profile: String
  @Option(
    help: ArgumentHelp(
      "Courses besides the missions, with commas: \(GeneratedCourse.names); none for none.",
      valueName: "NAMES"))
  var courses: String = GeneratedCourse.allCases.map(\.rawValue).joined(separator: ",")
  @Option(help: "How many seeds of noise each choice is driven with, 1 to 100.") var seeds = 4
  @Option(help: "How many other seeds judge what was found, 2 to 100.") var heldOut = 8
  @Option(help: "The first seed; the held-out ones begin 1000 later.") var seed: UInt64 = 1
  @Option(help: "How many choices are driven at most, 2 to 10000.") var evaluations = 60
  @Option(
    help: ArgumentHelp(
      "Steering rate and lateral jerk allowed, of what the profile's own weights need, 0.1 to 10.",
      valueName: "SHARE"))
  var activity = 1.0
  @Option(help: "Of the simulated sensors: reference, or exact.") var noise = "reference"
  @Option(
    help: ArgumentHelp(
      "What is true of this truck and not told in its profile, in SI units; repeatable. "
        + "Names: \(TruthOption.names).", valueName: "NAME=VALUE"))
  var set: [String] = []
  @Option(
    help: ArgumentHelp(
      "The trailer; else each mission's trailer.yaml, and on the courses the longest and heaviest.",
      valueName: "FILE"))
  var trailer: String?
  @Option(help: ArgumentHelp("Where to write the proposed weights.", valueName: "FILE.yaml"))
  var out: String?
  @Option(help: ArgumentHelp("Where to draw the trade-off.", valueName: "FILE.svg|.html"))
  var plot: String?
  @Option(help: "Drives at a time, 1 to 256; the processors when absent.") var jobs: Int?

  mutating func run() throws {
    try check()
    let setup = try TuningSetup(
      profile: profile, missions: missions, courses: courses, trailer: trailer, noise: noise,
      assignments: set)
    let parts = try TuneControlParts(out.map { $0 + ".parts" }, key: setup.key)
    let searched = seedRange(seed, seeds)
    let judged = seedRange(seed &+ 1_000, heldOut)
    let drives = setup.courses.count * (evaluations * seeds + 2 * heldOut)
    let runner = DriveRunner(
      courses: setup.courses, parts: parts,
      workers: jobs ?? ProcessInfo.processInfo.activeProcessorCount, total: drives)
    let result = try TuningResult(
      current: WeightChoice(of: setup.follower), goal: TuningGoal(activity: activity),
      evaluations: evaluations, profile: setup.profileName
    ) { choices, isSearch in
      try runner.scores(choices, seeds: isSearch ? searched : judged)
    }
    runner.finish()
    let report = TuneControlReport(
      setup: setup, result: result, searched: searched, judged: judged, activity: activity)
    print(report.text, terminator: "")
    if let plot {
      try write(plot.hasSuffix(".html") ? report.plot.html() : report.plot.svg(), to: plot)
    }
    guard let out else { return }
    guard result.proposed != nil else {
      return print("\(out) is not written; the drives are kept in \(out).parts")
    }
    try write(report.overlay, to: out)
    print("apply it: cp \(out) \(profile)/\(ProfileOverlay.fileName)")
    print("take it back: rm \(profile)/\(ProfileOverlay.fileName)")
  }

  private func seedRange(_ first: UInt64, _ count: Int) -> [UInt64] {
    (0..<UInt64(count)).map { first &+ $0 }
  }

  /// Before the drives: nobody wants to learn after them that a file cannot be written.
  private func check() throws(CommandFailure) {
    func range(_ name: String, _ value: Int, _ allowed: ClosedRange<Int>) throws(CommandFailure) {
      guard allowed.contains(value) else {
        throw .badInput(
          "--\(name): read \(value); allowed: \(allowed.lowerBound) to \(allowed.upperBound)")
      }
    }
    try range("seeds", seeds, 1...100)
    try range("held-out", heldOut, 2...100)
    try range("evaluations", evaluations, 2...10_000)
    if let jobs { try range("jobs", jobs, 1...256) }
    guard (0.1...10).contains(activity) else {
      throw .badInput("--activity: read \(activity); allowed: 0.1 to 10")
    }
    if let out {
      guard out.hasSuffix(".yaml") else {
        throw .badInput("--out: read \(quoted(out)); allowed: a file name that ends with .yaml")
      }
      try checkPlace(out)
    }
    if let plot {
      guard plot.hasSuffix(".svg") || plot.hasSuffix(".html") else {
        throw .badInput(
          "--plot: read \(quoted(plot)); allowed: a file name that ends with .svg or .html")
      }
      try checkPlace(plot)
    }
  }

  private func checkPlace(_ path: String) throws(CommandFailure) {
    guard !isFolder(path) else { throw .badInput("\(path): is a folder, not a file") }
    func absolute(_ path: String) -> URL {
      URL(filePath: path).absoluteURL.standardizedFileURL.resolvingSymlinksInPath()
    }
    let folder = absolute(path).deletingLastPathComponent()
    guard isFolder(folder.path) else { throw .badInput("\(path): no such folder \(folder.path)") }
    // The profile is never changed by a proposal: who wants it puts it there.
    guard folder.path != absolute(profile).path else {
      throw .badInput("\(path): lies in the profile's folder; allowed: any other folder")
    }
  }

  private func write(_ text: String, to path: String) throws {
    do { try Data(text.utf8).write(to: URL(filePath: path), options: .atomic) } catch {
      throw CommandFailure.badInput("\(path): cannot write (\(reason(error)))")
    }
    print("wrote \(path)")
  }
}
