import CAN
import Plant
import Signals
import Testing
import Units

/// What fault commands do, and which are refused.
@Suite struct Faults {
  private func truck(speed: Double = 8) -> Truck {
    Truck(
      parameters: VehicleParameters(), seed: 1,
      start: TruckStart(east: 0, north: 0, heading: 0, speed: speed))
  }

  private func sent(_ truck: inout Truck, milliseconds: Int = 1_000) -> [UInt32: Int] {
    truck.step(milliseconds: milliseconds)
    return truck.sent.reduce(into: [:]) { $0[$1.identifier, default: 0] += 1 }
  }

  @Test func messageOffAndOn() throws {
    var truck = truck()
    truck.apply(try FaultCommand("fault wheelspeed off"))
    #expect(sent(&truck)[0x08FE_6E0B] == nil)
    truck.apply(try FaultCommand("fault clear"))
    #expect(sent(&truck)[0x08FE_6E0B] == 50)
  }

  @Test func silencedController() throws {
    var truck = truck()
    truck.apply(try FaultCommand("fault engine off"))
    let frames = sent(&truck)
    #expect(frames.keys.allSatisfy { $0 & 0xFF != 0x00 })
    #expect(frames[0x08FE_6E0B] == 50)
    truck.apply(try FaultCommand("fault engine on"))
    #expect(sent(&truck)[0x0CF0_0400] == 50)
  }

  @Test func frozenAndCorrupt() throws {
    var truck = truck()
    truck.apply(try FaultCommand("fault vdc2 frozen"))
    truck.step(milliseconds: 1_000)
    let frozen = truck.sent.filter { $0.identifier == 0x18F0_090B }
    #expect(Set(frozen.map { $0.words[0] }).count == 1)
    truck.apply(try FaultCommand("fault bodystatus corrupt"))
    truck.step(milliseconds: 1_000)
    for frame in truck.sent where frame.identifier == 0x18FF_1121 {
      let valid = seal(
        frame.identifier, Array(frame.bytes.prefix(7)), counter: frame[7] & 15, modulus: 16)
      #expect(frame != valid)
    }
  }

  /// Identifier 0 at what 250 kbit/s carries; nothing else passes in either direction.
  @Test func flood() throws {
    var truck = truck()
    truck.apply(try FaultCommand("fault flood on"))
    let frames = sent(&truck)
    #expect(Set(frames.keys) == [0])
    #expect((2_470...2_490).contains(frames[0] ?? 0))
    var sender = CommandSender()
    truck.receive(sender.brake(3))
    #expect(truck.record.brakeDemand == 0)
    truck.apply(try FaultCommand("fault flood off"))
    #expect(sent(&truck)[0] == nil)
  }

  @Test func gnss() throws {
    var truck = truck()
    truck.apply(try FaultCommand("gnss off"))
    truck.step(milliseconds: 300)
    truck.step(milliseconds: 1_000)
    #expect(truck.fixes.isEmpty)
    truck.apply(try FaultCommand("gnss on"))
    truck.apply(try FaultCommand("gnss float"))
    truck.step(milliseconds: 1_000)
    #expect(truck.fixes.count == 9 || truck.fixes.count == 10)
    #expect(truck.fixes.last?.quality == 5)
    truck.apply(try FaultCommand("gnss fixed"))
    truck.apply(try FaultCommand("gnss jump 0 50"))
    truck.step(milliseconds: 1_000)
    #expect((truck.fixes.last?.north ?? 0) > 49)
  }

  @Test func emergencyStopAndAir() throws {
    var truck = truck()
    truck.apply(try FaultCommand("fault estop on"))
    truck.apply(try FaultCommand("fault air-leak 100000"))
    truck.step(milliseconds: 4_000)
    let body = truck.sent.last { $0.identifier == 0x18FF_1121 }
    #expect((body?.words[0] ?? 0) >> 14 & 3 == 1)
    #expect(truck.record.airPressure < 550_000)
    // Below 450 kPa the springs stop the truck.
    truck.step(milliseconds: 10_000)
    #expect(truck.record.tractorParkingBrake && truck.record.speed == 0)
  }

  /// A leak too small to count, that keeps the compressor from refilling.
  private func leakingTruck(speed: Double) throws -> Truck {
    var parameters = VehicleParameters()
    parameters.brakeDeceleration = MetresPerSecondSquared(5)
    var truck = Truck(
      parameters: parameters, settings: .ideal, seed: 1,
      start: TruckStart(east: 0, north: 0, heading: 0, speed: speed))
    truck.apply(try FaultCommand("fault air-leak 1"))
    return truck
  }

  /// Each full application takes 40 kPa; where a leak keeps the compressor from refilling, five are
  /// missed.
  @Test func brakingUsesAir() throws {
    var truck = try leakingTruck(speed: 0)
    var sender = CommandSender()
    let full = truck.record.airPressure
    for tick in 0..<2_000 {
      truck.receive(sender.brake(tick / 200 % 2 == 0 ? 5 : 0))
      truck.step(milliseconds: 10)
    }
    #expect((full - truck.record.airPressure - 5 * 40_000 - 20).magnitude < 0.03 * 200_000)
  }

  /// Anti-lock valves blow off 10 kPa in each second that they act.
  @Test func antiLockUsesAir() throws {
    var truck = try leakingTruck(speed: 15)
    truck.apply(try FaultCommand("road surface ice"))
    var sender = CommandSender()
    let full = truck.record.airPressure
    var acting = 0
    for _ in 0..<500 {
      truck.receive(sender.brake(5))
      truck.step(milliseconds: 10)
      if truck.record.motion.tractorAntiLock || truck.record.motion.trailerAntiLock { acting += 1 }
    }
    #expect(acting > 400)
    let used = full - truck.record.airPressure
    #expect((used - 40_000 - 100 * Double(acting)).magnitude < 2_000, "\(used)")
  }

  /// S-4: actuators that do not obey, and what their controllers say meanwhile.
  @Test func disobedience() throws {
    var truck = truck()
    var sender = CommandSender()
    truck.apply(try FaultCommand("fault brake-refused on"))
    truck.receive(sender.brake(3))
    truck.step(milliseconds: 105)
    #expect(truck.record.brakeDemand == 0)
    let state = truck.sent.last { $0.identifier == 0x18FD_C40B }
    #expect((state?.words[0] ?? 0) >> 10 & 3 == 2)
    truck.apply(try FaultCommand("fault engine-runaway 0.5"))
    truck.apply(try FaultCommand("fault parking-stuck on"))
    truck.receive(sender.body(parking: 1))
    truck.step(milliseconds: 1_000)
    #expect(truck.record.torque > 0.4)
    #expect(!truck.record.tractorParkingBrake && !truck.record.trailerParkingBrake)
    truck.apply(.clear)
    truck.step(milliseconds: 2_000)
    #expect(truck.record.torque < 0.01)
    #expect(truck.record.tractorParkingBrake && truck.record.trailerParkingBrake)
  }

  @Test func scheduled() throws {
    var truck = truck()
    truck.schedule(try FaultCommand("fault wheelspeed off"), at: 500)
    #expect(sent(&truck)[0x08FE_6E0B] == 25)
  }

  /// Hostile lines are refused with what is allowed, and change nothing.
  @Test(arguments: [
    "", "fault", "fault wheelspeed", "fault wheelspeed maybe", "fault nothing on", "gnss",
    "gnss jump 1", "gnss jump a b", "fault brake nan", "fault brake -1", "fault friction 1e99",
    "fault steering-runaway 7", "quit now", "fault wheelspeed off off", "gnss jump inf 0",
    String(repeating: "fault ", count: 1_000),
  ])
  func refused(line: String) {
    #expect(throws: FaultCommandError.self) { try FaultCommand(line) }
  }

  @Test func logLine() {
    var text: [UInt8] = []
    truck().record.appendLine(to: &text)
    let line = String(decoding: text, as: UTF8.self)
    #expect(line.hasPrefix("{\"t\":0.000,\"mono\":0.000000,\"x\":0.0000,"))
    #expect(line.hasSuffix("}\n"))
    #expect(line.contains("\"age\":{\"engine\":null,"))
    #expect(line.contains("\"parkTractor\":false"))
  }
}
