import Foundation
import Realtime
import Synchronization
import Testing
import Units

private let oneTruckAtATime = NSLock()

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
      guard watch.worst > PauseWatch.limit else { return false }
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

/// A thread above every other one that does nothing but wake up.
final class PauseWatch: Sendable {
  /// Below every threshold of the truck: a control thread is missed after 30 ms.
  static let limit = Interval.milliseconds(20)

  private struct State {
    var worst = Interval.zero
    var isOver = false
  }

  private let state = SharedState()
  private let thread: Mutex<RealtimeThread?>

  private final class SharedState: Sendable {
    let value = Mutex(State())
  }

  init() throws {
    let state = state
    thread = Mutex(
      try RealtimeThread(
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
      })
  }

  /// The latest wake-up so far.
  var worst: Interval { state.value.withLock { $0.worst } }

  func end() {
    state.value.withLock { $0.isOver = true }
    thread.withLock { $0?.join() }
  }
}
