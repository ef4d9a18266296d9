import CAN
import Plant
import ReproducibleMath
import Signals
import Testing
import Units

/// What the truck tells of itself, decoded by the test from the layouts of can-gnss.md 7.
@Suite struct StatusFrames {
  private func field(_ frame: CANFrame, _ start: UInt64, _ length: UInt64) -> Double {
    Double(frame.words[0] >> start & ((1 << length) - 1))
  }

  private func settled(
    _ settings: TruckSettings, speed: Double, seconds: Int = 1, seed: UInt64 = 3
  ) -> [UInt32: CANFrame] {
    var truck = Truck(
      parameters: VehicleParameters(), settings: settings, seed: seed,
      start: TruckStart(east: 0, north: 0, heading: 0, speed: speed))
    var latest: [UInt32: CANFrame] = [:]
    for _ in 0..<(seconds * 100) {
      truck.step(milliseconds: 10)
      for frame in truck.sent { latest[frame.identifier] = frame }
    }
    return latest
  }

  /// The declared periods are kept to the millisecond.
  @Test func periods() {
    var truck = Truck(
      parameters: VehicleParameters(), settings: .ideal, seed: 1, start: TruckStart())
    var times: [UInt32: [Int]] = [:]
    for millisecond in 1...10_000 {
      truck.step(milliseconds: 1)
      for frame in truck.sent { times[frame.identifier, default: []].append(millisecond) }
    }
    let expected: [UInt32: Int] = [
      0x08FE_6E0B: 20, 0x18FE_F100: 100, 0x18F0_010B: 100, 0x18FE_BF0B: 100, 0x18FD_C40B: 100,
      0x0CF0_0400: 20, 0x0CF0_0300: 50, 0x0CF0_0203: 10, 0x18F0_0503: 100, 0x18F0_090B: 20,
      0x18FE_700B: 1000, 0x0CAC_2713: 100, 0x18FF_1121: 50,
      0x18FF_2230: 20, 0x0CF0_2F2A: 50, 0x10FE_6F2A: 100,
    ]
    #expect(Set(times.keys) == Set(expected.keys))
    for (identifier, period) in expected {
      let list = times[identifier] ?? []
      #expect(list.count == 10_000 / period)
      for (a, b) in zip(list, list.dropFirst()) { #expect(b - a == period) }
    }
  }

  @Test func idealValues() throws {
    var parameters = VehicleParameters()
    parameters.rollingResistance = 0
    parameters.dragArea = 0
    var truck = Truck(
      parameters: parameters, settings: .ideal, seed: 1,
      start: TruckStart(east: 0, north: 0, heading: 0, speed: 10))
    var sender = CommandSender()
    var latest: [UInt32: CANFrame] = [:]
    for tick in 0..<1_000 {
      truck.receive(sender.torque(0))
      if tick % 2 == 0 {
        truck.receive(sender.steer(0.02))
        truck.receive(sender.body())
      }
      truck.step(milliseconds: 10)
      for frame in truck.sent { latest[frame.identifier] = frame }
    }
    let record = truck.record
    let wheels = try #require(latest[0x08FE_6E0B])
    let speeds = (0..<4).map { field(wheels, UInt64(16 * $0), 16) / 256 / 3.6 }
    // Slowing by 0.2 m/s2 in 10 ms of delay, and two readings rounded to 1/256 km/h.
    #expect((speeds[2] + speeds[3] - 2 * truck.dynamics.driveRim).magnitude < 0.007)
    // Left is inside the bend: slower by the track width of 2 m times the yaw rate.
    let yawRate = truck.dynamics.yawRate
    #expect((speeds[3] - speeds[2] - 2 * yawRate).magnitude < 0.003)
    let engine = try #require(latest[0x18FE_F100])
    // Slip in the bend slows the truck meanwhile: 0.2 m/s2 in the 30 ms of delay.
    #expect((field(engine, 8, 16) / 256 / 3.6 - record.speed).magnitude < 0.01)
    let shaft = try #require(latest[0x0CF0_0203])
    #expect((field(shaft, 8, 16) * 0.125 * pi / 30 * 0.5 / 3 - record.speed).magnitude < 0.01)
    let motion = try #require(latest[0x18F0_090B])
    #expect((field(motion, 24, 16) / 8192 - 3.92 - yawRate).magnitude < 0.0002)
    let across = truck.dynamics.lateralAcceleration
    #expect((field(motion, 40, 16) / 2048 - 15.687 - across).magnitude < 0.001)
    // The axle's centre also drifts as its slip follows the falling speed.
    #expect((across - record.speed * yawRate).magnitude < 0.005)
    #expect(
      (field(motion, 0, 16) / 1024 - 31.374 - 20 * record.roadWheelAngle).magnitude < 0.001)
    let steering = try #require(latest[0x0CAC_2713])
    #expect(((field(steering, 0, 16) * 0.25 - 8032) / 1000 + 0.02).magnitude < 0.0002)
    #expect(field(steering, 16, 2) == 0 && field(steering, 18, 2) == 1)
    let weight = try #require(latest[0x18FE_700B])
    #expect(field(weight, 16, 16) * 10 == 20_000)
    let body = try #require(latest[0x18FF_1121])
    #expect(field(body, 0, 16) == Double(1 << 10))
    #expect(field(body, 16, 8) * 8 == 904 || field(body, 16, 8) * 8 == 952)
  }

  @Test func parkedValues() throws {
    let latest = settled(.ideal, speed: 0)
    let body = try #require(latest[0x18FF_1121])
    #expect(field(body, 0, 2) == 1 && field(body, 2, 2) == 1 && field(body, 14, 2) == 0)
    let gear = try #require(latest[0x18F0_0503])
    #expect(field(gear, 24, 8) - 125 == 0)
    let wheels = try #require(latest[0x08FE_6E0B])
    #expect(wheels.words[0] == 0)
  }

  /// Each speed source errs in its own way.
  @Test func errorsDiffer() throws {
    let latest = settled(TruckSettings(), speed: 15)
    let engine = field(try #require(latest[0x18FE_F100]), 8, 16) / 256 / 3.6
    let axle = field(try #require(latest[0x18FE_BF0B]), 0, 16) / 256 / 3.6
    #expect((axle / engine - 1.005 / 0.997).magnitude < 0.002)
  }

  @Test func cutOutReadsZero() throws {
    var settings = TruckSettings.ideal
    settings.sensors.wheelSpeedCutOut = 0.8
    let crawling = settled(settings, speed: 0.7, seconds: 1)
    #expect(try #require(crawling[0x08FE_6E0B]).words[0] == 0)
    #expect(field(try #require(crawling[0x18FE_BF0B]), 0, 16) == 0)
    #expect(field(try #require(crawling[0x18FE_F100]), 8, 16) > 0)
  }

  /// On a road that falls to the left, an accelerometer at rest shows what holds it: to the right.
  @Test(arguments: [0.05, -0.1])
  func bankIsFelt(slope: Double) throws {
    var truck = Truck(
      parameters: VehicleParameters(), settings: .ideal, seed: 1, start: TruckStart())
    truck.apply(try FaultCommand("road bank \(slope)"))
    truck.step(milliseconds: 500)
    let motion = try #require(truck.sent.last { $0.identifier == 0x18F0_090B })
    #expect((field(motion, 40, 16) / 2048 - 15.687 + 9.81 * slope).magnitude < 0.001)
  }

  /// Mean and spread of the wheel speeds and the yaw rate are as set.
  @Test func noise() {
    var settings = TruckSettings()
    settings.sensors.wheelSpeedScale = 1
    var parameters = VehicleParameters()
    parameters.rollingResistance = 0
    parameters.dragArea = 0
    var truck = Truck(
      parameters: parameters, settings: settings, seed: 5,
      start: TruckStart(east: 0, north: 0, heading: 0, speed: 10))
    var speeds: [Double] = []
    var rates: [Double] = []
    for _ in 0..<20_000 {
      truck.step(milliseconds: 10)
      for frame in truck.sent {
        if frame.identifier == 0x08FE_6E0B { speeds.append(field(frame, 0, 16) / 256 / 3.6) }
        if frame.identifier == 0x18F0_090B { rates.append(field(frame, 24, 16) / 8192 - 3.92) }
      }
    }
    let (speed, speedSpread) = statistics(speeds)
    #expect((speed - 10).magnitude < 0.002 && (speedSpread - 0.02).magnitude < 0.001)
    let (rate, rateSpread) = statistics(rates)
    #expect((rate - 0.002).magnitude < 0.0002 && (rateSpread - 0.003).magnitude < 0.0002)
  }

  private func statistics(_ values: [Double]) -> (mean: Double, deviation: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    let square = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    return (mean, square.squareRoot())
  }

  /// One integer decides every noise.
  @Test func seedDecides() {
    func frames(_ seed: UInt64) -> [CANFrame] {
      var truck = Truck(
        parameters: VehicleParameters(), seed: seed,
        start: TruckStart(east: 0, north: 0, heading: 0, speed: 8))
      var all: [CANFrame] = []
      for _ in 0..<300 {
        truck.step(milliseconds: 10)
        all += truck.sent
      }
      return all
    }
    let first = frames(7)
    #expect(first == frames(7))
    #expect(first != frames(8))
  }

  /// A step of 10 ms is ten steps of 1 ms.
  @Test func stepSizeDoesNotMatter() {
    var coarse = Truck(
      parameters: VehicleParameters(), seed: 2,
      start: TruckStart(east: 0, north: 0, heading: 0.5, speed: 8))
    var fine = coarse
    var coarseFrames: [CANFrame] = []
    var fineFrames: [CANFrame] = []
    for _ in 0..<100 {
      coarse.step(milliseconds: 10)
      coarseFrames += coarse.sent
    }
    for _ in 0..<1000 {
      fine.step(milliseconds: 1)
      fineFrames += fine.sent
    }
    #expect(coarseFrames == fineFrames)
    #expect(coarse.record == fine.record)
  }
}
