import Control
import DriveConfiguration
import PathFollowing
import Signals
import Testing
import Units

@Suite struct CompiledConfiguration {
  let sample: DriveConfiguration = {
    var sample = DriveConfiguration()
    sample.profileName = "tractor"
    sample.holdLineNames = ["A-EXIT", "Бахты"]
    sample.controller.vehicle.wheelbase = Metres(3.8)
    sample.route = (0..<3).map { index in
      var piece = RoutePiece()
      piece.start = Metres(Double(index))
      piece.speedLimit = 6.94
      return piece
    }
    sample.buses = [BusSettings()]
    sample.buses[0].interface = "can0"
    return sample
  }()

  @Test func readsBackEveryField() throws {
    let read = try DriveConfiguration(decoding: sample.encoded())
    #expect(read.encoded() == sample.encoded())
    #expect(read.holdLineNames == sample.holdLineNames)
    #expect(read.controller.vehicle.wheelbase == Metres(3.8))
    #expect(read.route.count == 3 && read.route[2].start == Metres(2))
    #expect(read.buses[0].interface == "can0")
  }

  @Test func anyFlippedByteIsRefused() {
    let good = sample.encoded()
    for position in stride(from: 0, to: good.count, by: 7) {
      var bad = good
      bad[position] ^= 0x10
      #expect(throws: DriveConfigurationError.self) { try DriveConfiguration(decoding: bad) }
    }
  }

  @Test func anyTruncationIsRefused() {
    let good = sample.encoded()
    for count in stride(from: 0, to: good.count, by: 11) {
      #expect(throws: DriveConfigurationError.self) {
        try DriveConfiguration(decoding: Array(good.prefix(count)))
      }
    }
  }

  /// S-25: commissioning and shadow hours are for one profile, not for one mission.
  @Test func theHashOfTheProfileCoversTheProfileAlone() {
    var other = sample
    other.controller.trailer.unladenBelow = Kilograms(1)
    #expect(other.profileHash != sample.profileHash)
    other = sample
    other.controller.vehicle.wheelbase = Metres(3.9)
    #expect(other.profileHash != sample.profileHash)
    other = sample
    other.holdLineNames = []
    other.route = []
    other.controller.follower.cruiseSpeed = MetresPerSecond(3)
    other.controller.follower.lateralAccelerationLimit = MetresPerSecondSquared(0.3)
    other.controller.follower.acceleration = MetresPerSecondSquared(0.2)
    other.controller.follower.deceleration = MetresPerSecondSquared(0.4)
    other.controller.follower.jerk = MetresPerSecondCubed(0.4)
    #expect(other.hash != sample.hash)
    #expect(other.profileHash == sample.profileHash)
  }
}
