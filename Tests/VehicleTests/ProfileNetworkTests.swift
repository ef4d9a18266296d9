import J1939
import NetworkManagement
import Signals
import Testing
import Vehicle

@Suite struct ProfileNetworkTests {
  @Test("the first profile claims its source address with its NAME and names its faults")
  func read() throws {
    let network = try #require(readProfile().profile).network
    #expect(network.isPresent && network.bus == 0 && network.address == 0x27)
    let name = J1939Name(network.name)
    #expect(name.identity == 1 && name.manufacturer == 2047 && name.function == 255)
    #expect(name.industryGroup == 1 && !name.isArbitraryAddressCapable)
    let brake = network.code(.brakeNotObeyed)
    #expect(brake.suspectParameter == 523_000 && brake.failureMode == 7 && brake.lamp == .redStop)
    // A fault without a code of its own.
    let other = network.code(.controlHung)
    #expect(other.suspectParameter == 520_192 + UInt32(Reason.controlHung.rawValue))
    #expect(other.failureMode == 31 && other.lamp == .amberWarning)
  }

  @Test("a profile without the section has no network management")
  func absent() throws {
    let profile = try #require(readProfile(of: recordedProfile).profile)
    #expect(!profile.network.isPresent)
  }

  @Test(
    "what cannot be is refused by its line",
    arguments: [
      ("network:\n  bus: powertrain", "network:\n  bus: powertrian", "powertrain"),
      ("manufacturer: 2047", "manufacturer: 2048", "0 to 2047"),
      ("parameter: 523000", "parameter: 524288", "524287"),
      ("gnss_lost: {parameter", "operator_stop: {parameter", "no fault"),
    ])
  func refused(old: String, new: String, allowed: String) {
    let (profile, messages) = readProfile(replacing: old, with: new)
    #expect(profile == nil)
    #expect(messages.contains { $0.contains(allowed) && $0.contains("network") }, "\(messages)")
  }
}
