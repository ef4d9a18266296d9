import Signals
import Units

/// What `tulpar-bus` does with an interface.
package enum LinkPhase: String, Sendable, CaseIterable {
  case up
  /// Somebody took it down, or it cannot be brought up.
  case down
  /// Unplugged; it is brought up again when it comes back.
  case gone
  /// After a bus-off, until the pause before the next restart is over.
  case pausing
  /// A restart is due and waits until the truck stands.
  case waitingForStandstill
  /// The restarts are used up; a person decides.
  case givenUp
}

/// The state of one link as `tulpar-bus` publishes it: one line in the runtime folder.
package struct LinkReport: Sendable, Equatable {
  package var writtenAt = Instant.never
  package var phase = LinkPhase.down
  package var controller = CANControllerState.unknown
  /// Bits per second, 0 where it is not known.
  package var bitRate: UInt32 = 0
  /// Nil where the driver has no counters.
  package var transmitErrors: UInt16?
  package var receiveErrors: UInt16?
  /// Restarts of the controller since the helper's start.
  package var restarts: UInt32 = 0

  package init() {}

  /// Where it is published; of a stand-in bus only the name of its socket counts.
  package static func path(interface: String, folder: String) -> String {
    let name = interface.lastIndex(of: "/").map { interface[interface.index(after: $0)...] }
    return folder + "/link-" + (name ?? interface[...])
  }

  private static let signature = "tulpar-link-1"
  private static let controllers: [CANControllerState] = [
    .unknown, .active, .warning, .passive, .busOff,
  ]

  package var line: String {
    let counters = [transmitErrors, receiveErrors].map { $0.map { "\($0)" } ?? "-" }
    let words = [
      Self.signature, "\(writtenAt.nanoseconds)", phase.rawValue, "\(controller)", "\(bitRate)",
      counters[0], counters[1], "\(restarts)",
    ]
    return words.joined(separator: " ") + "\n"
  }

  /// Nil for a text that is no such line.
  package init?(line: String) {
    let words = line.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 8, words[0] == Self.signature, words[7].hasSuffix("\n"),
      let writtenAt = Int64(words[1]), let phase = LinkPhase(rawValue: String(words[2])),
      let controller = Self.controllers.first(where: { "\($0)" == words[3] }),
      let bitRate = UInt32(words[4]), let restarts = UInt32(words[7].dropLast()),
      let transmitErrors = Self.counter(words[5]), let receiveErrors = Self.counter(words[6])
    else { return nil }
    self.writtenAt = Instant(nanoseconds: writtenAt)
    self.phase = phase
    self.controller = controller
    self.bitRate = bitRate
    self.transmitErrors = transmitErrors.value
    self.receiveErrors = receiveErrors.value
    self.restarts = restarts
  }

  private static func counter(_ word: Substring) -> (value: UInt16?, Void)? {
    if word == "-" { return (nil, ()) }
    guard let value = UInt16(word) else { return nil }
    return (value, ())
  }
}
