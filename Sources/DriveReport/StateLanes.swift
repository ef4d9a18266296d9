import Recording
import Signals
import Units

/// How much a state asks for attention; a page colours by it.
enum Attention: Int, Encodable, Comparable {
  case none, good, notice, warning, alarm

  static func < (first: Attention, second: Attention) -> Bool { first.rawValue < second.rawValue }
}

/// One state over time as bars: mode, demand, trust, zone, hold line, each fault.
struct StateLane: Encodable {
  let name: String
  private(set) var bars: [Bar] = []
  private var isOpen = false

  struct Bar: Encodable {
    let from: Double
    var to: Double
    let text: String
    let attention: Attention
  }

  enum CodingKeys: String, CodingKey { case name, bars }

  init(_ name: String) { self.name = name }

  /// The state from now on, nil for none; answers whether another one began.
  mutating func set(_ text: String?, _ attention: Attention, at time: Double) -> Bool {
    if isOpen, let last = bars.indices.last {
      bars[last].to = time
      if bars[last].text == text { return false }
    }
    isOpen = text != nil
    guard let text else { return false }
    bars.append(Bar(from: time, to: time, text: text, attention: attention))
    return true
  }

  /// The same state goes on.
  mutating func extend(to time: Double) {
    if isOpen, let last = bars.indices.last { bars[last].to = time }
  }
}

/// What happened, and when.
struct ReportEvent: Encodable {
  let at: Double
  let what: String
  let attention: Attention
  /// The row of the stop table that tells more of it.
  var stop: Int?
}

/// Follows the states of a drive.
struct StateLanes {
  private(set) var events: [ReportEvent] = []
  private var mode = StateLane("mode")
  private var ladder = StateLane("ladder")
  private var readiness = StateLane("not ready")
  private var position = StateLane("position")
  private var ahead = StateLane("vehicle ahead")
  private var zone = StateLane("zone")
  private var line = StateLane("may drive to")
  /// In the order in which they began.
  private var faults: [(reason: Reason, lane: StateLane)] = []
  private var held = Faults()
  private var brakings: UInt32 = 0
  private let zoneNames: [String]
  private let lineNames: [String]
  private var previous: States?

  /// All that the lanes are made of: to put it into words costs more than to run the core.
  private struct States: Equatable {
    let mode: Mode
    let demand: StopDemand
    let notReady: Reason
    let trust: PositionTrust
    let ahead: VehicleAheadPhase
    let zone: Int64?
    let holdLine: Int64
    let faults: Faults

    init(_ outputs: borrowing @_addressable Outputs) {
      mode = outputs.mode
      demand = outputs.demand
      notReady = outputs.notReady
      trust = outputs.state.trust
      ahead = outputs.motion.ahead.phase
      zone = outputs.path.isOnRoute ? outputs.zone : nil
      holdLine = outputs.holdLine
      faults = outputs.faults
    }
  }

  init(zones: [String], lines: [String]) {
    zoneNames = zones
    lineNames = lines
  }

  /// Those that ever had a bar.
  var lanes: [StateLane] {
    ([mode, ladder, readiness, position, ahead, zone, line] + faults.map(\.lane))
      .filter { !$0.bars.isEmpty }
  }

  mutating func take(_ outputs: borrowing @_addressable Outputs, at time: Double) {
    takeBrakes(outputs.brakes, time)
    let now = States(outputs)
    guard now != previous else { return extend(to: time) }
    previous = now
    let modeText = "\(outputs.mode)"
    if mode.set(modeText, Attention(outputs.mode), at: time) {
      add("mode \(modeText)", Attention(outputs.mode), time)
    }
    let level = outputs.demand.level
    let demand = level == .nominal ? "nominal" : "\(level): \(outputs.demand.reason)"
    if ladder.set(demand, Attention(level), at: time) { add(demand, Attention(level), time) }
    let waits = !outputs.mode.isDriven && outputs.notReady != .none
    if readiness.set(waits ? "\(outputs.notReady)" : nil, .notice, at: time) {
      add("not ready to arm: \(outputs.notReady)", .none, time)
    }
    let trust = "\(outputs.state.trust)"
    if position.set(trust, Attention(outputs.state.trust), at: time) {
      let tests = outputs.state.integrity.sinceTrusted
      let names = tests.isEmpty ? "" : ": " + tests.map { "\($0)" }.joined(separator: ", ")
      add("position \(trust)\(names)", Attention(outputs.state.trust), time)
    }
    let phase = now.ahead
    let isTold = phase != .absent && phase != .clear
    if ahead.set(isTold ? "\(phase)" : nil, .none, at: time), isTold {
      add("vehicle ahead \(phase)", .none, time)
    }
    let zoneName = outputs.path.isOnRoute ? Self.name(zoneNames, outputs.zone) : nil
    if zone.set(zoneName, .none, at: time), let zoneName { add("enters \(zoneName)", .none, time) }
    let lineName = Self.name(lineNames, outputs.holdLine)
    if line.set(lineName, .none, at: time), let lineName {
      add("may drive to \(lineName)", .none, time)
    }
    take(outputs.faults, time)
  }

  /// S-8: each braking that was measured.
  private mutating func takeBrakes(_ found: BrakeAccount, _ time: Double) {
    guard found.brakings != brakings else { return }
    brakings = found.brakings
    let percent = Int(min(max(found.lastShare.value * 100, 0), 100).rounded())
    let all = Int(min(max(found.share.value * 100, 0), 100).rounded())
    add(
      "brakes gave \(percent) % of what was demanded, \(all) % over all"
        + (found.endsTrip ? ": the trip ends at the next hold line" : ""),
      found.endsTrip ? .alarm : all < 80 ? .warning : .none, time)
  }

  private mutating func extend(to time: Double) {
    mode.extend(to: time)
    ladder.extend(to: time)
    readiness.extend(to: time)
    position.extend(to: time)
    zone.extend(to: time)
    line.extend(to: time)
    for place in faults.indices { faults[place].lane.extend(to: time) }
  }

  private mutating func take(_ now: Faults, _ time: Double) {
    for place in faults.indices where now.contains(faults[place].reason) {
      _ = faults[place].lane.set("\(faults[place].reason)", .warning, at: time)
    }
    guard now != held else { return }
    for raw in 0..<UInt8(Reason.count) {
      guard let reason = Reason(rawValue: raw), now.contains(reason) != held.contains(reason)
      else { continue }
      let place: Int
      if let known = faults.firstIndex(where: { $0.reason == reason }) {
        place = known
      } else {
        faults.append((reason, StateLane("\(reason)")))
        place = faults.count - 1
      }
      let begins = now.contains(reason)
      _ = faults[place].lane.set(begins ? "\(reason)" : nil, .warning, at: time)
      add("\(reason) \(begins ? "began" : "ended")", begins ? .warning : .none, time)
    }
    held = now
  }

  private mutating func add(_ what: String, _ attention: Attention, _ time: Double) {
    events.append(ReportEvent(at: time, what: what, attention: attention))
  }

  /// Of names that a map gives; nil outside all.
  static func name(_ names: [String], _ index: Int64) -> String? {
    guard index >= 0 else { return nil }
    guard let place = Int(exactly: index), names.indices.contains(place) else { return "\(index)" }
    return names[place]
  }
}

extension Attention {
  init(_ mode: Mode) {
    self =
      switch mode {
      case .manual, .shadow: .none
      case .armed: .notice
      case .autonomous: .good
      case .stopping: .alarm
      case .held: .warning
      }
  }

  init(_ level: StopLevel) {
    self =
      switch level {
      case .nominal: .none
      case .degraded: .notice
      case .comfortStop: .warning
      case .emergencyStop: .alarm
      }
  }

  init(_ trust: PositionTrust) {
    self =
      switch trust {
      case .unknown: .none
      case .trusted: .good
      case .suspect: .notice
      case .deadReckoning: .warning
      case .lost: .alarm
      }
  }
}
