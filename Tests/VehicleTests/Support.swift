import Foundation
import Vehicle

/// The root of the package.
let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().path
let firstProfile = repository + "/hw-profiles/j1939-tractor-semitrailer"
let recordedProfile = repository + "/hw-profiles/kenworth-t270"

let yardProfile = repository + "/hw-profiles/yard-tractor-dbw"
let carrierProfile = repository + "/hw-profiles/border-agv"

func bytes(of path: String) -> [UInt8] {
  [UInt8](FileManager.default.contents(atPath: path) ?? Data())
}

/// The first profile's text with some lines replaced, and what reading it says.
func readProfile(
  replacing old: String = "", with new: String = "", of folder: String = firstProfile
) -> (profile: VehicleProfile?, messages: [String]) {
  var text = String(decoding: bytes(of: folder + "/profile.yaml"), as: UTF8.self)
  if !old.isEmpty {
    guard let range = text.range(of: old) else { return (nil, ["the test replaces nothing"]) }
    text.replaceSubrange(range, with: new)
  }
  let findings = Findings()
  let profile = VehicleProfile.read(
    Array(text.utf8), file: "profile.yaml", findings: findings
  ) { bytes(of: folder + "/" + $0) }
  return (profile, findings.all.map(\.description))
}

/// The same stream on every machine (splitmix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
