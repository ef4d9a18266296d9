import Control
import DriveConfiguration
import Foundation
import Logbook
import Recording
import Replay
import Signals
import Simulation
import SiteMap
import Synchronization
import Testing
import Units

/// A simulated drive, recorded as the daemon records: through the hand-over, by the keeper.
final class KeptDrive {
  let folder: URL
  let handover = CycleHandover()
  let keeper: DriveKeeper
  let journal = Journal()
  private(set) var outputs = Outputs()
  private(set) var cycles: UInt64 = 0
  private var drive: SimulatedDrive
  private var controller: Controller
  private var source: CycleSource
  private let route: [RoutePiece]
  private let removesFolder: Bool

  final class Journal: Sendable {
    private let texts = Mutex<[String]>([])
    func add(_ text: String) { texts.withLock { $0.append(text) } }
    var lines: [String] { texts.withLock { $0 } }
  }

  static let configuration = Result {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    return try compileDrive(
      profile: root + "/hw-profiles/j1939-tractor-semitrailer",
      mission: root + "/missions/demo-crossing")
  }

  /// - Parameter folder: made and removed where none is given.
  init(_ limits: DriveLimits, folder: URL? = nil) throws {
    let configuration = try Self.configuration.get()
    removesFolder = folder == nil
    self.folder =
      folder
      ?? FileManager.default.temporaryDirectory.appending(path: "tulpar-drives-\(UUID())")
    let journal = journal
    keeper = DriveKeeper(
      DriveDisk(folder: self.folder.path), limits: limits,
      contents: try RecordingContents(configuration, software: "tests", folders: []),
      handover: handover
    ) { _, text in journal.add(text) }
    drive = SimulatedDrive(configuration: configuration, scenario: Scenario(), seed: 3)
    controller = Controller(configuration: configuration.controller)
    source = CycleSource(handover)
    route = configuration.route
  }

  deinit { if removesFolder { try? FileManager.default.removeItem(at: folder) } }

  var loop: ClosedLoop { drive.loop }

  /// - Parameter stalls: the keeper's thread gets no time meanwhile.
  func run(cycles count: Int, stalls: Bool = false) {
    // A local, because a span cannot depend on a property of a class.
    let route = route
    for _ in 0..<count where drive.advance() {
      var inputs = drive.loop.inputs
      inputs.records.recording = handover.state
      source.begin(&controller, cycle: inputs.cycle)
      outputs = controller.step(inputs, route: route.span)
      source.end(&controller, inputs, outputs)
      cycles += 1
      if cycles % 5 == 0, !stalls { turn() }
    }
  }

  func turn() {
    keeper.turn(at: drive.loop.inputs.now, utc: Self.begin + drive.loop.inputs.now.nanoseconds)
  }

  /// 2026-11-22, 05:43:12 UTC.
  static let begin: Int64 = 1_795_326_192_000_000_000

  /// Closes the file in hand as the end of the daemon does.
  func end() {
    turn()
    keeper.finish(at: drive.loop.inputs.now)
  }

  /// Leftovers are made whole on a thread of their own, and its word comes last.
  func waitUntil(_ what: String, _ isIt: (String) -> Bool) throws {
    let end = Date.now + 120
    while !journal.lines.contains(where: isIt) {
      try #require(Date.now < end, "no word in 120 s that \(what): \(journal.lines)")
      Thread.sleep(forTimeInterval: 0.02)
    }
  }

  func names(_ ending: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
      .filter { $0.hasSuffix(ending) }
  }

  func log(_ name: String) throws -> DriveLog {
    try DriveLog(ByteSource(opening: folder.path + "/" + name))
  }
}

/// A folder of drives that goes with the test.
final class TemporaryDrives {
  let url = FileManager.default.temporaryDirectory.appending(path: "tulpar-drives-\(UUID())")

  deinit { try? FileManager.default.removeItem(at: url) }

  func put(_ name: String, bytes: Int, at date: Date = .now) throws {
    let manager = FileManager.default
    try manager.createDirectory(at: url, withIntermediateDirectories: true)
    let file = url.appending(path: name)
    try Data(count: bytes).write(to: file)
    try manager.setAttributes([.modificationDate: date], ofItemAtPath: file.path)
  }
}

extension DriveLog {
  /// How many cycles it has, and how they begin and end: identical when the core runs over them.
  func replayed() throws -> DriveComparison { try DriveReplay(self).run() }
}
