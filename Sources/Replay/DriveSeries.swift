import Control
import DriveConfiguration
import Identification
import Recording
import ReproducibleMath
import Signals
import Units
import WireCodec

/// What a recorded drive commanded and measured, as the estimators take it.
///
/// Measurements stand at the cycle that decoded them. They are older than that by what `age` says,
/// known to `timingSigma`: no message tells when its sensor was read.
package struct DriveSeries {
  package private(set) var steering: [SteeringSample] = []
  package private(set) var longitudinal: [LongitudinalSample] = []
  package private(set) var wheels: [WheelSpeedSample] = []
  package private(set) var fixes: [SpeedFix] = []
  package private(set) var gyro: [GyroSample] = []
  package private(set) var yaw: [YawSample] = []
  package private(set) var cycles = 0
  /// Each report of a receiver with course and heading.
  private var reports: [(receivedAt: Double, speed: Double, course: Double, heading: Double)] = []
  package let vehicle: VehicleParameters
  private let frames: FrameTable
  private var clocks = Clocks()
  private var angle = Double.nan
  private var wasStanding = false

  private struct Clocks {
    var angle = Instant.never
    var speed = Instant.never
    var yawRate = Instant.never
  }

  /// From the reading of a sensor to the sending of its message: controllers run at 10 to 20 ms.
  private static var sensorAge: Double { 0.010 }
  private static var cycle: Double { 0.010 }
  /// Arrivals wait half a cycle on average.
  package static var age: Double { sensorAge + cycle / 2 }

  package init(_ replay: DriveReplay) throws {
    vehicle = replay.configuration.controller.vehicle
    frames = replay.configuration.controller.frames
    var walk = try replay.walk()
    while try walk.next() { take(walk.controller.signals, walk.cycle.inputs, walk.outputs) }
  }

  private mutating func take(
    _ signals: borrowing @_addressable SignalStore, _ inputs: borrowing @_addressable Inputs,
    _ outputs: borrowing @_addressable Outputs
  ) {
    cycles += 1
    let time = inputs.now.seconds
    let measuredAngle = newAngle(signals)
    let speed = newSpeed(signals)
    takeSteering(time, outputs, measuredAngle)
    takeMotion(time, outputs, speed ?? .nan)
    if let speed {
      wheels.append(
        WheelSpeedSample(
          time: time - Self.age, speed: speed, yawRate: outputs.state.yawRate.value))
    }
    if let rate = Self.new(signals[.yawRate], &clocks.yawRate) {
      gyro.append(
        GyroSample(
          time: time - Self.age, yawRate: rate, isStanding: outputs.state.isStandstill))
      yaw.append(
        YawSample(
          time: time, speed: outputs.state.isStandstill ? 0 : outputs.state.speed.value,
          angle: angle, yawRate: rate))
    }
    for i in 0..<min(inputs.gnssCount, 4) { take(inputs.gnss[i]) }
  }

  private mutating func takeSteering(
    _ time: Double, _ outputs: borrowing @_addressable Outputs, _ measured: Double?
  ) {
    let isSteered = outputs.mode == .autonomous && outputs.command.steeringEngaged
    let standsStill = outputs.state.isStandstill && wasStanding
    wasStanding = outputs.state.isStandstill
    // Nobody steers a parked truck for information; the pause parts two runs.
    guard isSteered, !standsStill else { return }
    steering.append(
      SteeringSample(
        time: time,
        commanded: arctangent(outputs.command.curvature.value * vehicle.wheelbase.value),
        measured: measured ?? .nan))
  }

  private mutating func takeMotion(
    _ time: Double, _ outputs: borrowing @_addressable Outputs, _ speed: Double
  ) {
    guard outputs.mode == .autonomous, !outputs.state.isStandstill else { return }
    let command = outputs.command
    let pace = max(outputs.state.speed.value.magnitude, 0.1)
    let force = command.driveTorque.value * vehicle.driveForce.value
    // Half the density of air at 15 degrees, 1.225 kg/m3; so slow that the engine's lag is nothing.
    let air = 0.6125 * vehicle.dragArea * pace * pace
    longitudinal.append(
      LongitudinalSample(
        time: time, speed: speed, brake: command.brakeDeceleration.value,
        drive: min(force, vehicle.drivePower.value / pace) - air,
        retarder: command.retarderTorque.value * vehicle.retarderForce.value))
  }

  private mutating func take(_ report: GNSSReport) {
    guard report.mode >= 2, report.speed.isFinite else { return }
    let time = report.receivedAt.seconds
    fixes.append(SpeedFix(receivedAt: time, speed: report.speed.value))
    guard report.track.isFinite, report.heading.isFinite else { return }
    reports.append(
      (
        time, report.speed.value, pi / 2 - report.track.radians,
        pi / 2 - report.heading.radians - vehicle.antennaHeadingOffset.value
      ))
  }

  private static func new(_ sample: SignalSample, _ last: inout Instant) -> Double? {
    guard sample.state == .valid, sample.validAt > last else { return nil }
    last = sample.validAt
    return sample.value
  }

  /// The road wheels', by the best signal there is.
  private mutating func newAngle(_ signals: borrowing @_addressable SignalStore) -> Double? {
    var found: Double?
    if signals[.roadWheelAngle].validAt != .never {
      found = Self.new(signals[.roadWheelAngle], &clocks.angle)
    } else if signals[.steeringWheelAngle].validAt != .never, vehicle.steeringRatio > 0 {
      found = Self.new(signals[.steeringWheelAngle], &clocks.angle).map {
        $0 / vehicle.steeringRatio
      }
    } else {
      found = Self.new(signals[.steeringCurvature], &clocks.angle).map {
        arctangent($0 * vehicle.wheelbase.value)
      }
    }
    if let found { angle = found }
    return found
  }

  /// Of the rear axle along the truck: from the front wheels where there are any, which no engine
  /// makes slip.
  private mutating func newSpeed(_ signals: borrowing @_addressable SignalStore) -> Double? {
    let front = (signals[.wheelSpeedFrontLeft], signals[.wheelSpeedFrontRight])
    if front.0.validAt != .never, front.1.state == .valid {
      guard let left = Self.new(front.0, &clocks.speed) else { return nil }
      return (left.magnitude + front.1.value.magnitude) / 2 * (angle.isFinite ? cosine(angle) : 1)
    }
    let rear = (signals[.wheelSpeedRearLeft], signals[.wheelSpeedRearRight])
    if rear.0.validAt != .never, rear.1.state == .valid {
      guard let left = Self.new(rear.0, &clocks.speed) else { return nil }
      return (left.magnitude + rear.1.value.magnitude) / 2
    }
    return Self.new(signals[.vehicleSpeed], &clocks.speed).map(\.magnitude)
  }
}

// What needs the whole drive.
extension DriveSeries {
  /// The period of the frame that carries a command.
  private func period(_ channels: [CommandChannel]) -> Double {
    for i in 0..<frames.transmitCount {
      let row = frames.transmit[i]
      for j in row.firstField..<row.firstField + row.fieldCount
      where channels.contains(frames.transmitFields[j].channel) {
        return row.period.seconds
      }
    }
    return Self.cycle
  }

  /// How much later a dead time looks than it is, and how well that is known (one sigma): a command
  /// waits for its frame, a measurement for its message and for the cycle.
  package func latency(of channels: [CommandChannel]) -> (mean: Double, sigma: Double) {
    let period = period(channels)
    // Uniform over a command's period, a controller's 20 ms and our cycle.
    let variance = (period * period + 0.02 * 0.02 + Self.cycle * Self.cycle) / 12
    return (Self.age + (period - Self.cycle) / 2, variance.squareRoot())
  }

  /// Of the speed in bends, where understeer shows, m2/s2.
  package var meanSquareSpeed: Double {
    var sums = (weight: 0.0, square: 0.0)
    for sample in yaw where sample.speed > 1 && sample.angle.isFinite {
      sums.weight += sample.angle * sample.angle * sample.speed * sample.speed
      sums.square +=
        sample.angle * sample.angle * sample.speed * sample.speed
        * sample.speed * sample.speed
    }
    return sums.weight > 0 ? sums.square / sums.weight : 0
  }

  /// Fixes beside what the truck itself measured at their time of validity.
  package func antennaSamples(latency: Double, gyroBias: Double) -> [AntennaSample] {
    var samples: [AntennaSample] = []
    var w = 0
    var g = 0
    for report in reports {
      let time = report.receivedAt - latency
      while w + 1 < wheels.count, wheels[w + 1].time <= time { w += 1 }
      while g + 1 < gyro.count, gyro[g + 1].time <= time { g += 1 }
      guard w + 5 < wheels.count, g + 5 < gyro.count, w >= 5, g >= 5 else { continue }
      // Ten readings around it, against their noise.
      var speed = 0.0
      var rate = 0.0
      for i in -4...5 {
        speed += wheels[w + i].speed / 10
        rate += gyro[g + i].yawRate / 10
      }
      samples.append(
        AntennaSample(
          time: time, speed: report.speed, course: report.course, heading: report.heading,
          yawRate: rate - gyroBias, wheelSpeed: speed))
    }
    return samples
  }

  /// The gyro with the headings of the receiver beside it.
  package func gyroSamples(latency: Double) -> [GyroSample] {
    var samples = gyro
    var g = 0
    for report in reports {
      let time = report.receivedAt - latency
      while g + 1 < samples.count, samples[g + 1].time <= time { g += 1 }
      guard g < samples.count, (samples[g].time - time).magnitude < 0.05 else { continue }
      samples[g].heading = report.heading + samples[g].yawRate * (samples[g].time - time)
    }
    return samples
  }
}

extension Instant {
  fileprivate var seconds: Double { Double(nanoseconds) * 1e-9 }
}
