import Control
import DriveConfiguration
import Explanation
import Foundation
import Plant
import SafeStop
import Signals
import Simulation
import SiteMap
import Testing
import Units
import WireCodec

private let root = URL(filePath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().path

private func configuration() throws -> DriveConfiguration {
  try compileDrive(
    profile: root + "/hw-profiles/j1939-tractor-semitrailer",
    mission: root + "/missions/demo-crossing")
}

/// A drive with what happens in it, told as `tulpar why` tells it.
private struct ToldDrive {
  var story = DriveStory()
  let names: Names
  let drive: SimulatedDrive

  init(_ events: [(Double, Scenario.Action)], seconds: Double, released: Bool = true) throws {
    let configuration = try configuration()
    names = Names(configuration)
    var scenario = Scenario()
    scenario.mustComplete = false
    scenario.releaseAfter = .seconds(released ? 2 : 3_000)
    scenario.events = events.map {
      Scenario.Event(at: .seconds($0.0), action: $0.1, text: "")
    }
    var drive = SimulatedDrive(configuration: configuration, scenario: scenario, seed: 5)
    while drive.loop.truth.time < seconds, drive.advance() {
      story.take(drive.loop.outputs, at: drive.loop.now, utcOffset: .zero)
    }
    self.drive = drive
  }

  var now: Explanation { Explanation(story.last, names, story.clock(.zero)) }

  func explain(_ stop: Int) -> Explanation {
    Explanation(story.stops[stop].outputs, names, story.clock(.zero))
  }
}

@Suite struct ReasonTexts {
  private static let reasons = (0..<UInt8(Reason.count)).compactMap(Reason.init(rawValue:))

  /// Every reason code has a text of its own and says what ends it.
  @Test func everyReasonHasAMeaningAndAWayOn() {
    #expect(Self.reasons.count == Reason.count)
    for reason in Self.reasons {
      let text = ReasonText(reason)
      #expect(text.meaning != "\(reason)" && text.meaning.count > 10, "\(reason)")
      #expect(text.wayOn.count > 5 && text.wayOn != "its cause gone", "\(reason)")
    }
    #expect(Set(Self.reasons.map { ReasonText($0).meaning }).count == Reason.count)
  }

  /// Every row of the health table is told with reading, limit, duration, level and what clears it.
  @Test func everyRowOfTheHealthTableIsTold() throws {
    let names = Names(try configuration())
    let clock = StoryClock(start: Instant(nanoseconds: 0), utcOffset: .zero)
    var quantities = Set<String>()
    for raw in 0..<UInt8(HealthCheck.count) {
      let check = try #require(HealthCheck(rawValue: raw))
      let row = names.health[check]
      #expect(row.reason != .none && row.level > .nominal, "\(check)")
      let cause = Cause(
        .check, raw, StopDemand(row.level, row.reason), since: Instant(nanoseconds: 1_000_000_000),
        at: Instant(nanoseconds: 1_500_000_000), Reading(7.25, .above, 3.5, .metresPerSecond))
      let explained = ExplainedCause(cause, names)
      let text = explained.lines(clock).joined(separator: "\n")
      for part in [
        "1.500 s", "read 7.25 m/s", "above 3.5 m/s", ExplainedCause.name(row.level),
        "\(row.reason)", "clears",
      ] {
        #expect(text.contains(part), "\(check): \(text)")
      }
      // What counts at once has not lasted.
      #expect(text.contains("for 0.5 s (counts after") == (row.debounce > .zero), "\(text)")
      #expect(
        text.contains("acknowledge at standstill, its cause gone") == (row.clear == .atAcknowledge))
      quantities.insert(check.quantity)
    }
    // Both rows of a foreign sender read the same.
    #expect(quantities.count == HealthCheck.count - 1)
  }
}

/// `tulpar why` of drives on the simulated truck.
@Suite struct WhyTests {
  @Test func aTruckThatNobodyArmedSaysWhatIsMissing() throws {
    let told = try ToldDrive([], seconds: 0.3)
    let now = told.now
    #expect(now.headline.hasPrefix("not driven"))
    #expect(now.refusals.contains { $0.check == "inputsFresh" || $0.check == "heading" })
    #expect(now.needs.contains { $0.contains("needed input fresh") }, "\(now.needs)")
    #expect(told.story.stops.isEmpty)
  }

  @Test func aTruckAtAHoldLineWaitsForItsRelease() throws {
    let told = try ToldDrive([], seconds: 162, released: false)
    let now = told.now
    let line = try #require(told.names.line(told.story.last.holdLine))
    #expect(told.story.last.state.isStandstill)
    #expect(
      now.headline.hasPrefix("not moving: hold line \(line), not released,"), "\(now.headline)")
    #expect(now.needs == ["release of \(line)"])
    #expect(told.story.last.motion.obstacle == .noAuthority)
  }

  @Test func aTruckThatMovesSaysWhatLimitsIt() throws {
    var told: [SpeedLimiter: String] = [:]
    let configuration = try configuration()
    let names = Names(configuration)
    var scenario = Scenario()
    scenario.releaseAfter = .milliseconds(2_000)
    var drive = SimulatedDrive(configuration: configuration, scenario: scenario, seed: 5)
    while drive.loop.truth.time < 200, drive.advance() {
      let outputs = drive.loop.outputs
      guard outputs.mode == .autonomous, outputs.state.speed.value > 0.5 else { continue }
      guard told[outputs.motion.limiter] == nil else { continue }
      let clock = StoryClock(start: Instant(nanoseconds: 0), utcOffset: .zero)
      let explanation = Explanation(outputs, names, clock)
      #expect(explanation.headline.hasPrefix("moving at "))
      told[outputs.motion.limiter] = explanation.limit
    }
    #expect(told[.stopTarget]?.hasPrefix("the braking curve to ") == true, "\(told)")
    #expect(told[.acceleration] != nil)
    #expect(told[.zone] != nil || told[.route] != nil, "\(told)")
    #expect(told.values.allSatisfy { !$0.isEmpty })
  }

  @Test func anOperatorsStopIsTold() throws {
    let told = try ToldDrive([(25, .fact(.stop, line: 0))], seconds: 60)
    #expect(told.story.stops.count == 1)
    let explanation = told.explain(0)
    let cause = try #require(explanation.causes.first)
    #expect(cause.cause.reason == .operatorStop && cause.cause.source == .request)
    #expect(cause.cause.reading.isCrossed)
    #expect(explanation.text.contains("stop that is asked for"), "\(explanation.text)")
    #expect(explanation.text.contains("read 2, must not be above 0"), "\(explanation.text)")
    #expect(abs((cause.cause.foundAt - Instant(nanoseconds: 25_000_000_000)).seconds) < 0.05)
    #expect(explanation.headline.hasPrefix("held after a stop"), "\(explanation.headline)")
    #expect(explanation.needs.contains { $0.contains("acknowledge") })
    #expect(explanation.text.contains("25.0"))
  }

  /// The reading, its limit and the message that fell silent.
  @Test func aStaleWheelSpeedNamesItsMessageAndAge() throws {
    let told = try ToldDrive(
      [(25, .fault(try FaultCommand("fault hrw off")))], seconds: 60)
    let explanation = told.explain(0)
    let cause = try #require(explanation.causes.first { $0.cause.reason == .wheelSpeedStale })
    #expect(cause.cause.source == .message)
    #expect(cause.source.contains("wheelSpeedFrontLeft"))
    let row = told.names.frames.receive[Int(cause.cause.index)]
    #expect(cause.cause.reading.limit == row.freshness.seconds)
    #expect(cause.cause.reading.value > row.freshness.seconds)
    #expect(cause.cause.reading.value < row.freshness.seconds + 0.021)
    let text = explanation.text
    #expect(text.contains("must not be above \(rounded(row.freshness.seconds)) s"), "\(text)")
    #expect(text.contains("holds still"))
    #expect(!text.contains("must not be above \(rounded(row.freshness.seconds)) s, for"))
    // As candump writes it, but for the priority, which the profile leaves open.
    #expect(cause.source.contains("message xxFE6E0B (PGN 65134), of can0"), "\(cause.source)")
    var names = told.names
    names.messages = [String](repeating: "wheels", count: names.frames.receiveCount)
    #expect(names.message(Int(cause.cause.index)).hasPrefix("message wheels, xxFE6E0B"))
  }

  /// For a second after it began, standstill is not certain: nothing moves at 0 m/s.
  @Test func aTruckThatDoesNotMoveIsNotSaidToMove() throws {
    let told = try ToldDrive([], seconds: 0.3)
    var outputs = told.story.last
    outputs.mode = .manual
    outputs.state.isStandstill = false
    for (speed, text) in [(0.0, "it seems to stand"), (1.5, "it moves at 1.5 m/s")] {
      outputs.state.speed = MetresPerSecond(speed)
      let headline = Explanation(outputs, told.names, told.story.clock(.zero)).headline
      #expect(headline.contains(text), "\(headline)")
    }
  }

  @Test func aLostPositionTellsWhichBudgetIsSpent() throws {
    let told = try ToldDrive([(25, .fault(try FaultCommand("gnss off")))], seconds: 120)
    let explanation = told.explain(0)
    let cause = try #require(explanation.causes.first { $0.cause.reason == .gnssLost })
    #expect(cause.cause.reading.isCrossed, "\(cause.cause.reading)")
    #expect(cause.cause.reading.limit > 0)
    #expect(explanation.text.contains("dead reckoning since the last good fix"))
  }

  /// R-GNSS-4: who is slowed down by a doubtful position reads which of the receiver's tests it was.
  @Test func aDoubtfulPositionTellsItsCapAndItsTest() throws {
    let told = try ToldDrive([(75, .fault(try FaultCommand("gnss jump 0 3")))], seconds: 78)
    #expect(told.story.stops.isEmpty)
    let explanation = told.now
    #expect(
      explanation.limit.hasPrefix("the cap of a doubtful position"), "\(explanation.limit)")
    #expect(explanation.text.contains("its position jumped"), "\(explanation.text)")
    let json = told.now.json
    #expect(json.contains(#""sinceTrusted":["innovation","jump"]"#), "\(json)")
  }

  /// Stops of one drive are listed with how each was cleared.
  @Test func aDriveWithTwoStopsListsBoth() throws {
    let told = try ToldDrive(
      [
        (25, .fact(.stop, line: 0)), (45, .fact(.acknowledge, line: 0)),
        (62, .fault(try FaultCommand("fault hrw off"))),
      ], seconds: 90)
    #expect(told.story.stops.count == 2, "\(told.story.list)")
    #expect(told.story.stops.map(\.reason) == [.operatorStop, .wheelSpeedStale])
    let list = told.story.list
    #expect(list[0].hasPrefix("1. 25.0") && list[0].contains("acknowledged at 45.0"), "\(list)")
    #expect(list[1].contains("was not left"))
    let first = try #require(
      try JSONSerialization.jsonObject(
        with: Data(told.story.json(of: told.story.stops[0], told.names).utf8)) as? [String: Any])
    #expect(first["reason"] as? String == "operatorStop")
    let inner = try #require(first["explanation"] as? [String: Any])
    #expect((inner["causes"] as? [[String: Any]])?.first?["reason"] as? String == "operatorStop")
  }

  /// S-22: without a guardian no arming, and that is what is told.
  @Test func aMissingGuardianIsNamed() throws {
    let told = try ToldDrive([], seconds: 5)
    var outputs = told.story.last
    outputs.mode = .manual
    outputs.arming.refused = 1 << UInt64(ArmingCheck.guardian.rawValue)
    let explanation = Explanation(outputs, told.names, told.story.clock(.zero))
    #expect(explanation.refusals.map(\.check) == ["guardian"])
    #expect(explanation.needs.contains { $0.contains("a running tulpar-guardian") })
  }

  /// S-25: an exchanged part is named in the row that it fails, with what it voids.
  @Test func anExchangedReceiverIsNamed() throws {
    let told = try ToldDrive([], seconds: 1)
    var outputs = told.story.last
    outputs.mode = .manual
    outputs.arming.refused = 1 << UInt64(ArmingCheck.components.rawValue)
    var names = told.names
    names.replacedParts = ["gnss is not the one that was commissioned; to be done again: lever_arm"]
    let row = try #require(ArmingText.refusals(outputs, names).first)
    #expect(row.check == "components")
    #expect(row.satisfiedBy.hasSuffix(": \(names.replacedParts[0])"), "\(row.satisfiedBy)")
  }
}
