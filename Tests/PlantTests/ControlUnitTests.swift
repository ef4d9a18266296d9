import CAN
import Plant
import Signals
import Testing
import Units

/// What the truck's controllers obey, refuse and release.
@Suite struct ControlUnits {
  private func truck(speed: Double = 0) -> Truck {
    Truck(
      parameters: VehicleParameters(), settings: .ideal, seed: 1,
      start: TruckStart(east: 0, north: 0, heading: 0, speed: speed))
  }

  /// Sends a full set of commands every 20 ms (torque every 10 ms).
  private func drive(
    _ truck: inout Truck, _ sender: inout CommandSender, milliseconds: Int, torque: Int = 30,
    brake: Double = 0, curvature: Double = 0
  ) {
    for tick in 0..<(milliseconds / 10) {
      truck.receive(sender.torque(torque))
      if tick % 2 == 0 {
        truck.receive(sender.brake(brake))
        truck.receive(sender.steer(curvature))
        truck.receive(sender.body())
      }
      truck.step(milliseconds: 10)
    }
  }

  /// can-gnss.md 9: the vectors of TSC1 and XBR, by the plant's own code.
  @Test func checksumVectors() {
    for (counter, expected) in [(UInt64(0), UInt64(0x30)), (1, 0x41), (7, 0x27)] {
      var payload = Payload(word: 0xFFF0_FFA0_FF70FE)
      payload.set(56, 4, counter)
      let check = messageChecksum(
        .torqueSpeedControl, identifier: 0x0C00_0011, payload: payload)
      #expect(check << 4 | counter == expected)
    }
    for (counter, expected) in [(UInt64(0), UInt64(0xE0)), (1, 0xF1), (15, 0xEF)] {
      var payload = Payload(word: 0xFF_FFFF_00E0_6D7F)
      payload.set(56, 4, counter)
      let check = messageChecksum(.externalBrake, identifier: 0x0C04_0B2A, payload: payload)
      #expect(check << 4 | counter == expected)
    }
  }

  @Test func drivesOnCommand() {
    var truck = truck()
    var sender = CommandSender()
    drive(&truck, &sender, milliseconds: 8_000, curvature: 0.02)
    let record = truck.record
    #expect(record.speed > 3)
    #expect((record.roadWheelAngle - 0.0719).magnitude < 0.001)
    #expect(record.rejects == RejectCounts())
    #expect(!record.tractorParkingBrake && record.inDrive && !record.independentTripped)
    drive(&truck, &sender, milliseconds: 2_000, torque: 0, brake: 2)
    #expect((truck.record.brakeDemand - 2).magnitude < 0.001)
    #expect((truck.record.acceleration + 2).magnitude < 0.2)
    #expect(truck.record.rejects == RejectCounts())
  }

  /// S-1: every ECU releases on silence within its time-out, and none brakes by itself; the
  /// independent path does after 250 ms.
  @Test func silence() {
    var truck = truck(speed: 7)
    var sender = CommandSender()
    drive(&truck, &sender, milliseconds: 2_000, torque: 50, brake: 0, curvature: 0.01)
    truck.receive(sender.brake(2))
    truck.step(milliseconds: 100)
    #expect(truck.record.brakeDemand > 1.9)
    #expect(truck.record.torque > 0.3)
    truck.step(milliseconds: 12)
    #expect(truck.record.brakeDemand == 0)
    #expect(!truck.record.independentTripped)
    truck.step(milliseconds: 170)
    #expect(truck.record.independentTripped)
    #expect(truck.record.rejects.timeouts == 4)
    truck.step(milliseconds: 6_000)
    let record = truck.record
    #expect(record.speed == 0)
    #expect(record.tractorParkingBrake && record.trailerParkingBrake)
    #expect(record.torque < 0.001)
  }

  /// The trip is latched; it clears at standstill after the enable has changed for a second.
  @Test func independentPathClears() {
    var truck = truck(speed: 12)
    var sender = CommandSender()
    drive(&truck, &sender, milliseconds: 500, torque: 0)
    truck.step(milliseconds: 300)
    #expect(truck.record.independentTripped)
    // Commands again for longer than it takes to clear, but the truck still rolls.
    drive(&truck, &sender, milliseconds: 2_000, torque: 0)
    #expect(truck.record.independentTripped && truck.record.speed > 1)
    truck.step(milliseconds: 4_000)
    #expect(truck.record.speed == 0)
    drive(&truck, &sender, milliseconds: 900, torque: 0, brake: 1)
    #expect(truck.record.independentTripped)
    drive(&truck, &sender, milliseconds: 200, torque: 0, brake: 1)
    #expect(!truck.record.independentTripped)
    #expect(!truck.record.tractorParkingBrake)
  }

  /// A frozen sender still sends, but its enable stands still.
  @Test func enableMustChange() {
    var truck = truck(speed: 5)
    var sender = CommandSender()
    drive(&truck, &sender, milliseconds: 500, torque: 0)
    for _ in 0..<20 {
      truck.receive(sender.body(toggles: false))
      truck.step(milliseconds: 20)
    }
    #expect(truck.record.independentTripped)
    #expect(truck.record.rejects.counter == 0)
  }

  /// can-gnss.md 0.5: an all-zero frame on identifier 0 passes both checksums and is refused.
  @Test func allZeroFrame() {
    var truck = truck()
    truck.receive(
      CANFrame(identifier: 0, isExtended: true, bytes: [UInt8](repeating: 0, count: 8)))
    #expect(truck.record.rejects.source == 1)
    #expect(truck.record.ages.engine == -1)
  }

  @Test func otherSourceIsRefused() {
    var truck = truck(speed: 5)
    var sender = CommandSender()
    truck.receive(sender.brake(3))
    for counter in UInt8(0)..<4 {
      let raw: [UInt8] = [0x7F, 0x6D, 0xE0, 0, 0xFF, 0xFF, 0xFF]
      truck.receive(seal(0x0C04_0B2A, raw, counter: counter, modulus: 16))
    }
    truck.step(milliseconds: 10)
    #expect(truck.record.rejects.source == 4)
    #expect((truck.record.brakeDemand - 3).magnitude < 0.001)
  }

  /// Repeated and jumped counters are refused, also when a foreign frame has the right content.
  @Test func counters() {
    var truck = truck(speed: 5)
    var sender = CommandSender()
    let first = sender.brake(1)
    truck.receive(first)
    truck.receive(first)
    #expect(truck.record.rejects.counter == 1)
    // Injected with a counter from elsewhere: refused, and the true sender is still believed.
    truck.receive(
      seal(0x0C04_0B27, [0x7F, 0x6D, 0xEF, 0xFF, 0xFF, 0xFF, 0xFF], counter: 9, modulus: 16))
    #expect(truck.record.rejects.counter == 2)
    truck.receive(sender.brake(1.5))
    #expect(truck.record.rejects.counter == 2)
    #expect((truck.record.brakeDemand - 1.5).magnitude < 0.001)
    // A lost frame costs one more: two in a row prove the sender again.
    _ = sender.brake(2)
    truck.receive(sender.brake(2))
    #expect(truck.record.rejects.counter == 3)
    #expect((truck.record.brakeDemand - 1.5).magnitude < 0.001)
    truck.receive(sender.brake(2))
    #expect(truck.record.rejects.counter == 3)
    #expect((truck.record.brakeDemand - 2).magnitude < 0.001)
  }

  /// A refused frame does not keep the ECU from timing out.
  @Test func refusedFramesDoNotRefresh() {
    var truck = truck(speed: 5)
    var sender = CommandSender()
    let frame = sender.brake(2)
    truck.receive(frame)
    for _ in 0..<15 {
      truck.step(milliseconds: 10)
      truck.receive(frame)
    }
    #expect(truck.record.brakeDemand == 0)
    #expect(truck.record.rejects.timeouts == 1)
    #expect(truck.record.rejects.counter == 15)
  }

  @Test func everyFlippedBitIsRefused() {
    var sender = CommandSender()
    let frames = [sender.brake(2), sender.torque(20), sender.torque(-20, to: 0x10), sender.body()]
    for frame in frames {
      for bit in 0..<64 {
        var truck = truck(speed: 5)
        var bytes = frame.bytes
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        truck.receive(CANFrame(identifier: frame.identifier, isExtended: true, bytes: bytes))
        let rejects = truck.record.rejects
        // The TSC1 checksum has three bits and folds bit 6 and above: some double effects cancel,
        // single bits do not.
        #expect(rejects.checksum + rejects.counter + rejects.content == 1)
      }
    }
  }

  @Test func lengthAndContent() {
    var truck = truck(speed: 5)
    var sender = CommandSender()
    truck.receive(
      CANFrame(
        identifier: 0x0C04_0B27, isExtended: true, bytes: sender.brake(1).bytes.prefix(7)))
    #expect(truck.record.rejects.length == 1)
    // Speed control is not known here.
    truck.receive(sender.torque(20, mode: 1))
    truck.receive(sender.torque(130))
    #expect(truck.record.rejects.content == 2)
    truck.receive(
      CANFrame(identifier: 0x0CAD_1327, isExtended: true, bytes: [UInt8](repeating: 255, count: 8)))
    #expect(truck.record.rejects.content == 3)
    // An 11-bit frame with the same number is another message.
    truck.receive(CANFrame(identifier: 0x27, isExtended: false, bytes: sender.brake(1).bytes))
    #expect(truck.record.rejects.content == 3)
  }

  /// The guidance handshake: intent engages, lock-out releases, and the intent must be taken back.
  @Test func steeringHandshake() {
    var truck = truck(speed: 5)
    var sender = CommandSender()
    drive(&truck, &sender, milliseconds: 2_000, curvature: 0.02)
    #expect(truck.record.roadWheelAngle > 0.05)
    truck.apply(.lockout(true))
    drive(&truck, &sender, milliseconds: 6_000, torque: 10, curvature: 0.02)
    #expect(truck.record.roadWheelAngle < 0.005)
    truck.apply(.lockout(false))
    drive(&truck, &sender, milliseconds: 2_000, torque: 10, curvature: 0.02)
    #expect(truck.record.roadWheelAngle < 0.005)
    truck.receive(sender.steer(0, intent: false))
    drive(&truck, &sender, milliseconds: 2_000, torque: 10, curvature: 0.02)
    #expect(truck.record.roadWheelAngle > 0.05)
  }

  /// The body keeps its last state on silence.
  @Test func bodyHolds() {
    var truck = truck()
    var sender = CommandSender()
    truck.receive(sender.body(parking: 0, drive: 1, hazard: 1))
    truck.step(milliseconds: 200)
    #expect(!truck.record.tractorParkingBrake && truck.record.inDrive && truck.record.hazardLamps)
  }
}
