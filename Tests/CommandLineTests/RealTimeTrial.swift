import Foundation
import Realtime
import Synchronization
import Testing
import Units

private let oneTruckAtATime = NSLock()
private let isCertain = Atomic(false)

/// What holds however long anything took, in such a trial: never forgiven.
func whateverTheTime<Result>(_ body: () throws -> Result) rethrows -> Result {
  isCertain.store(true, ordering: .sequentiallyConsistent)
  let result = try body()
  isCertain.store(false, ordering: .sequentiallyConsistent)
  return result
}

/// Runs a trial that programs pass by the clock: by itself, and again when this machine paused in
/// it; four such trials cancel the test and say why.
///
/// A machine that shares its cores stops every thread for as long as its host likes. A truck whose
/// computer does that stops, as it must, so that the trial says nothing. What the programs do where
/// no time passes without them is judged on the rig.
func inRealTime(
  sourceLocation: SourceLocation = #_sourceLocation, _ trial: () throws -> Void
) throws {
  oneTruckAtATime.lock()
  defer { oneTruckAtATime.unlock() }
  isCertain.store(false, ordering: .sequentiallyConsistent)
  var pauses: [String] = []
  while pauses.count < 4 {
    let watch = try PauseWatch()
    defer { watch.end() }
    let isVoid = Mutex(false)
    try withKnownIssue(
      "this machine paused", isIntermittent: true, sourceLocation: sourceLocation
    ) {
      try trial()
    } matching: { _ in
      guard watch.worst > PauseWatch.limit, !isCertain.load(ordering: .sequentiallyConsistent)
      else { return false }
      isVoid.withLock { $0 = true }
      return true
    }
    guard isVoid.withLock({ $0 }) else { return }
    pauses.append("\(watch.worst.nanoseconds / 1_000_000)")
  }
  try Test.cancel(
    "this machine paused every thread for \(pauses.joined(separator: ", ")) ms in four trials",
    sourceLocation: sourceLocation)
}

/// A thread above every other one that does nothing but wake up; where it may not be, it tells no
/// pause.
final class PauseWatch: Sendable {
  /// Below every threshold of the truck: a control thread is missed after 30 ms.
  static let limit = Interval.milliseconds(20)

  private struct State {
    var worst = Interval.zero
    var isOver = false
  }

  private let state = SharedState()
  private let thread: Mutex<RealtimeThread>
  private let isAboveAll: Bool

  private final class SharedState: Sendable {
    let value = Mutex(State())
  }

  init() throws {
    let state = state
    let thread = try RealtimeThread(
      .init(name: "pauses", stackBytes: 256 * 1024, priority: 98)
    ) {
      var timer = PeriodicTimer(period: .milliseconds(2))
      while true {
        _ = timer.wait()
        let worst = timer.worstLateness
        let isOver = state.value.withLock { value in
          value.worst = worst
          return value.isOver
        }
        if isOver { return }
      }
    }
    isAboveAll = thread.schedulingRefused == 0
    self.thread = Mutex(thread)
  }

  /// The latest wake-up so far.
  var worst: Interval { isAboveAll ? state.value.withLock { $0.worst } : .zero }

  func end() {
    state.value.withLock { $0.isOver = true }
    thread.withLock { $0.join() }
  }
}
