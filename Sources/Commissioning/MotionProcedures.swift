import Identification
import Records
import ReproducibleMath
import Signals
import Units

/// Where the antenna is, by how it swings out in bends.
struct LeverArm: Procedure {
  private let context: CommissioningContext
  private var samples: [AntennaSample] = []
  private var left = 0.0
  private var right = 0.0
  // At a speed at which the rear axle hardly slips, and at one at which it does: slip and lever arm
  // look alike at one speed.
  private var slow = 0.0
  private var fast = 0.0
  private var rest = Mean()
  private var last = 0.0
  private static var capacity: Int { 20_000 }

  init(_ context: CommissioningContext) { self.context = context }

  /// A long truck turns slowly, so that one circle tells half as much.
  private var circles: Int { context.vehicle.wheelbase.value > 6 ? 2 : 1 }
  private var turn: Double { 2 * .pi * Double(circles) }

  mutating func take(_ sample: CommissioningSample) {
    if sample.reading.speed.magnitude < 0.05 { rest.add(sample.reading.yawRate) }
    for epoch in sample.epochs where epoch.isFixed && samples.count < Self.capacity {
      let elapsed = min(max(epoch.time - last, 0), 0.5)
      last = epoch.time
      guard epoch.heading.isFinite, epoch.counts.speed > 1 else { continue }
      // A bias of the gyro makes one circle longer than the other.
      let rate = epoch.counts.yawRate - rest.value
      if rate > 0.08 { left += rate * elapsed }
      if rate < -0.08 { right -= rate * elapsed }
      if epoch.counts.speed < 2 { slow += rate.magnitude * elapsed }
      if epoch.counts.speed > 2.5 { fast += rate.magnitude * elapsed }
      samples.append(
        AntennaSample(
          time: epoch.time, speed: epoch.groundSpeed, course: epoch.course,
          heading: epoch.heading, yawRate: epoch.counts.yawRate, wheelSpeed: epoch.counts.speed))
    }
  }

  var progress: ProcedureProgress {
    .all([
      (Double(rest.count) / 500, "5 s at standstill"),
      (left / turn, "\(count) to the left"),
      (right / turn, "\(count) to the right"),
      (slow / turn, "\(count) at 5 km/h"),
      (fast / turn, "\(count) at 10 to 12 km/h"),
    ])
  }

  private var count: String { circles == 1 ? "a full circle" : "\(circles) full circles" }

  func finding() -> CommissioningEntry? {
    guard progress.isComplete else { return nil }
    // What the gyro reads at rest is no turning; 4 m ahead of the axle it would be 3 cm/s.
    let bias = rest.value
    let found = AntennaMounting.identify(
      samples.map { sample in
        var unbiased = sample
        unbiased.yawRate -= bias
        return unbiased
      })
    let bound = context.limits.leverArm
    let expected = (
      forward: context.vehicle.antennaForward.value, left: context.vehicle.antennaLeft.value
    )
    let limit =
      "\(CommissioningEntry.number(expected.forward)) m forward and "
      + "\(CommissioningEntry.number(expected.left)) m left +- \(CommissioningEntry.number(bound)) m"
    if let advice = found.forward.advice ?? found.left.advice {
      return .failed("the bends tell too little, needed are \(advice)", limit: limit)
    }
    let forward = found.forward.quantity("m")
    let left = found.left.quantity("m")
    let note = "forward \(forward.text), left \(left.text)"
    let errors = [
      (forward.value - expected.forward, forward.uncertainty),
      (left.value - expected.left, left.uncertainty),
    ]
    let off = (errors[0].0 * errors[0].0 + errors[1].0 * errors[1].0).squareRoot()
    let uncertainty = errors.map(\.1).max() ?? .infinity
    let quantity = CommissioningEntry.Quantity(off, uncertainty: uncertainty, unit: "m")
    // With all that the measurement leaves open it is within the tolerance, or surely beyond it, or
    // more must be driven.
    if off + uncertainty <= bound { return .passed(quantity, limit: limit, note: note) }
    return .failed(
      off - uncertainty > bound
        ? "the antenna is not where the profile has it (\(note))"
        : "not enough to tell, needed are more circles, or the profile's place mended (\(note))",
      quantity, limit: limit)
  }
}

/// What the wheels count over what the ground measures.
struct WheelScale: Procedure {
  private let context: CommissioningContext
  private var wheels: [WheelSpeedSample] = []
  private var fixes: [SpeedFix] = []
  private var previous = Instant.never
  private var distance = 0.0
  private var rest = Mean()
  private static var needed: Double { 300 }
  private static var slowest: Double { 1 }
  private static var capacity: Int { 40_000 }

  init(_ context: CommissioningContext) { self.context = context }

  mutating func take(_ sample: CommissioningSample) {
    let reading = sample.reading
    if reading.speed.magnitude < 0.05 { rest.add(reading.yawRate) }
    if reading.speedAt != previous, reading.speed > Self.slowest, wheels.count < Self.capacity {
      previous = reading.speedAt
      wheels.append(
        WheelSpeedSample(
          time: Double(reading.speedAt.nanoseconds) * 1e-9, speed: reading.speed,
          yawRate: reading.yawRate.isFinite ? reading.yawRate : 0))
    }
    for epoch in sample.epochs
    where epoch.isFixed && epoch.groundSpeed.isFinite && epoch.counts.speed > Self.slowest {
      // In bends a wrong lever arm and what the tyres scrub look like a scale.
      guard
        context.receives(.yawRate) == false || (epoch.counts.yawRate - rest.value).magnitude < 0.05
      else { continue }
      if epoch.counts.speed > 2 { distance += epoch.counts.speed * 0.1 }
      fixes.append(
        SpeedFix(
          receivedAt: epoch.time + context.vehicle.gnssLatency.seconds, speed: epoch.groundSpeed))
    }
  }

  var progress: ProcedureProgress {
    .all([
      (context.receives(.yawRate) ? Double(rest.count) / 200 : 1, "2 s at standstill"),
      (
        distance / Self.needed,
        "\(Int(max(Self.needed - distance, 0))) m straight, faster than 8 km/h, as steadily as may be"
      ),
    ])
  }

  func finding() -> CommissioningEntry? {
    guard progress.isComplete else { return nil }
    // An antenna ahead of the axle swings out by the yaw rate.
    let unbiased = wheels.map { wheel in
      var unbiased = wheel
      unbiased.yawRate -= rest.value
      return unbiased
    }
    let found = GroundSpeed.identify(
      wheels: unbiased, fixes: fixes, antennaForward: context.vehicle.antennaForward,
      antennaLeft: context.vehicle.antennaLeft, expected: context.vehicle.gnssLatency)
    let limit = "1 +- \(CommissioningEntry.number(context.limits.wheelScale)) m/m"
    if let advice = found.scale.advice {
      return .failed("the drive tells too little, needed is \(advice)", limit: limit)
    }
    // A driven axle slips by what rolls (0.8 %) over its share of the load times its slip stiffness
    // (10 to 20): at a steady speed some 0.1 % of a rigid truck, 0.2 % of a laden combination.
    return .judged(
      found.scale.adding(systematic: 0.0015).quantity("m/m"), within: context.limits.wheelScale,
      of: 1,
      otherwise: "the wheels count another distance than was driven")
  }
}

/// The gyro turns with the truck, and the accelerometers feel the directions that they are named for.
struct GyroMounting: Procedure {
  private let context: CommissioningContext
  private var gyro: [GyroSample] = []
  private var headings: [(time: Double, heading: Double)] = []
  private var previous = Instant.never
  private var left = 0.0
  private var right = 0.0
  private var rest = 0.0
  private var along: [(x: Double, y: Double)] = []
  private var across: [(x: Double, y: Double)] = []
  private var window: [(time: Double, speed: Double, along: Double)] = []
  private var lastEpoch: MotionEpoch?
  private static var turn: Double { 2 * .pi }
  private static var capacity: Int { 60_000 }

  init(_ context: CommissioningContext) { self.context = context }

  mutating func take(_ sample: CommissioningSample) {
    let reading = sample.reading
    let time = Double(reading.yawAt.nanoseconds) * 1e-9
    if reading.yawAt != previous, reading.yawRate.isFinite, gyro.count < Self.capacity {
      previous = reading.yawAt
      let stands = reading.speed.isFinite && reading.speed.magnitude < 0.05
      if stands { rest += context.period(of: .yawRate).seconds }
      // A long wait tells no more than a minute of it.
      if !stands || rest < 60 {
        gyro.append(GyroSample(time: time, yawRate: reading.yawRate, isStanding: stands))
      }
      feel(reading, time)
    }
    for epoch in sample.epochs where epoch.heading.isFinite {
      headings.append((epoch.time, epoch.heading))
      if let last = lastEpoch {
        let turned = wrapped(epoch.heading - last.heading)
        // A receiver's noise is no turning.
        if epoch.counts.speed > 0.5 { if turned > 0 { left += turned } else { right -= turned } }
      }
      lastEpoch = epoch
    }
  }

  /// Half a second of wheel speeds against the accelerometers.
  private mutating func feel(_ reading: TruckReading, _ time: Double) {
    guard reading.speed.isFinite else { return }
    if reading.lateralAcceleration.isFinite, reading.speed > 1 {
      across.append((reading.speed * reading.yawRate, reading.lateralAcceleration))
    }
    window.append((time, reading.speed, reading.longitudinalAcceleration))
    guard let first = window.first, time - first.time >= 0.5 else { return }
    var line = Line()
    var felt = Mean()
    for point in window {
      line.add(point.time - first.time, point.speed)
      felt.add(point.along)
    }
    if felt.count > 5, line.slope.magnitude > 0.3 { along.append((line.slope, felt.value)) }
    window.removeAll(keepingCapacity: true)
  }

  var progress: ProcedureProgress {
    .all([
      (rest / 10, "10 s at standstill with the engine running"),
      (left / Self.turn, "a full circle to the left"),
      (right / Self.turn, "a full circle to the right"),
      (
        context.receives(.longitudinalAcceleration) ? Double(along.count) / 6 : 1,
        "starting and braking, 3 s in all"
      ),
    ])
  }

  func finding() -> CommissioningEntry? {
    guard progress.isComplete else { return nil }
    let found = GyroCalibration.identify(merged)
    let gain = context.limits.gyroGain
    let limit = "1 +- \(CommissioningEntry.number(gain)) rad/rad"
    let scale = found.scale.quantity("rad/rad")
    if scale.value.isFinite, (scale.value - 1).magnitude > 0.5 + scale.uncertainty {
      return .failed(
        scale.value < -0.5
          ? "the gyro has the wrong sign"
          : "the yaw rate does not turn with the truck: another axis",
        scale, limit: limit)
    }
    if let advice = found.scale.advice ?? found.bias.advice {
      return .failed("the drive tells too little, needed is \(advice)", limit: limit)
    }
    let bias = found.bias.quantity("rad/s")
    let note = "bias \(bias.text)"
    guard bias.value.magnitude + bias.uncertainty <= context.limits.gyroBias else {
      return .failed("the gyro turns at standstill", bias, limit: limit)
    }
    for (name, points, channel) in [
      ("longitudinal", along, SignalChannel.longitudinalAcceleration),
      ("lateral", across, .lateralAcceleration),
    ] where context.receives(channel) && points.count > 5 {
      let slope = centred(points)
      guard (slope - 1).magnitude <= context.limits.accelerometerGain else {
        return .failed(
          "the \(name) accelerometer reads \(CommissioningEntry.number((1e3 * slope).rounded() / 1e3)) "
            + "of what the truck does: another axis, or turned round", limit: limit, note: note)
      }
    }
    return .judged(
      scale, within: gain, of: 1,
      otherwise: "the gyro is mounted askew, or scaled wrongly", note: note)
  }

  /// Slope of a line that need not go through the origin: a bias and a slope of the road are none of
  /// the axis.
  private func centred(_ points: [(x: Double, y: Double)]) -> Double {
    var line = Line()
    for point in points { line.add(point.x, point.y) }
    return line.slope
  }

  /// Headings were valid before they arrived.
  private var merged: [GyroSample] {
    var result: [GyroSample] = []
    result.reserveCapacity(gyro.count + headings.count)
    var next = 0
    for sample in gyro {
      while next < headings.count, headings[next].time < sample.time {
        result.append(
          GyroSample(
            time: headings[next].time, yawRate: .nan, isStanding: false,
            heading: headings[next].heading))
        next += 1
      }
      result.append(sample)
    }
    return result
  }
}
