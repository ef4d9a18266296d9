import CLinux
import SharedPage
import Signals

/// Lines for the journal, without strings on the heap.
enum GuardianJournal {
  static func say(_ text: StaticString) {
    var line = Line()
    line.add(text)
    line.write()
  }

  static func say(_ text: StaticString, error: Int32) {
    var line = Line()
    line.add(text)
    line.add(" (error ")
    line.add(UInt64(error.magnitude))
    line.add(")")
    line.write()
  }

  static func changed(to state: GuardianState, because demand: StopDemand, _ played: Bool) {
    var line = Line()
    line.add("guardian: ")
    line.add(name(state))
    if demand.level != .nominal {
      line.add(", reason ")
      line.add(demand.reason.name)
      line.add(played ? " with plan" : " without plan")
    }
    line.write()
  }

  static func changed(to address: AddressState) {
    switch address {
    case .absent: say("guardian: no source address is claimed on this truck")
    case .silent: say("guardian: source address not in use")
    case .contested: say("guardian: another ECU holds our source address")
    case .claiming: say("guardian: claiming the source address")
    case .claimed: say("guardian: source address claimed")
    case .lost: say("guardian: source address lost in motion")
    case .cannotClaim: say("guardian: cannot claim the source address")
    }
  }

  private static func name(_ state: GuardianState) -> StaticString {
    switch state {
    case .starting: "starting"
    case .idle: "idle"
    case .relaying: "relaying"
    case .stopping: "stopping"
    case .held: "held"
    }
  }

  private struct Line {
    private var bytes = InlineArray<128, UInt8>(repeating: 0)
    private var count = 0

    mutating func add(_ text: StaticString) {
      for i in 0..<text.utf8CodeUnitCount { add(unsafe text.utf8Start[i]) }
    }

    mutating func add(_ number: UInt64) {
      var divisor: UInt64 = 1
      while number / divisor >= 10 { divisor *= 10 }
      while divisor > 0 {
        add(UInt8(48 + number / divisor % 10))
        divisor /= 10
      }
    }

    private mutating func add(_ byte: UInt8) {
      guard count < 127 else { return }
      bytes[count] = byte
      count += 1
    }

    mutating func write() {
      bytes[count] = 10
      unsafe bytes.span.withUnsafeBufferPointer { unsafe tl_log($0.baseAddress, count + 1) }
    }
  }
}
