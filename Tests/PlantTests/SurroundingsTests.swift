import CAN
import Foundation
import Plant
import Signals
import TestSupport
import Testing
import Units

/// Who is around the truck, and who shares its bus.
@Suite struct Surroundings {
  private func truck(speed: Double = 0, heading: Double = 0) -> Truck {
    Truck(
      parameters: VehicleParameters(), settings: .ideal, seed: 1,
      start: TruckStart(east: 0, north: 0, heading: heading, speed: speed))
  }

  /// S-3: who is run over is counted, once for each contact.
  @Test func contacts() throws {
    var truck = truck(speed: 10)
    truck.apply(try FaultCommand("site person 1 15 0.5"))
    truck.apply(try FaultCommand("site person 2 15 3"))
    truck.apply(try FaultCommand("site vehicle 3 30 3.2 6 2"))
    truck.apply(try FaultCommand("site vehicle 4 30 -1.5 6 2"))
    // Walks across behind the truck, then would be far away.
    truck.apply(try FaultCommand("site person 5 -40 -3 0 1.5"))
    truck.step(milliseconds: 6_000)
    #expect(truck.count(.personContact) == 1 && truck.count(.vehicleContact) == 1)
    #expect(truck.events.map(\.body) == [1, 4])
    #expect(truck.record.personContacts == 1 && truck.record.vehicleContacts == 1)
    truck.apply(try FaultCommand("site clear"))
    truck.step(milliseconds: 1_000)
    #expect(truck.count(.personContact) == 1)
  }

  /// Footprints touch where shapely says that the polygons intersect.
  @Test(.enabled(if: referencePython != nil, "needs Python (TULPAR_PYTHON or .venv)"))
  func footprintsMatchShapely() throws {
    var random = RandomSource(seed: 11)
    var rows: [String] = []
    var found: [Bool] = []
    for _ in 0..<40 {
      let heading = random.uniform() * 6.28
      var truck = truck(heading: heading)
      var placed: [String] = []
      for id in 1...20 {
        let x = (random.uniform() - 0.5) * 30
        let y = (random.uniform() - 0.5) * 30
        let length = 0.5 + random.uniform() * 8
        let width = 0.5 + random.uniform() * 3
        let isPerson = id > 15
        truck.apply(
          try FaultCommand(
            isPerson
              ? "site person \(id) \(x) \(y)"
              : "site vehicle \(id) \(x) \(y) \(length) \(width)"))
        placed.append("\(heading) \(x) \(y) \(isPerson ? 0 : length) \(width)")
      }
      truck.step(milliseconds: 10)
      let touched = Set(truck.events.map(\.body))
      rows += placed
      found += (1...20).map { touched.contains($0) }
    }
    let answers = try runPython(["-c", shapelyScript] + rows).split(separator: "\n")
      .map { $0 == "1" }
    #expect(answers.count == found.count)
    #expect(answers == found)
    #expect(found.contains(true) && found.contains(false))
  }

  /// S-3: a protective field says who stands in it, and says nothing new when it is stale.
  @Test func protectiveField() throws {
    var truck = truck()
    truck.step(milliseconds: 100)
    #expect(!truck.protectiveField.isFitted && truck.protectiveField.counter == 0)
    truck.apply(try FaultCommand("site field 5 3"))
    truck.step(milliseconds: 100)
    #expect(!truck.protectiveField.isViolated)
    let counter = truck.protectiveField.counter
    #expect(counter == 5)
    // The bumper is 5 m ahead of the rear axle: the field reaches to 10 m.
    truck.apply(try FaultCommand("site person 1 10.4 0"))
    truck.step(milliseconds: 100)
    #expect(!truck.protectiveField.isViolated)
    truck.apply(try FaultCommand("site person 1 10.2 0"))
    truck.step(milliseconds: 100)
    #expect(truck.protectiveField.isViolated && truck.record.fieldViolated)
    truck.apply(try FaultCommand("site field-stale on"))
    truck.apply(try FaultCommand("site clear"))
    let stale = truck.protectiveField
    truck.step(milliseconds: 500)
    #expect(truck.protectiveField.isViolated)
    #expect(truck.protectiveField.counter == stale.counter)
    #expect(truck.protectiveField.lookedAt == stale.lookedAt)
    truck.apply(try FaultCommand("fault clear"))
    truck.step(milliseconds: 100)
    #expect(!truck.protectiveField.isViolated)
  }

  /// Under a flood of identifier 0 the lowest identifiers of the rest still get through.
  @Test func priorities() throws {
    var truck = truck(speed: 8)
    truck.apply(try FaultCommand("fault flood 0.92"))
    var counts: [UInt32: Int] = [:]
    for _ in 0..<20 {
      truck.step(milliseconds: 500)
      for frame in truck.sent { counts[frame.identifier, default: 0] += 1 }
    }
    // 2,480 frames of identifier 0 a second fill the bus.
    #expect(((counts[0] ?? 0) - 22_816).magnitude < 300)
    #expect(counts[0x08FE_6E0B] == 500)
    #expect((counts[0x18FF_1121] ?? 0) < 20)
    #expect((counts[0x18FE_700B] ?? 0) < 5)
    truck.apply(try FaultCommand("fault flood off"))
    truck.step(milliseconds: 1_000)
    #expect(truck.sent.count { $0.identifier == 0x18FF_1121 } == 20)
  }

  /// Commands to the truck compete too: the brake demand (priority 3) passes a busy bus, and what a
  /// node of the lowest priority wants to send takes nothing from anybody.
  @Test func commandsCompete() throws {
    var truck = truck(speed: 8)
    truck.apply(try FaultCommand("fault traffic on"))
    var sender = CommandSender()
    for _ in 0..<50 {
      truck.receive(sender.brake(1))
      truck.step(milliseconds: 10)
    }
    #expect(truck.record.rejects == RejectCounts())
    #expect((truck.record.brakeDemand - 1).magnitude < 0.001)
    #expect(truck.sent.contains { $0.identifier == 0x1CFF_FFFE })
    truck.apply(try FaultCommand("fault flood on"))
    for _ in 0..<20 {
      truck.receive(sender.brake(1))
      truck.step(milliseconds: 10)
    }
    #expect(truck.record.brakeDemand == 0)
  }

  /// A mailbox holds the newest frame: what had to wait for the bus is not sent any more once there is
  /// something newer.
  @Test func theNewestFrameWaits() throws {
    var truck = truck(speed: 8)
    truck.apply(try FaultCommand("fault flood on"))
    truck.step(milliseconds: 10)
    var sender = CommandSender()
    truck.receive(sender.brake(1))
    truck.receive(sender.brake(3))
    truck.step(milliseconds: 50)
    #expect(truck.record.brakeDemand == 0)
    truck.apply(try FaultCommand("fault flood 0.5"))
    truck.step(milliseconds: 20)
    #expect((truck.record.brakeDemand - 3).magnitude < 0.001)
  }

  /// S-6: what the sensors of a locked, a frozen and a crawling wheel say.
  @Test func wheelSensors() throws {
    func wheels(_ truck: Truck) -> [Double] {
      let frame = truck.sent.last { $0.identifier == 0x08FE_6E0B }
      return (0..<4).map { Double((frame?.words[0] ?? 0) >> UInt64(16 * $0) & 0xFFFF) / 256 / 3.6 }
    }
    var locked = truck(speed: 10)
    for line in ["road surface ice", "fault abs-tractor off", "fault abs-trailer off"] {
      locked.apply(try FaultCommand(line))
    }
    var sender = CommandSender()
    for _ in 0..<200 {
      locked.receive(sender.brake(5))
      locked.step(milliseconds: 10)
    }
    locked.step(milliseconds: 40)
    #expect(locked.record.speed > 7 && wheels(locked) == [0, 0, 0, 0])

    var frozen = truck(speed: 10)
    frozen.step(milliseconds: 100)
    frozen.apply(try FaultCommand("fault sensor-front frozen"))
    frozen.apply(try FaultCommand("fault sensor-drive zero"))
    for _ in 0..<100 {
      frozen.receive(sender.brake(3))
      frozen.step(milliseconds: 10)
    }
    frozen.step(milliseconds: 40)
    #expect(frozen.record.speed < 8.5)
    #expect((wheels(frozen)[0] - 10).magnitude < 0.1 && wheels(frozen)[2] == 0)
  }
}

private let shapelyScript = """
  import sys
  from math import cos, sin
  from shapely.geometry import Point, Polygon
  def box(x, y, h, rear, front, half):
      return Polygon([(x + a * cos(h) - l * sin(h), y + a * sin(h) + l * cos(h))
                      for a, l in ((rear, -half), (front, -half), (front, half), (rear, half))])
  for row in sys.argv[1:]:
      h, x, y, length, width = map(float, row.split())
      # Tractor from 1 m behind to 5 m ahead of the rear axle; the trailer's front is 1.4 m ahead of
      # the king-pin, which is 0.6 m ahead of the rear axle; its rear 8.1 + 3.5 m behind it.
      truck = box(0, 0, h, -1.0, 5.0, 1.275).union(box(0, 0, h, 0.6 - 11.6, 2.0, 1.275))
      other = Point(x, y).buffer(0.3, 256) if length == 0 else box(x, y, 0, -length / 2, length / 2, width / 2)
      print(1 if truck.intersects(other) else 0)
  """
