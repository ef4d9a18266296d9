import Control
import Realtime
import Recording
import Signals
import Synchronization

/// How cycles get from the control thread to the thread that writes them, and neither ever waits.
package final class CycleHandover: Sendable {
  fileprivate struct Cell: Sendable {
    var inputs = Inputs()
    var outputs = Outputs()
    var decodedHash: UInt64 = 0
    /// The core's state before this cycle is the next keyframe.
    var hasKeyframe = false
  }

  /// Five seconds, about the longest that a flash disk was seen to keep a writer waiting.
  package static var capacity: Int { 512 }

  fileprivate let cycles: SPSCRing<Cell>
  fileprivate let keyframes = SPSCRing<Keyframe>(capacity: 2, filler: Keyframe())
  /// The writer asks for the core's state with one of the next cycles.
  fileprivate let keyframeIsWanted = Atomic<Bool>(false)
  /// Cycles that found no room.
  private let refused = Atomic<UInt64>(0)
  /// Whether the drive is kept, as `RecordingState`, from the writer to the control thread.
  private let rawState = Atomic<UInt8>(RecordingState.none.rawValue)

  package init(capacity: Int = CycleHandover.capacity) {
    cycles = SPSCRing(capacity: capacity, filler: Cell())
  }

  package var drops: UInt64 { refused.load(ordering: .relaxed) }

  package var state: RecordingState {
    RecordingState(rawValue: rawState.load(ordering: .relaxed)) ?? .failed
  }

  /// The writer's: the core's state with the next cycle that finds room.
  package func askForKeyframe() { keyframeIsWanted.store(true, ordering: .relaxed) }

  /// The writer's: the oldest cycle, and the core's state before it where that was handed over.
  package func take(
    _ cycle: inout RecordedCycle, keyframe: (Keyframe) -> Void
  ) -> Bool {
    cycles.take { cell in
      cycle.inputs = cell.inputs
      cycle.outputs = cell.outputs
      cycle.decodedHash = cell.decodedHash
      if cell.hasKeyframe { _ = keyframes.take { keyframe($0) } }
    }
  }

  func set(_ state: RecordingState) { rawState.store(state.rawValue, ordering: .relaxed) }

  fileprivate func countDrop() { refused.add(1, ordering: .relaxed) }
}

/// The control thread's end: no lock, no allocation, one copy of inputs and outputs a cycle.
package struct CycleSource: Sendable {
  private let handover: CycleHandover
  /// A cycle was dropped: the next one is handed over with the core's state or not at all.
  package private(set) var isBroken = false
  private var isTaken = false
  private var hasKeyframe = false

  package init(_ handover: CycleHandover) { self.handover = handover }

  /// Before the step.
  ///
  /// - Parameter cycle: its number, by which the core's state is due now and then.
  package mutating func begin(_ controller: inout Controller, cycle: UInt64) {
    isTaken = handover.cycles.hasRoom
    hasKeyframe = false
    let isWanted = handover.keyframeIsWanted.load(ordering: .relaxed)
    let isDue = cycle % DriveSchema.keyframePeriod == 0
    guard isTaken, isBroken || isWanted || isDue else { return }
    hasKeyframe = handover.keyframes.fill { controller.save(to: &$0) }
    if hasKeyframe { handover.keyframeIsWanted.store(false, ordering: .relaxed) }
    isTaken = hasKeyframe || !isBroken
  }

  /// After it.
  package mutating func end(
    _ controller: inout Controller, _ inputs: borrowing @_addressable Inputs,
    _ outputs: borrowing @_addressable Outputs
  ) {
    guard isTaken else {
      isBroken = true
      return handover.countDrop()
    }
    isBroken = false
    let hash = controller.decodedHash
    handover.cycles.fill {
      $0.inputs = copy inputs
      $0.outputs = copy outputs
      $0.decodedHash = hash
      $0.hasKeyframe = hasKeyframe
    }
  }
}
