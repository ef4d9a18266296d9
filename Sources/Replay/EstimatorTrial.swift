import Estimation
import Identification
import ReproducibleMath
import Signals
import Units

/// How far an estimate is from the reference.
package struct ErrorSummary: Sendable {
  package let count: Int
  package let median: Double
  package let percentile95: Double
  package let worst: Double

  /// - Parameter errors: magnitudes.
  package init(_ errors: [Double]) {
    let sorted = errors.sorted()
    count = sorted.count
    func quantile(_ share: Double) -> Double {
      sorted.isEmpty ? .nan : sorted[Int((share * Double(sorted.count - 1)).rounded())]
    }
    median = quantile(0.5)
    percentile95 = quantile(0.95)
    worst = sorted.last ?? .nan
  }
}

/// The estimator over the readings of a segment, against its reference.
///
/// It gets what it gets on a truck, cycle by cycle: no reading before it arrived, nothing of the
/// reference.
package struct EstimatorTrial {
  package struct Errors: Sendable {
    /// Of the device, m.
    package var position: [Double] = []
    /// Of the device's course, rad.
    package var heading: [Double] = []
  }

  package let segment: CommaSegment
  package let vehicle: VehicleParameters
  private let configuration = EstimatorConfiguration()

  package init(_ segment: CommaSegment, _ vehicle: VehicleParameters) {
    self.segment = segment
    self.vehicle = vehicle
  }

  /// A mid-size passenger car; no key of it was fitted to the reference.
  package static var passengerCar: VehicleParameters {
    var vehicle = VehicleParameters()
    vehicle.hasTrailer = false
    vehicle.wheelbase = Metres(2.66)
    vehicle.steeringRatio = 16.9
    // A windscreen is about halfway between the axles.
    vehicle.antennaForward = Metres(1.5)
    vehicle.understeerGradient = 0.004
    vehicle.rearAxleSlip = 0.004
    vehicle.mass = Kilograms(1_700)
    return vehicle
  }

  /// The receiver's latency as the car's own wheels tell it.
  package var latency: Estimate {
    let wheels = segment.wheelSpeeds.times.indices.map {
      WheelSpeedSample(
        time: segment.wheelSpeeds.times[$0],
        speed: (segment.wheelSpeeds.values[$0, 2] + segment.wheelSpeeds.values[$0, 3]) / 2,
        yawRate: 0)
    }
    let fixes = segment.gnss.times.indices.map {
      SpeedFix(receivedAt: segment.gnss.times[$0], speed: segment.gnss.values[$0, 2])
    }
    return GroundSpeed.identify(wheels: wheels, fixes: fixes).latency
  }

  /// The receiver's own error at the times at which its fixes were valid.
  package var receiver: Errors {
    var errors = Errors()
    for i in segment.gnss.times.indices {
      let fix = report(i)
      let place = segment.frame.site(
        latitude: fix.latitude, longitude: fix.longitude, height: segment.frame.height)
      guard let truth = pose(at: segment.gnss.times[i] - vehicle.gnssLatency.seconds) else {
        continue
      }
      errors.position.append(
        distance(place.east.value - truth.east, place.north.value - truth.north))
      errors.heading.append(wrapped(pi / 2 - fix.track.radians - truth.course).magnitude)
    }
    return errors
  }

  /// - Parameters:
  ///   - outage: no fix arrives in it, s since the first reading.
  ///   - counts: which times are compared; all after the heading is known when nil.
  package func run(outage: Range<Double>? = nil, counts: Range<Double>? = nil) -> Errors {
    var feed = Feed(segment)
    var estimator = Estimator()
    var errors = Errors()
    var next = 0
    var reports = InlineArray<4, GNSSReport>(repeating: GNSSReport())
    let start = feed.start
    var cycle = 0
    while start + Double(cycle) * 0.01 <= feed.end {
      let time = start + Double(cycle) * 0.01
      cycle += 1
      feed.advance(to: time)
      var count = 0
      for fix in feed.fixes where count < 4 {
        if let outage, outage.contains(segment.gnss.times[fix] - start) { continue }
        reports[count] = report(fix)
        count += 1
      }
      let state = estimator.step(
        now: Instant(seconds: time), signals: feed.signals, gnss: reports, gnssCount: count,
        parameters: vehicle, frame: segment.frame, configuration: configuration)
      while next < segment.reference.count, segment.reference[next].time <= time {
        let truth = segment.reference[next]
        next += 1
        guard state.headingObserved, counts?.contains(truth.time - start) ?? true else { continue }
        compare(state, truth, after: truth.time - time, &errors)
      }
    }
    return errors
  }

  /// During and right after outages that begin every two seconds, the errors of each outage's last
  /// half second.
  package func outages(of length: Double) -> Errors {
    var errors = Errors()
    guard let last = segment.reference.last else { return errors }
    var begin = 20.0
    while begin + length < last.time - segment.gnss.times[0] {
      let end = begin + length
      let run = run(outage: begin..<end, counts: end - 0.5..<end)
      errors.position += run.position
      errors.heading += run.heading
      begin += 2
    }
    return errors
  }

  private func compare(
    _ state: VehicleState, _ truth: CommaSegment.ReferencePose, after: Double,
    _ errors: inout Errors
  ) {
    let forward = vehicle.antennaForward.value
    let heading = state.heading.value
    let lateral =
      (forward - vehicle.rearAxleSlip * state.speed.value * state.speed.value)
      * state.yawRate.value
    let along = state.speed.value * after
    let east = state.east.value + (forward + along) * cosine(heading)
    let north = state.north.value + (forward + along) * sine(heading)
    errors.position.append(distance(east - truth.east, north - truth.north))
    guard truth.speed > 2 else { return }
    let course = heading + arctangent(y: lateral, x: state.speed.value)
    errors.heading.append(wrapped(course - truth.course).magnitude)
  }

  private func distance(_ x: Double, _ y: Double) -> Double { (x * x + y * y).squareRoot() }

  private func report(_ row: Int) -> GNSSReport {
    var report = GNSSReport()
    let values = segment.gnss.values
    report.receivedAt = Instant(seconds: segment.gnss.times[row])
    report.mode = 3
    report.latitude = Degrees(values[row, 0])
    report.longitude = Degrees(values[row, 1])
    report.height = Metres(values[row, 4])
    report.speed = MetresPerSecond(values[row, 2])
    report.track = Degrees(values[row, 5])
    return report
  }

  /// The reference between its frames.
  private func pose(at time: Double) -> CommaSegment.ReferencePose? {
    guard let after = segment.reference.firstIndex(where: { $0.time >= time }), after > 0 else {
      return nil
    }
    let (a, b) = (segment.reference[after - 1], segment.reference[after])
    guard b.time > a.time else { return nil }
    let share = (time - a.time) / (b.time - a.time)
    return CommaSegment.ReferencePose(
      time: time, east: a.east + share * (b.east - a.east),
      north: a.north + share * (b.north - a.north),
      course: a.course + share * wrapped(b.course - a.course), speed: a.speed)
  }
}

/// Readings in the order of their arrival.
private struct Feed {
  private(set) var signals = SignalStore()
  /// Rows of the receiver that arrived in the last advance.
  private(set) var fixes: [Int] = []
  let start: Double
  let end: Double
  private let segment: CommaSegment
  private var next = [Int](repeating: 0, count: 6)

  init(_ segment: CommaSegment) {
    self.segment = segment
    start = min(segment.gyro.times[0], segment.wheelSpeeds.times[0])
    end = segment.wheelSpeeds.times.last ?? start
  }

  mutating func advance(to time: Double) {
    let segment = segment
    take(0, segment.wheelSpeeds, time) { row in
      [
        (.wheelSpeedFrontLeft, segment.wheelSpeeds.values[row, 0]),
        (.wheelSpeedFrontRight, segment.wheelSpeeds.values[row, 1]),
        (.wheelSpeedRearLeft, segment.wheelSpeeds.values[row, 2]),
        (.wheelSpeedRearRight, segment.wheelSpeeds.values[row, 3]),
      ]
    }
    take(1, segment.speeds, time) { [(.vehicleSpeed, segment.speeds.values[$0])] }
    take(2, segment.steering, time) {
      [(.steeringWheelAngle, segment.steering.values[$0] * pi / 180)]
    }
    // Down is the third axis; ours is up.
    take(3, segment.gyro, time) { [(.yawRate, -segment.gyro.values[$0, 2])] }
    take(4, segment.accelerometer, time) {
      [(.longitudinalAcceleration, segment.accelerometer.values[$0, 0])]
    }
    fixes.removeAll()
    while next[5] < segment.gnss.times.count, segment.gnss.times[next[5]] <= time {
      fixes.append(next[5])
      next[5] += 1
    }
  }

  private mutating func take(
    _ number: Int, _ readings: CommaSegment.Readings, _ time: Double,
    _ values: (Int) -> [(SignalChannel, Double)]
  ) {
    while next[number] < readings.times.count, readings.times[next[number]] <= time {
      let row = next[number]
      next[number] += 1
      for (channel, value) in values(row) where value.isFinite {
        var sample = SignalSample()
        sample.value = value
        sample.validAt = Instant(seconds: readings.times[row])
        sample.receivedAt = sample.validAt
        sample.state = .valid
        signals[channel] = sample
      }
    }
  }
}

extension Instant {
  fileprivate init(seconds: Double) { self.init(nanoseconds: Int64(seconds * 1e9)) }
}
