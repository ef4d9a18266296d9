import Foundation
import GuardianHost
import SharedPage
import Testing

@Suite struct GuardianHostTests {
  /// S-15: a daemon that starts again on another bus, a simulated one say, must not go on moving
  /// the truck on the bus before.
  @Test func anotherBusIsTakenThoughAllElseIsEqual() throws {
    let path = NSTemporaryDirectory() + "tulpar-guardian-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    var error: Int32 = 0
    let mapped = unsafe path.withCString { unsafe SharedPage.map($0, error: &error) }
    let page = try #require(mapped)
    defer { page.unmap() }
    var host = GuardianHost(page: page)
    var settings = GuardianSettings()
    var taken: [Bool] = []
    for name in ["unix:/nonexistent/a", "unix:/nonexistent/a", "unix:/nonexistent/b"] {
      settings = self.settings(onBus: name)
      let isFrozen = page.freeze(&settings)
      try #require(isFrozen)
      taken.append(host.takeConfiguration())
    }
    // The same again starts nothing.
    #expect(taken == [true, false, true])
  }

  private func settings(onBus name: String) -> GuardianSettings {
    var settings = GuardianSettings()
    settings.busCount = 1
    for byte in name.utf8 { settings.buses[0].append(byte) }
    return settings
  }
}
