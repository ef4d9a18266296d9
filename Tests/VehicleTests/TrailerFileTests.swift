import Signals
import TestSupport
import Testing
import Units
import Vehicle

private let good = """
  format: 1
  id: KZ-7731
  length: 12 m
  king_pin_to_axle: 700 cm
  overhang: 3.5 m
  axles: 3
  mass: 26 t
  load: laden
  abs: working
  brake_test: 2026-11-22T06:10Z
  """

/// The text with one part replaced, and what reading it says.
private func read(
  _ old: String = "", _ new: String = "", by folder: String? = nil
) -> (facts: TrailerFacts?, messages: [String]) {
  let findings = Findings()
  let profile = folder.flatMap { VehicleProfile.load(folder: $0, findings: findings) }
  let text = old.isEmpty ? good : good.replacing(old, with: new)
  let facts = TrailerFacts.read(
    Array(text.utf8), file: "trailer.yaml", for: profile, findings: findings)
  return (facts, findings.all.map(\.description))
}

/// S-7: the trailer of a trip is told by a file.
@Suite struct TrailerFiles {
  @Test func aTrailerIsReadWithItsUnits() throws {
    let (read, messages) = read(by: firstProfile)
    #expect(messages == [])
    let facts = try #require(read)
    let name = (0..<24).map { facts.identifier[$0] }.prefix { $0 != 0 }
    #expect(String(decoding: name, as: UTF8.self) == "KZ-7731")
    #expect(facts.length == Metres(12) && facts.kingPinToAxle == Metres(7))
    #expect(facts.overhang == Metres(3.5) && facts.axles == 3)
    #expect(facts.mass == Kilograms(26_000))
    #expect(facts.load == .laden && facts.antiLock == .working)
    // `date -u -d 2026-11-22T06:10Z +%s`
    #expect(facts.brakeTestAt == 1_795_327_800_000_000_000)
  }

  @Test func whatIsLeftOutIsUnknown() throws {
    let facts = try #require(
      read("load: laden\nabs: working\nbrake_test: 2026-11-22T06:10Z", "abs: unknown").facts)
    #expect(facts.load == .unknown && facts.antiLock == .unknown && facts.brakeTestAt == 0)
  }

  @Test(arguments: [
    (
      "id: KZ-7731", "id: KZ 7731",
      #"2: error: id: read "KZ 7731"; allowed: 1 to 24 letters, digits and -"#
    ),
    (
      "id: KZ-7731", "id: ABCDEFGHIJKLMNOPQRSTUVWXY",
      #"2: error: id: read "ABCDEFGHIJKLMNOPQRSTUVWXY"; allowed: 1 to 24 letters, digits and -"#
    ),
    (
      "length: 12 m", "length: 12",
      #"3: error: length: read "12" without a unit (m, km, cm, mm); allowed: length from 2 m to 25 m"#
    ),
    (
      "length: 12 m", "length: 10 m",
      "3: error: length: read 10 m; allowed: at least king_pin_to_axle and overhang, 10.5 m"
    ),
    ("axles: 3", "axles: 0", #"6: error: axles: read "0"; allowed: a whole number from 1 to 10"#),
    (
      "mass: 26 t", "masss: 26 t", #"7: error: masss: unknown key "masss"; did you mean mass?"#
    ),
    (
      "abs: working", "abs: ok", #"9: error: abs: read "ok"; allowed: working | faulty | unknown"#
    ),
    (
      "2026-11-22T06:10Z", "2026-11-22 06:10",
      #"10: error: brake_test: read "2026-11-22 06:10"; allowed: a time in UTC, as 2026-11-22T06:10Z"#
    ),
    (
      "2026-11-22T06:10Z", "2026-02-30T06:10Z",
      #"10: error: brake_test: read "2026-02-30T06:10Z"; allowed: a time in UTC, as 2026-11-22T06:10Z"#
    ),
  ])
  func badInputIsNamed(old: String, new: String, message: String) {
    let (facts, messages) = read(old, new)
    #expect(facts == nil)
    #expect(messages.contains("trailer.yaml:" + message), "\(messages)")
  }

  /// Each limit of the profile by name, in the file's own words.
  @Test(arguments: [
    ("length: 12 m", "length: 13.7 m", "3: error: length: read 13.7 m; allowed: 5 m to 13.6 m"),
    (
      "length: 12 m", "length: 13 m",
      "3: error: length: read length - king_pin_to_axle - overhang = 2.5 m; allowed: 0 m to 2.04 m"
    ),
    (
      "700 cm", "490 cm",
      "4: error: king_pin_to_axle: read 4.9 m; allowed: 5 m to 8.1 m"
    ),
    ("overhang: 3.5 m", "overhang: 4 m", "5: error: overhang: read 4 m; allowed: 0 m to 3.9 m"),
    ("axles: 3", "axles: 4", "6: error: axles: read 4; allowed: 1 to 3"),
    ("mass: 26 t", "mass: 29 t", "7: error: mass: read 29 t; allowed: 2 t to 28 t"),
  ])
  func whatTheTruckMayNotPullIsRefused(old: String, new: String, message: String) {
    #expect(read(old, new).facts != nil, "by itself it is in order")
    let (facts, messages) = read(old, new, by: firstProfile)
    #expect(facts == nil)
    #expect(
      messages == ["trailer.yaml:" + message + " by profile j1939-tractor-semitrailer"])
  }

  @Test func aRigidTruckPullsNone() {
    #expect(
      read(by: carrierProfile).messages
        == ["trailer.yaml:1: error: profile border-agv pulls no trailer (trailer.kind: none)"])
  }

  @Test func aLightTrailerThatIsCalledLadenIsDoubted() {
    let (facts, messages) = read("mass: 26 t", "mass: 11 t", by: firstProfile)
    #expect(facts != nil)
    #expect(
      messages == [
        "trailer.yaml:8: warning: load: 11 t counts as unladen below 12 t by profile "
          + "j1939-tractor-semitrailer"
      ])
  }

  @Test(arguments: [firstProfile, yardProfile])
  func theShippedTrailersFitTheTrucksThatPullOne(folder: String) {
    let findings = Findings()
    let profile = VehicleProfile.load(folder: folder, findings: findings)
    for mission in ["demo-crossing", "rig-course"] {
      let file = repository + "/missions/\(mission)/trailer.yaml"
      let facts = TrailerFacts.load(file: file, for: profile, findings: findings)
      // A brake test in the repository would be a day old tomorrow.
      #expect(facts?.brakeTestAt == 0)
      #expect(
        facts.map { profile?.parameters.pulling($0, within: TrailerRange()).mass }
          == Kilograms(36_000))
    }
    #expect(findings.all == [])
  }

  private static let corpus = FuzzCorpus(
    [good],
    tokens: [
      ": ", "\n", "- ", "{", "}", "[", "]", " m", " t", " kg", " cm", "nan m", "-1 t", "laden",
      "unladen", "faulty", "T", "Z", "2026-13-01T00:00Z", "id: ", "abs: ", "brake_test: ", "'",
      "&a",
    ], longest: 2_000)

  @Test("trailers: refused with file and line, or facts that a truck may be held against")
  func fuzzed() {
    let findings = Findings()
    let profile = VehicleProfile.load(folder: firstProfile, findings: findings)
    let fuzz = Fuzz("trailers", cases: 10_000, heapBase: 4 << 20, heapShare: 1 << 12)
    let failures = fuzz.run(Self.corpus) { bytes, random in
      let findings = Findings()
      let truck = random.next(below: 2) == 0 ? profile : nil
      let facts = TrailerFacts.read(bytes, file: "f", for: truck, findings: findings)
      guard (facts == nil) == findings.hasErrors else {
        return .broken("a trailer is \(facts == nil ? "nil" : "given") with \(findings.all)")
      }
      guard let facts else {
        for error in findings.errors where error.message.isEmpty || error.line < 0 {
          return .broken("unexplained: \(error)")
        }
        return .refused
      }
      guard facts.isDeclared, facts.mass.isFinite, facts.length.isFinite, facts.brakeTestAt >= 0
      else { return .broken("\(facts)") }
      let outside = truck.flatMap { $0.trailer.firstOutside(facts) }
      return outside.map { .broken("\($0) is outside the profile") } ?? .accepted
    }
    #expect(failures == [])
  }
}
