import ControlTuning
import Dispatch
import Synchronization

/// Drives choices of weights on all processors; what is already known is not driven again.
final class DriveRunner: Sendable {
  private let courses: [TuningCourse]
  private let workers: Int
  private let state: Mutex<State>

  private struct State: Sendable {
    var parts: TuneControlParts
    var progress: ProgressLine
    var done = 0
    var pending: [(course: Int, drive: TuneControlParts.Drive)] = []
    var failure: CommandFailure?
  }

  /// - Parameter total: drives that may be due in all, for the progress line.
  init(courses: [TuningCourse], parts: TuneControlParts, workers: Int, total: Int) {
    self.courses = courses
    self.workers = workers
    state = Mutex(State(parts: parts, progress: ProgressLine(total: total)))
  }

  /// Of each choice, every course with every seed; which drive was done first changes nothing.
  func scores(_ choices: [WeightChoice], seeds: [UInt64]) throws -> [CourseScores] {
    func drive(_ choice: WeightChoice, _ course: Int, _ seed: UInt64) -> TuneControlParts.Drive {
      TuneControlParts.Drive(course: courses[course].name, seed: seed, choice: choice)
    }
    state.withLock { state in
      for choice in choices {
        for course in courses.indices {
          for seed in seeds {
            let one = drive(choice, course, seed)
            state.done += 1
            guard state.parts[one] == nil else { continue }
            state.done -= 1
            state.pending.append((course, one))
          }
        }
      }
      state.pending.reverse()
    }
    DispatchQueue.concurrentPerform(iterations: workers) { _ in work() }
    return try state.withLock { state in
      if let failure = state.failure { throw failure }
      return choices.map { choice in
        CourseScores(
          drives: courses.indices.map { course in
            seeds.map { state.parts[drive(choice, course, $0)] ?? DriveMeasures() }
          })
      }
    }
  }

  private func work() {
    while let (course, drive) = state.withLock({ $0.pending.popLast() }) {
      let measures = courses[course].drive(drive.choice, seed: drive.seed)
      state.withLock { state in
        state.done += 1
        do throws(CommandFailure) { try state.parts.keep(measures, of: drive) } catch {
          state.failure = error
          state.pending = []
        }
        state.progress.show(state.done, "\(drive.course), seed \(drive.seed)")
      }
    }
  }

  /// Takes the progress line away.
  func finish() { state.withLock { $0.progress.finish() } }
}
