import Control
import DriveConfiguration
import Recording
import Signals

/// The core, run again over a recorded drive cycle by cycle: what it decoded and estimated, the cycle
/// as recorded, and what it decided now.
///
/// It is looked at in place: closures that were shown a cycle copied its table of frames each time.
package struct DriveWalk: ~Copyable {
  package internal(set) var controller: Controller
  package private(set) var cycle = RecordedCycle()
  package internal(set) var outputs = Outputs()
  /// Since the first cycle of the recording, s; where it began.
  package let startedAt: Double
  private let replay: DriveReplay
  private let log: DriveLog
  private var isFirst = true

  init(_ replay: DriveReplay, _ log: DriveLog, from seconds: Double?) throws(RecordingError) {
    self.replay = replay
    self.log = log
    controller = Controller(configuration: replay.configuration.controller)
    // A recording that is read a second time goes on where it was left.
    if let seconds { startedAt = try log.seek(to: seconds) } else { startedAt = 0 }
  }

  /// The next cycle, and the core after it; false at the end of the drive.
  package mutating func next() throws -> Bool {
    guard try read() else { return false }
    step()
    return true
  }

  /// The recorded state that the cycle in hand starts from, where there is one.
  var keyframe: RecordedKeyframe? { log.keyframe }

  /// Reads the next cycle; the core has still to take it.
  mutating func read() throws -> Bool {
    guard try log.next(&cycle) else { return false }
    if isFirst, let keyframe { try resume(keyframe) }
    isFirst = false
    return true
  }

  mutating func step() {
    let route = replay.configuration.route
    outputs = controller.step(cycle.inputs, route: route.span)
  }

  /// A state of other software matters only where it is not that of a new core.
  private mutating func resume(_ keyframe: RecordedKeyframe) throws(ReplayRefused) {
    if !keyframe.isOurs, keyframe.hashes == DriveHashes() { return }
    guard let state = keyframe.state else {
      throw ReplayRefused(
        "the state of the core that it begins with is that of other software: replay it with the "
          + "build that recorded it")
    }
    guard controller.resume(from: state) else {
      throw ReplayRefused("the state of the core that it begins with has words that no field holds")
    }
  }
}

/// A walk that holds each cycle against the record.
package struct ComparedWalk: ~Copyable {
  package internal(set) var walk: DriveWalk
  private var comparer: DriveComparer
  private let goesOn: Bool
  private var isSame = true

  init(_ walk: consuming DriveWalk, goesOn: Bool) {
    comparer = DriveComparer(startedAt: walk.startedAt)
    self.walk = walk
    self.goesOn = goesOn
  }

  package var comparison: DriveComparison { comparer.comparison }

  /// The next cycle; false at the end of the drive, or after the first difference.
  package mutating func next() throws -> Bool {
    guard isSame || goesOn, try walk.read() else { return false }
    if isSame, let keyframe = walk.keyframe {
      isSame = comparer.compare(&walk, with: keyframe)
      guard isSame || goesOn else { return false }
    }
    walk.step()
    if isSame { isSame = comparer.compare(&walk) }
    return true
  }
}
