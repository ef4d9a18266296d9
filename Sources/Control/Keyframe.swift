import Signals
import Units

/// The whole state of a controller, a word for each field: 32 KiB that are copied by value.
package typealias Keyframe = WordWriter<4_096>

extension Controller {
  /// Walks all that the next cycle depends on beside its inputs, the configuration and the route.
  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visit("decoder", &decoder)
    visitor.visit("signals", &signals)
    visitor.visit("estimator", &estimator)
    visitor.visit("follower", &follower)
    visitor.visit("keeper", &keeper)
    visitor.visit("positionCap", &positionCap)
    visitor.visit("degradedCap", &degradedCap)
    visitor.visit("standstill", &standstill)
    visitor.visit("health", &health)
    visitor.visit("ladder", &ladder)
    visitor.visit("modes", &modes)
    visitor.visit("arming", &arming)
    visitor.visit("moveOff", &moveOff)
    visitor.visit("plans", &plans)
    visitor.visit("gate", &gate)
    visitor.visit("lastCommand", &lastCommand)
    visitor.visit("lastSpeedCap", &lastSpeedCap)
    visitor.visit("steppedAt", &steppedAt)
    visitor.visit("clampedCycles", &clampedCycles)
    visitor.visit("requestedStop", &requestedStop)
    visitor.visit("acknowledge", &acknowledge)
    visitor.visit("guardianEcho", &guardianEcho)
    visitor.visit("stopEnd", &stopEnd)
    visitor.visit("brakes", &brakes)
    visitor.visit("persons", &persons)
    visitor.visit("articulation", &articulation)
    visitor.visit("ahead", &ahead)
    visitor.visit("trip", &trip)
    visitor.visit("clock", &clock)
  }

  /// Of every signal as decoded so far: what a replay must decode alike.
  package var decodedHash: UInt64 {
    // Mutating: a controller that is only read is copied whole for it.
    mutating get {
      var hash = FieldHash()
      for raw in 0..<UInt8(SignalChannel.count) {
        guard let channel = SignalChannel(rawValue: raw) else { continue }
        // A walk would need a copy of all.
        let sample = signals[channel]
        hash.mix(sample.value.isNaN ? Double.nan.bitPattern : sample.value.bitPattern)
        hash.mix(UInt64(bitPattern: sample.validAt.nanoseconds))
        hash.mix(UInt64(bitPattern: sample.receivedAt.nanoseconds))
        hash.mix(UInt64(sample.state.rawValue))
      }
      return hash.hash
    }
  }

  /// Writes the state between two cycles, without a heap call.
  package mutating func save(to keyframe: inout Keyframe) {
    keyframe = Keyframe()
    visit(&keyframe)
  }

  /// Goes on from a state that was saved by a controller of the same configuration.
  ///
  /// False when there are other than its words, or one that its field cannot hold; the state is then
  /// of no use.
  package mutating func resume(from keyframe: borrowing @_addressable Keyframe) -> Bool {
    var reader = WordReader(keyframe.words, count: keyframe.count)
    visit(&reader)
    let isSpent = reader.count == keyframe.count
    return isSpent && !reader.failed
  }
}
