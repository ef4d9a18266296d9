import Signals
import Simulation
import Testing
import Units
import Vehicle

/// What a scenario file may say, and how a mistake in it is answered.
@Suite struct ScenarioFiles {
  private func read(_ text: String) -> (Scenario?, [String]) {
    let findings = Findings()
    let scenario = Scenario.read(
      Array(text.utf8), file: "s.yaml", holdLines: ["A-EXIT", "END"], findings: findings)
    return (scenario, findings.all.map(\.description))
  }

  /// With the test of SiteMap's files: a key that is given and not read is refused by the reader.
  @Test func everyKeyIsRead() throws {
    let text = """
      name: all
      release_after: 5 s
      must_complete: false
      events:
        - at: 20 s
          do: release END
        - {at: 10 s, do: stop}
      """
    let (read, messages) = read(text)
    let scenario = try #require(read, "\(messages)")
    #expect(messages == [])
    #expect(scenario.name == "all" && !scenario.mustComplete)
    #expect(scenario.releaseAfter == .seconds(5))
    #expect(scenario.events.map(\.at) == [.seconds(10), .seconds(20)])
    #expect(scenario.events.map(\.text) == ["stop", "release END"])
    for key in ScenarioSchema.keys {
      #expect(text.contains("\(key.name):"), "\(key.name)")
      guard case .list(.mapping(let inner), _) = key.shape else { continue }
      for key in inner { #expect(text.contains("\(key.name):"), "\(key.name)") }
    }
  }

  @Test(arguments: [
    ("name: s\nevent: []", #"s.yaml:2: error: event: unknown key "event"; did you mean events?"#),
    (
      "name: s\nevents:\n  - {at: 10, do: stop}",
      #"s.yaml:3: error: events[0].at: read "10" without a unit (s, ms, us, min, h); "#
        + "allowed: duration from 0 s to 10 h"
    ),
    (
      "name: s\nevents:\n  - {at: 10 s, do: release B}",
      #"s.yaml:3: error: events[0].do: read hold line "B"; allowed: A-EXIT, END"#
    ),
    (
      "name: s\nname: t",
      #"s.yaml:2: error: duplicate key "name", given in line 1 and again in line 2; allowed: once"#
    ),
  ])
  func badOnesAreRefused(text: String, message: String) {
    let (scenario, messages) = read(text)
    #expect(scenario == nil)
    #expect(messages.contains(message), "\(messages)")
  }
}
