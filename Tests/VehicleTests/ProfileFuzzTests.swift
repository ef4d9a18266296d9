import Control
import DriveConfiguration
import Signals
import TestSupport
import Testing
import Vehicle
import WireCodec

@Suite struct ProfileFuzzTests {
  private static let tokens = [
    "nan", "-1", "1e308 m", "99999999999999999999", "[", "]", "{", "}", ": ", "- ", "\t", "'", "\n",
    "  ", "&a", "*a", "!!int", "<<: ", "|", ">", "#", "~", "null", "true", " km/h", " m/s2", " ms",
    " deg", " %", "0x1F", ".inf", "0 m", "-0.001 s", "? ", "---\n", "...\n", "\u{FEFF}",
  ]

  private static let texts = FuzzCorpus(
    [firstProfile, recordedProfile].map { bytes(of: $0 + "/profile.yaml") }, tokens: tokens,
    longest: 30_000)
  private static let databases = [
    bytes(of: firstProfile + "/j1939-tractor-semitrailer.dbc"),
    bytes(of: recordedProfile + "/kenworth-t270.dbc"),
  ]
  private static let wires = FuzzCorpus(
    databases, tokens: ["BO_ ", "SG_ ", "0|64@1+", "7|16@0-", "(0,0)", "(-1e308,1e308)", "[0|0]"],
    longest: 30_000)

  @Test("profiles: refused with file, line and key, or compiled to a table that reads any frame")
  func profiles() {
    let fuzz = Fuzz("profiles", cases: 10_000, heapBase: 64 << 20, heapShare: 1 << 12)
    let failures = fuzz.run(Self.texts) { bytes, random in
      let spoilt = random.next(below: 4) == 0 ? Self.wires.mutated(&random) : nil
      let findings = Findings()
      let profile = VehicleProfile.read(bytes, file: "f", findings: findings) { name in
        spoilt ?? Self.databases[name.hasPrefix("k") ? 1 : 0]
      }
      guard (profile == nil) == findings.hasErrors else {
        return .broken("a profile is \(profile == nil ? "nil" : "given") with \(findings.all)")
      }
      guard let profile else {
        for error in findings.errors where error.message.isEmpty || error.line < 0 {
          return .broken("unexplained: \(error)")
        }
        return .refused
      }
      return Self.differs(profile, &random).map { .broken($0) } ?? .accepted
    }
    #expect(failures == [])
  }

  private static func differs(_ profile: VehicleProfile, _ random: inout RandomWords) -> String? {
    var configuration = DriveConfiguration()
    configuration.profileName = profile.name
    configuration.controller.frames = profile.frames
    configuration.controller.vehicle = profile.parameters
    let encoded = configuration.encoded()
    guard let again = try? DriveConfiguration(decoding: encoded), again.encoded() == encoded else {
      return "it is not compiled and read back the same"
    }
    var decoder = FrameDecoder()
    var store = SignalStore()
    for _ in 0..<16 {
      let frame = FrameFuzzTests.frame(profile.frames, &random)
      _ = decoder.decode(frame, table: profile.frames, into: &store)
    }
    return nil
  }
}
