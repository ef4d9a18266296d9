import Plant
import Signals
import Testing
import Units

/// A driver at the wheel of the simulated truck, for what must be seen without the stack (S-24).
@Suite struct RouteDrivers {
  /// 60 m straight, a quarter of a circle of 40 m to the left, 60 m straight.
  ///
  /// The track takes the curvature of a chord from its ends, so the chord before the bend is short.
  private func route() -> [RoutePiece] {
    let quarter = Double.pi / 2
    var pieces = [RoutePiece(), RoutePiece(), RoutePiece(), RoutePiece()]
    pieces[0].length = Metres(59.5)
    pieces[1].start = Metres(59.5)
    pieces[1].length = Metres(0.5)
    pieces[1].east = Metres(59.5)
    pieces[2].start = Metres(60)
    pieces[2].length = Metres(40 * quarter)
    pieces[2].east = Metres(60)
    pieces[2].curvature = Curvature(0.025)
    pieces[3].start = Metres(60 + 40 * quarter)
    pieces[3].length = Metres(60)
    pieces[3].east = Metres(100)
    pieces[3].north = Metres(40)
    pieces[3].heading = Radians(quarter)
    return pieces
  }

  private func truck() -> Truck {
    let route = route()
    return Truck(
      parameters: VehicleParameters(), seed: 3, start: TruckStart(on: route, station: 15),
      route: route)
  }

  @Test func keepsToTheRouteAndItsSpeed() throws {
    var truck = truck()
    truck.apply(try FaultCommand("driver follow 5"))
    var worst = 0.0
    var fastest = 0.0
    while truck.record.frontStation < 150, truck.now < 60_000 {
      truck.step()
      worst = max(worst, truck.record.lateral.magnitude)
      fastest = max(fastest, truck.record.speed)
    }
    #expect(truck.record.frontStation >= 150)
    #expect(worst < 0.5)
    #expect((4.8...5.7).contains(fastest))
  }

  @Test func stopsAndParksAtTheEndOfTheRoute() throws {
    var truck = truck()
    truck.apply(try FaultCommand("driver follow 5"))
    truck.step(milliseconds: 90_000)
    let end = 120 + 40 * Double.pi / 2
    #expect(truck.record.speed == 0)
    #expect((end - 6...end).contains(truck.record.frontStation), "\(truck.record.frontStation)")
    #expect(truck.record.tractorParkingBrake && truck.record.trailerParkingBrake)
    #expect(!truck.record.inDrive)
  }

  @Test func stopsAndParksWhenTold() throws {
    var truck = truck()
    truck.apply(try FaultCommand("driver follow 5"))
    truck.step(milliseconds: 10_000)
    #expect(truck.record.speed > 4 && !truck.record.tractorParkingBrake)
    truck.apply(try FaultCommand("driver follow off"))
    truck.step(milliseconds: 8_000)
    #expect(truck.record.speed == 0)
    #expect(truck.record.tractorParkingBrake && truck.record.trailerParkingBrake)
    #expect(!truck.record.inDrive)
  }

  @Test(arguments: ["driver follow", "driver follow fast", "driver follow -1", "driver follow 31"])
  func refuses(_ line: String) {
    #expect(throws: FaultCommandError.self) { try FaultCommand(line) }
  }
}
