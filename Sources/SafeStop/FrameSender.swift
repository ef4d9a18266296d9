import Signals
import Units
import WireCodec

/// Sends each transmit row by its own period, with gapless counters.
struct FrameSender: Sendable, Visitable {
  private var encoder = FrameEncoder()
  private var dueAt = InlineArray<12, Instant>(repeating: .never)
  private(set) var sent: UInt64 = 0

  init() {}

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("encoder", &encoder)
    for i in 0..<FrameTable.transmitCapacity { visitor.visit("dueAt", &dueAt[i]) }
    visitor.visit("sent", &sent)
  }

  /// Appends the frames that are due.
  ///
  /// - Parameter enable: whether the dynamic enable goes on changing; without it the independent
  ///   brake path takes over (S-1).
  mutating func send(
    _ command: Command, enable: Bool, at now: Instant,
    configuration: @_addressable GuardianConfiguration, into output: inout GuardianOutput
  ) {
    let values = CommandValues(command, geometry: SteeringGeometry(configuration.vehicle))
    for i in 0..<configuration.frames.transmitCount {
      let period = max(configuration.frames.transmit[i].period, .milliseconds(1))
      // Cycles are 10 ms: what falls due before the next one is half over goes now.
      guard now + .milliseconds(5) >= dueAt[i] else { continue }
      let isOnTime = dueAt[i] != .never && now - dueAt[i] < period
      dueAt[i] = (isOnTime ? dueAt[i] : now) + period
      guard output.frameCount < FrameTable.transmitCapacity else { continue }
      output.frames[output.frameCount] = encoder.encode(
        i, table: configuration.frames, values: values, enable: enable)
      output.frameCount += 1
      sent &+= 1
    }
  }
}
