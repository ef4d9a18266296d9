/// A place where frames of one bus come in and go out: a socket, an in-process bus, a log.
package protocol CANPort: AnyObject {
  /// The next waiting frame, nil when none waits; never blocks.
  func receive() throws(CANPortError) -> CANReception?
  /// Hands a frame to the bus without waiting; what could not be sent is dropped and counted.
  func send(_ frame: CANFrame) -> CANSendOutcome
  /// Readable when frames wait; nil for ports without one.
  var descriptor: Int32? { get }
  var statistics: CANStatistics { get }
}

/// A frame with its times.
package struct CANReception: Sendable {
  package var frame: CANFrame
  /// When this process took it, CLOCK_MONOTONIC nanoseconds.
  package var receivedAt: Int64
  /// The kernel's own stamp, CLOCK_REALTIME nanoseconds; 0 when there is none.
  package var kernelTime: Int64 = 0
  /// Our own frame, echoed: the proof that it went out.
  package var isOwn = false

  package init(frame: CANFrame, receivedAt: Int64) {
    self.frame = frame
    self.receivedAt = receivedAt
  }
}

package enum CANSendOutcome: Sendable, Equatable {
  case sent
  /// The queue was full (ENOBUFS, EAGAIN): this frame is gone, the next one may go.
  case dropped
  /// The interface is down; it may come back.
  case down
  /// The interface no longer exists.
  case gone
  case failed(errno: Int32)
}

package enum CANPortError: Error, Equatable {
  case interfaceDown
  case interfaceGone
  case system(call: String, errno: Int32)
}

/// Running totals of a port; they only grow.
package struct CANStatistics: Sendable, Equatable {
  package var received: UInt64 = 0
  package var sent: UInt64 = 0
  package var sendDropped: UInt64 = 0
  /// Frames that the kernel dropped before we read them.
  package var receiveDropped: UInt64 = 0
  package var errorFrames: UInt64 = 0
  package var timesDown: UInt64 = 0

  package init() {}
}
