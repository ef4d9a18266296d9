import Foundation
import Realtime
import Synchronization
import Testing
import Units

extension Trait where Self == RealTimeTrial {
  /// For what programs pass by the clock.
  public static var realTime: Self { RealTimeTrial() }
}

/// Runs a test by itself, and again when it failed while this machine paused; four such trials
/// cancel the test and say why.
///
/// A machine that shares its cores stops every thread for as long as its host likes. A truck whose
/// computer does that stops, as it must, so that the trial says nothing. What the programs do where
/// no time passes without them is judged on the rig.
public struct RealTimeTrial: SuiteTrait, TestTrait, TestScoping {
  private static let trials = 4
  /// In one run of all tests: a machine that is late all the time is not waited for.
  private static let voidTrials = 5
  private static let voided = Mutex(0)
  private static let watching = Mutex<PauseWatch?>(nil)

  /// Whether the machine was late in the trial that runs: what has not come soon will not come.
  public static var isLate: Bool { watching.withLock { $0?.pause != nil } }

  public let isRecursive = true

  public func scopeProvider(for test: Test, testCase: Test.Case?) -> Self? {
    testCase == nil ? nil : self
  }

  public func provideScope(
    for test: Test, testCase: Test.Case?, performing trial: @Sendable () async throws -> Void
  ) async throws {
    await Turns.shared.take()
    do {
      try await Self.repeated(trial, of: test)
      await Turns.shared.pass()
    } catch {
      await Turns.shared.pass()
      throw error
    }
  }

  private static func repeated(
    _ trial: @Sendable () async throws -> Void, of test: Test
  ) async throws {
    var pauses: [String] = []
    repeat {
      guard let pause = try await pauseThatVoids(trial, of: test) else { return }
      pauses.append(pause)
      voided.withLock { $0 += 1 }
    } while pauses.count < trials && voided.withLock { $0 } < voidTrials
    try Test.cancel(
      "this machine was late in \(pauses.count) trials: \(pauses.joined(separator: "; "))",
      sourceLocation: test.sourceLocation)
  }

  /// What the machine did in a trial that failed while it did so; nil when the trial counts.
  private static func pauseThatVoids(
    _ trial: @Sendable () async throws -> Void, of test: Test
  ) async throws -> String? {
    let watch = try PauseWatch()
    watching.withLock { $0 = watch }
    defer {
      watching.withLock { $0 = nil }
      watch.end()
    }
    let isVoid = Mutex(false)
    try await withKnownIssue(
      "this machine paused", isIntermittent: true, sourceLocation: test.sourceLocation
    ) {
      try await trial()
    } matching: { issue in
      guard watch.pause != nil, canBeLate(issue) else { return false }
      isVoid.withLock { $0 = true }
      return true
    }
    return isVoid.withLock { $0 } ? watch.pause : nil
  }

  /// An error that somebody threw is none of lateness, which expectations see.
  private static func canBeLate(_ issue: Issue) -> Bool {
    if case .errorCaught = issue.kind { return false }
    return !issue.comments.contains(certain)
  }
}

/// The comment of what holds however long anything took: in a real-time trial never forgiven.
public let certain: Comment = "whatever the time"

/// One trial at a time in this process: what keeps every core busy makes the others' programs late.
private actor Turns {
  static let shared = Turns()

  private var isTaken = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func take() async {
    guard isTaken else {
      isTaken = true
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  func pass() {
    guard !waiting.isEmpty else {
      isTaken = false
      return
    }
    waiting.removeFirst().resume()
  }
}

/// A thread above every other one that does nothing but wake up, beside the kernel's word on the
/// time that was stolen from this machine.
///
/// Where the thread may not be above all, it tells no pause.
private final class PauseWatch: Sendable {
  /// Below every threshold of the truck: a control thread is missed after 30 ms.
  private static let latest = Interval.milliseconds(20)
  /// Of the processors' time: beyond it programs are slow without any one long pause.
  private static let stolenShare = 0.1

  private struct State {
    var worst = Interval.zero
    var isOver = false
  }

  private final class SharedState: Sendable {
    let value = Mutex(State())
  }

  private let state = SharedState()
  private let thread: Mutex<RealtimeThread>
  private let isAboveAll: Bool
  private let begin = ProcessorTime()

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

  /// What this machine did to its threads until now, nil when that was nothing.
  var pause: String? {
    guard isAboveAll else { return nil }
    let worst = state.value.withLock { $0.worst }
    if worst > Self.latest { return "paused every thread for \(worst.nanoseconds / 1_000_000) ms" }
    let stolen = begin.stolenShare(until: ProcessorTime())
    return stolen > Self.stolenShare ? "lost \(Int(stolen * 100)) % of its time to its host" : nil
  }

  func end() {
    state.value.withLock { $0.isOver = true }
    thread.withLock { $0.join() }
  }
}

/// proc_stat(5): what the processors did since boot, in ticks; stolen is the eighth number.
private struct ProcessorTime {
  private var total = 0.0
  private var stolen = 0.0

  init() {
    let text = (try? String(contentsOfFile: "/proc/stat", encoding: .utf8)) ?? ""
    let numbers = text.prefix { $0 != "\n" }.split(separator: " ").dropFirst().compactMap {
      Double($0)
    }
    guard numbers.count >= 8 else { return }
    // Guests' time is part of the users'.
    total = numbers.prefix(8).reduce(0, +)
    stolen = numbers[7]
  }

  func stolenShare(until end: ProcessorTime) -> Double {
    end.total > total ? (end.stolen - stolen) / (end.total - total) : 0
  }
}
