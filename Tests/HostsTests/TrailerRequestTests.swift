import Records
import Signals
import TestSupport
import Testing
import Units
import tulpar
import tulpard

/// S-7: the trailer of a trip over the control socket; the daemon believes no sender.
@Suite struct TrailerRequests {
  private static var facts: TrailerFacts {
    var facts = TrailerFacts()
    for (index, byte) in "KZ-7731".utf8.enumerated() { facts.identifier[index] = byte }
    facts.length = Metres(12.345)
    facts.kingPinToAxle = Metres(7.1)
    facts.overhang = Metres(3.5)
    facts.axles = 3
    facts.mass = Kilograms(26_050.5)
    facts.load = .laden
    facts.antiLock = .faulty
    facts.brakeTestAt = 1_795_327_800_000_000_000
    return facts
  }

  private func read(_ change: (inout [String: String]) -> Void = { _ in }) -> String {
    var members = Self.facts.members
    members["do"] = "trailer"
    change(&members)
    do throws(JSONText.Problem) {
      return TrailerRequest.text(try TrailerRequest.facts(members, within: TrailerRange()))
    } catch {
      return error.message
    }
  }

  /// What `tulpar tell` sends is what the daemon reads.
  @Test func aTrailerArrivesAsItWasTold() throws {
    for load in [TrailerLoad.unknown, .unladen, .laden] {
      for antiLock in [AntiLockState.unknown, .working, .faulty] {
        var facts = Self.facts
        facts.load = load
        facts.antiLock = antiLock
        #expect(try TrailerRequest.facts(facts.members, within: TrailerRange()) == facts)
      }
    }
    #expect(Set(Self.facts.members.keys).union(["do"]) == Set(TrailerRequest.members))
    #expect(read() == "KZ-7731, 12.345 m, 26050.5 kg, ABS faulty")
  }

  @Test func whatTheProfileDoesNotAllowIsRefused() {
    #expect(
      read { $0["mass"] = "28001" }
        == "mass: read 28001 kg; allowed: 2000 kg to 28000 kg by the profile")
    #expect(
      read { $0["length"] = "13.7" } == "length: read 13.7 m; allowed: 4 m to 13.6 m by the profile"
    )
    #expect(read { $0["axles"] = "4" } == "axles: read 4; allowed: 1 to 3 by the profile")
    #expect(
      read { $0["axles"] = "300" } == "axles: read 300; allowed: a whole number from 1 to 3")
    #expect(
      read { $0["mass"] = "nan" } == #"mass: read "nan"; allowed: a number of kg"#)
    #expect(
      read { $0["abs"] = "on" } == #"abs: read "on"; allowed: faulty | unknown | working"#)
    #expect(
      read { $0["id"] = "a b" } == #"id: read "a b"; allowed: 1 to 24 letters, digits and -"#)
    #expect(
      read { $0["brake_test"] = "-1" }
        == "brake_test: read -1; allowed: nanoseconds since 1970, 0 for none")
    for name in ["id", "length", "king_pin_to_axle", "overhang", "axles", "mass", "load", "abs"] {
      #expect(read { $0[name] = nil } == "'trailer' needs the member '\(name)'")
    }
  }

  private static let corpus = FuzzCorpus(
    [
      facts.members.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        .joined(separator: "\n")
    ], tokens: ["=", "\n", "unladen", "working", "0x1p4", "infinity"], longest: 1_000)

  @Test("trailer requests: facts within the profile, or refused with the member")
  func fuzzed() {
    let fuzz = Fuzz("trailer requests", cases: 1_000_000)
    let failures = fuzz.run(Self.corpus) { bytes, _ in
      var members: [String: String] = [:]
      for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
        let parts = line.split(separator: "=", maxSplits: 1).map(String.init)
        if parts.count == 2 { members[parts[0]] = parts[1] }
      }
      do throws(JSONText.Problem) {
        let facts = try TrailerRequest.facts(members, within: TrailerRange())
        let isSound = facts.isDeclared && TrailerRange().firstOutside(facts) == nil
        return isSound ? .accepted : .broken("\(facts)")
      } catch {
        return TrailerRequest.members.contains { error.message.contains($0) }
          ? .refused : .broken("unexplained: \(error.message)")
      }
    }
    #expect(failures == [])
  }
}
