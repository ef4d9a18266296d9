import GPSD
import Signals
import Units

/// One change of state at a time of the log.
package struct TimelineEntry: Sendable, Equatable {
  package enum Event: Sendable, Equatable {
    case faultBegan(Reason)
    case faultEnded(Reason)
    /// What the health of inputs and buses demands.
    case demand(StopLevel, Reason)
    /// The safe-stop ladder as it would act on that demand; the recorded truck does not obey it.
    case ladder(phase: String, reason: Reason)
    case mode(Mode)
    /// Why the truck could not be armed; `.none` when it could.
    case readiness(Reason)
    case trust(PositionTrust)
    case zone(String)
    /// What would be sent, whenever a part of it changes notably.
    case command(Command)
    case gnssRefused(String)
    case gnssAccepted
  }

  /// Seconds on the log's own clock; since its first frame when that carries dates.
  package var seconds: Double
  package var event: Event
}

/// What became of one expected message.
package struct MessageSummary: Sendable {
  package var name: String
  package var frames: UInt64 = 0
  package var badChecksums: UInt32 = 0
  package var badCounters: UInt32 = 0
  package var shortFrames: UInt32 = 0
  package var first = Double.nan
  package var last = Double.nan
  package var longestGap = 0.0
  /// When the longest gap began.
  package var gapBegan = Double.nan

  /// Silence before the first frame and after the last is a gap like any other.
  mutating func close(from start: Double, to end: Double) {
    guard frames > 0 else { return }
    for (began, ended) in [(start, first), (last, end)] where ended - began > longestGap {
      longestGap = ended - began
      gapBegan = began
    }
  }
}

/// The values of one signal, in the unit of its channel.
package struct SignalSummary: Sendable {
  package var channel: SignalChannel
  package var valid = 0
  package var notAvailable = 0
  /// Error indications, values out of range and frames that failed a check.
  package var refused = 0
  package var first = Double.nan
  package var last = Double.nan
  package var lowest = Double.infinity
  package var highest = -Double.infinity

  mutating func take(_ sample: SignalSample) {
    switch sample.state {
    case .valid:
      if valid == 0 { first = sample.value }
      valid += 1
      last = sample.value
      lowest = min(lowest, sample.value)
      highest = max(highest, sample.value)
    case .notAvailable: notAvailable += 1
    case .neverReceived: break
    case .errorIndicated, .badChecksum, .frozenCounter, .outOfRange: refused += 1
    }
  }
}

/// All that a replay found.
package struct Timeline: Sendable {
  package var log = ""
  package var profile = ""
  package var mission: String?
  package var entries: [TimelineEntry] = []
  package var messages: [MessageSummary] = []
  package var signals: [SignalSummary] = []
  package var cycles: UInt64 = 0
  package var frames = 0
  package var unmatchedFrames: UInt64 = 0
  package var errorFrames = 0
  package var reorderedFrames = 0
  /// Frames beyond what one cycle can hold.
  package var overflowedFrames = 0
  package var start = 0.0
  package var end = 0.0
  /// Of the first frame, UTC nanoseconds; 0 when the log does not carry dates.
  package var date: Int64 = 0
  package var gnssReports = 0
  package var gnssRefusals: [(reason: String, count: Int)] = []
  package var gnssUnused = 0

  package init() {}

  package func signal(_ channel: SignalChannel) -> SignalSummary? {
    signals.first { $0.channel == channel }
  }

  package func message(_ name: String) -> MessageSummary? { messages.first { $0.name == name } }

  /// The first demand for a stop.
  package var firstStop: (seconds: Double, reason: Reason)? {
    for entry in entries {
      if case .demand(let level, let reason) = entry.event, level >= .comfortStop {
        return (entry.seconds, reason)
      }
    }
    return nil
  }
}
