import CLinux
import Explanation
import DriveConfiguration
import Realtime
import Records
import Signals
import SocketCAN
import Supervisor
import Synchronization
import Units

/// What an operator may ask of the core, and the answer.
final class OperatorCommands: @unchecked Sendable {
  private let state: DaemonState
  private let buses: [BusState]
  private let fixedNames: Names
  private let began = Instant(nanoseconds: tl_monotonic_ns())
  /// Why authority may not be scripted here, nil where it may.
  private let scriptRefusal: String?
  private let record: DriveRecord?
  /// Which trailers the profile allows, nil for a truck that pulls none.
  private let trailers: TrailerRange?
  // Used by the socket's thread only.
  private var sequence: UInt64 = 0
  private var trailerTold = TrailerFacts()

  init(
    state: DaemonState, buses: [BusState], names: Names, record: DriveRecord?,
    trailers: TrailerRange?
  ) {
    self.record = record
    self.state = state
    self.trailers = trailers
    self.buses = buses
    fixedNames = names
    // A script that grants authority is for benches: never where a truck may hang on the bus.
    let real = buses.first { unsafe tl_interface_is_virtual($0.interface) == 0 }
    scriptRefusal = real.map {
      "scripted authority is refused: \($0.interface) is not a virtual interface"
    }
  }

  private var names: Names {
    var names = fixedNames
    names.replacedParts = state.replacedParts.withLock { $0 }
    return names
  }

  static func failure(_ message: String) -> String {
    "{\"ok\":false,\"error\":\(JSONText.quoted(message))}"
  }

  func perform(_ request: [String: String]) -> String {
    guard let command = request["do"] else { return Self.failure("the member 'do' is missing") }
    let allowed =
      switch command {
      case "release", "revoke": ["do", "line"]
      case "surface": ["do", "surface"]
      case "trailer": TrailerRequest.members
      default: ["do"]
      }
    if let extra = request.keys.filter({ !allowed.contains($0) }).min() {
      return Self.failure("'\(command)' takes no member '\(extra)'")
    }
    switch command {
    case "status": return status()
    case "why": return why()
    case "acknowledge": return acknowledge()
    case "stop": return queue(.stop)
    case "disarm": return queue(.disarm)
    case "arm": return arm()
    case "release", "revoke": return authority(command, request["line"])
    case "trailer": return couple(request)
    case "surface": return surface(request["surface"])
    default:
      return Self.failure(
        "unknown command '\(command)'; allowed are acknowledge, arm, disarm, release, revoke, "
          + "status, stop, surface, trailer, why")
    }
  }

  /// An acknowledge counts only while a stop is held (I-8), and whoever gives it must know.
  private func acknowledge() -> String {
    let mode = state.statusOutputs.read().mode
    let guardian = state.guardianState.load(ordering: .relaxed)
    guard mode == .held || guardian == GuardianState.held.rawValue else {
      return Self.failure("nothing to acknowledge: mode \(mode), no stop is held")
    }
    return queue(.acknowledge)
  }

  private func arm() -> String {
    let outputs = state.statusOutputs.read()
    guard !outputs.mode.isDriven else { return Self.failure("already \(outputs.mode)") }
    guard outputs.mode != .shadow else {
      return Self.failure("this daemon only listens (--shadow): nothing can be armed")
    }
    guard outputs.readyToArm else { return refusal(outputs) }
    let answer = queue(.arm)
    // The step judges again; a truck that began to roll in between is not armed.
    let after = state.statusOutputs.read()
    return after.mode == .manual ? refusal(after) : answer
  }

  /// Which checks fail and what would satisfy each.
  private func refusal(_ outputs: Outputs) -> String {
    let rows = ArmingText.refusals(outputs, names)
    let texts = rows.map { "\($0.name) (\($0.requirement)): needs \($0.satisfiedBy)" }
    let error = "not ready to arm: \(outputs.notReady): \(texts.joined(separator: "; "))"
    let list = rows.map {
      "{\"check\":\(JSONText.quoted($0.check)),\"requirement\":\(JSONText.quoted($0.requirement)),"
        + "\"name\":\(JSONText.quoted($0.name)),\"needs\":\(JSONText.quoted($0.satisfiedBy))}"
    }
    return "{\"ok\":false,\"error\":\(JSONText.quoted(error)),"
      + "\"refusals\":[\(list.joined(separator: ","))]}"
  }

  private func authority(_ command: String, _ line: String?) -> String {
    if let scriptRefusal { return Self.failure(scriptRefusal) }
    guard let line else { return Self.failure("'\(command)' needs the member 'line'") }
    guard let index = names.lines.firstIndex(of: line) else {
      return Self.failure(
        "unknown hold line '\(line)'; this mission has \(names.lines.joined(separator: ", "))")
    }
    if command == "release", let refusal = record?.refusal(state.statusOutputs.read().faults) {
      return Self.failure("no release is taken while the drive cannot be kept: \(refusal)")
    }
    return queue(command == "release" ? .release : .revoke, UInt32(index))
  }

  /// S-7: a trailer is coupled to a truck that stands and is not armed.
  private func couple(_ request: [String: String]) -> String {
    let outputs = state.statusOutputs.read()
    let mode = outputs.mode
    guard mode == .manual || mode == .shadow || mode == .held, outputs.state.isStandstill else {
      return Self.failure(
        "a trailer is told at standstill in manual, shadow or held; this truck is in \(mode) "
          + (outputs.state.isStandstill ? "and stands" : "and moves, or may move"))
    }
    guard let trailers else {
      return Self.failure("this truck pulls no trailer (profile, trailer.kind: none)")
    }
    let facts: TrailerFacts
    do throws(JSONText.Problem) {
      facts = try TrailerRequest.facts(request, within: trailers)
    } catch {
      return Self.failure(error.message)
    }
    guard state.trailers.push(facts) else {
      return Self.failure("control takes no requests at present")
    }
    trailerTold = facts
    Journal.information("operator: trailer \(TrailerRequest.text(facts))")
    return settled()
  }

  private func surface(_ word: String?) -> String {
    let words: [(String, RoadSurface)] = [
      ("dry", .dry), ("wet", .wet), ("slippery", .slippery), ("unknown", .unknown),
    ]
    guard let said = words.first(where: { $0.0 == word })?.1 else {
      return Self.failure(
        "surface: read \(JSONText.quoted(word ?? "nothing")); allowed: "
          + words.map(\.0).joined(separator: " | "))
    }
    // The step holds the same: rain is believed at once, a road that dried only by one who stopped.
    guard said != .dry || state.statusOutputs.read().state.isStandstill else {
      return Self.failure("a dry road is told at standstill; this truck moves, or may move")
    }
    return queue(.surface, UInt32(said.rawValue))
  }

  private func queue(_ kind: FactKind, _ argument: UInt32 = 0) -> String {
    sequence += 1
    var fact = Fact()
    fact.kind = kind
    fact.argument = argument
    fact.sequence = sequence
    guard state.operatorFacts.push(fact) else {
      return Self.failure("control takes no requests at present")
    }
    Journal.information("operator: \(kind) \(argument)")
    return settled()
  }

  /// The status after three cycles, so that it shows what came of a request.
  private func settled() -> String {
    tl_sleep_until(tl_monotonic_ns() + 35_000_000)
    return status()
  }

  /// The present, with its causes: what `tulpar why` asks for.
  private func why() -> String {
    let outputs = state.statusOutputs.read()
    let offset = Interval(nanoseconds: tl_realtime_ns() &- tl_monotonic_ns())
    let explanation = Explanation(outputs, names, StoryClock(start: began, utcOffset: offset))
    return "{\"ok\":true,\"now\":\(explanation.json),"
      + "\"text\":\(JSONText.quoted(explanation.text))}"
  }

  private func status() -> String {
    let outputs = state.statusOutputs.read()
    var members = [
      "\"ok\":true",
      "\"mode\":\(JSONText.quoted("\(outputs.mode)"))",
      "\"level\":\(JSONText.quoted("\(outputs.demand.level)"))",
      "\"reason\":\(JSONText.quoted("\(outputs.demand.reason)"))",
      "\"faults\":[\(outputs.faults.names.map(JSONText.quoted).joined(separator: ","))]",
      "\"readyToArm\":\(outputs.readyToArm)",
      "\"notReady\":\(ArmingStatus.notReady(outputs))",
      "\"trailerTold\":\(JSONText.quoted(trailerTold.identifier.text))",
      "\"surface\":\(JSONText.quoted("\(outputs.surface)"))",
      "\"retarderAllowed\":\(outputs.retarderAllowed)",
      "\"steeringDisagreement\":\(JSONText.number(outputs.steeringDisagreement))",
      "\"arming\":[\(ArmingStatus.rows(outputs).map(JSONText.quoted).joined(separator: ","))]",
      "\"cycle\":\(outputs.cycle)",
      "\"cycleSlips\":\(state.cycleSlips.load(ordering: .relaxed))",
      "\"worstLateness_ms\":\(JSONText.number(Double(state.worstLateness.load(ordering: .relaxed)) / 1e6))",
    ]
    members += motion(outputs) + guardian()
    members.append("\"brakes\":\(Explanation.brakes(outputs.brakes))")
    members.append("\"clock\":\(Explanation.clock(outputs.clock))")
    members.append("\"recording\":\(record?.json(outputs.faults) ?? "null")")
    members.append("\"buses\":[\(buses.map(describe).joined(separator: ","))]")
    return "{" + members.joined(separator: ",") + "}"
  }

  private func motion(_ outputs: Outputs) -> [String] {
    let zone = names.zone(outputs.zone) ?? ""
    let line = names.line(outputs.holdLine) ?? ""
    return [
      "\"speed\":\(JSONText.number(outputs.state.speed.value))",
      "\"standstill\":\(outputs.state.isStandstill)",
      "\"headingObserved\":\(outputs.state.headingObserved)",
      "\"trust\":\(JSONText.quoted("\(outputs.state.trust)"))",
      "\"receiver\":\(IntegrityText.json(outputs.state))",
      "\"frontStation\":\(JSONText.number(outputs.path.frontStation.value))",
      "\"lateralDeviation\":\(JSONText.number(outputs.path.lateralDeviation.value))",
      "\"stopTarget\":\(JSONText.number(outputs.authority.stopTarget.value))",
      "\"supervisedLimit\":\(JSONText.number(outputs.authority.supervisedLimit.value))",
      "\"speedCap\":\(JSONText.number(outputs.speedCap.value))",
      "\"zone\":\(JSONText.quoted(zone))",
      "\"holdLine\":\(JSONText.quoted(line))",
      "\"vehicleAhead\":\(JSONText.quoted("\(outputs.motion.ahead.phase)"))",
      "\"vehicleAheadGap\":\(JSONText.number(outputs.motion.ahead.gap.value))",
      "\"vehicleAheadSpeed\":\(JSONText.number(outputs.motion.ahead.speed.value))",
    ]
  }

  private func guardian() -> [String] {
    let raw = state.guardianState.load(ordering: .relaxed)
    let name = GuardianState(rawValue: raw).map { "\($0)" } ?? "unknown"
    let supervisor = state.supervisor.demand
    return [
      "\"guardian\":\(JSONText.quoted(name))",
      "\"guardianHeartbeat\":\(state.guardianHeartbeat.load(ordering: .relaxed))",
      "\"keeping\":\(state.isKeeping.load(ordering: .relaxed))",
      "\"supervisorLevel\":\(JSONText.quoted("\(supervisor.level)"))",
      "\"supervisorReason\":\(JSONText.quoted("\(supervisor.reason)"))",
    ]
  }

  private func describe(_ bus: BusState) -> String {
    let health = bus.health
    let members = [
      "\"name\":\(JSONText.quoted(bus.name))",
      "\"interface\":\(JSONText.quoted(bus.interface))",
      "\"up\":\(health.isUp)",
      "\"link\":\(bus.phase.map { JSONText.quoted($0.rawValue) } ?? "null")",
      "\"controller\":\(JSONText.quoted("\(health.controller)"))",
      "\"bitRate\":\(known(bus.bitRate.load(ordering: .relaxed)))",
      "\"transmitErrors\":\(health.transmitErrors)",
      "\"receiveErrors\":\(health.receiveErrors)",
      "\"restarts\":\(bus.restarts.load(ordering: .relaxed))",
      "\"frames\":\(bus.framesWanted.load(ordering: .relaxed))",
      "\"seen\":\(health.framesSeen)",
      "\"errors\":\(health.errorFrames)",
      "\"dropped\":\(health.droppedFrames)",
      "\"confirmed\":\(bus.confirmedFrames.load(ordering: .relaxed))",
      "\"foreign\":\(bus.foreignFrames.load(ordering: .relaxed))",
    ]
    return "{" + members.joined(separator: ",") + "}"
  }

  private func known(_ value: UInt32) -> String { value == 0 ? "null" : "\(value)" }
}

/// What stands against arming: of a truck that is armed, nothing does.
package enum ArmingStatus {
  /// The reason as JSON; null once armed, where a check for the next arming is no obstacle.
  package static func notReady(_ outputs: Outputs) -> String {
    outputs.mode.isDriven && outputs.mode != .held
      ? "null" : JSONText.quoted("\(outputs.notReady)")
  }

  static func rows(_ outputs: Outputs) -> [String] {
    outputs.mode.isDriven && outputs.mode != .held ? [] : ArmingText.names(outputs)
  }
}

extension Faults {
  /// The names of the reasons in it.
  var names: [String] {
    (0..<Reason.count).compactMap { code in
      Reason(rawValue: UInt8(code)).flatMap { contains($0) ? "\($0)" : nil }
    }
  }
}
