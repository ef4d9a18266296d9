import Testing
import tulpar

/// S-25: each bus of the truck on an interface of its own, named as in the profile.
@Suite struct PlantBusNames {
  private func interfaces(_ words: [String], _ buses: [String] = ["can0", "can1"]) throws
    -> [String]
  {
    try PlantBuses.interfaces(words, buses: buses)
  }

  @Test func areTakenInTheOrderOfTheProfile() throws {
    #expect(try interfaces(["can1=vcan0", "can0=vcan1"]) == ["vcan1", "vcan0"])
    #expect(try interfaces(["can0=unix:/tmp/a=b"], ["can0"]) == ["unix:/tmp/a=b"])
  }

  @Test func oneForAllNeedsNoName() throws {
    #expect(try interfaces(["vcan0"]) == ["vcan0"])
    #expect(try interfaces(["unix:/tmp/bus"], []) == ["unix:/tmp/bus"])
  }

  @Test(arguments: [
    (["can0=vcan0"], "bus 'can1' is missing"), (["can0=a", "can0=b"], "read 'can0=b'"),
    (["can0=a", "can2=b"], "read 'can2=b'"), (["vcan0", "vcan1"], "read 'vcan0'"),
  ])
  func areRefused(_ words: [String], _ text: String) {
    do throws(PlantBuses.Mistake) {
      _ = try PlantBuses.interfaces(words, buses: ["can0", "can1"])
      Issue.record("\(words) were taken")
    } catch {
      #expect(error.message.contains(text), "\(error.message)")
    }
  }
}
