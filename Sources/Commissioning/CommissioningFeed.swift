import DriveConfiguration
import ReproducibleMath
import Signals
import Units
import WireCodec

/// Makes samples of frames and GNSS reports, whoever brings them.
package struct CommissioningFeed {
  private let context: CommissioningContext
  private var decoder = FrameDecoder()
  private var signals = SignalStore()
  private var counts = MotionCounts()
  /// Of the last second and a half, for reports that arrive after their moment.
  private var history: [MotionCounts] = []
  private var frame: SiteFrame?
  private var hearing: CommandHearing
  private var previous = Instant.never

  package init(_ context: CommissioningContext) {
    self.context = context
    hearing = CommandHearing(context)
  }

  /// One cycle.
  ///
  /// - Parameter command: as the daemon recorded it; nil where the bus tells.
  package mutating func sample(
    at now: Instant, frames: [ReceivedFrame], gnss: [GNSSReport], command: HeardCommand? = nil
  ) -> CommissioningSample {
    var sample = CommissioningSample()
    sample.now = now
    for frame in frames {
      if hearing.take(frame) { continue }
      let row = decoder.decode(frame, table: context.frames, into: &signals)
      guard row >= 0 else { continue }
      sample.arrivals.append(
        FrameArrival(
          row: row, at: frame.receivedAt, isSound: decoder.rows[row].validAt == frame.receivedAt))
    }
    sample.signals = signals
    sample.reading = TruckReading(signals, at: now, context)
    count(sample.reading, at: now)
    sample.epochs = gnss.compactMap { epoch($0) }
    sample.command = command ?? hearing.command(at: now)
    return sample
  }

  private mutating func count(_ reading: TruckReading, at now: Instant) {
    let elapsed = previous == .never ? 0 : (now - previous).seconds
    previous = now
    // A gap is not driven through: nobody knows how.
    if elapsed > 0.2 || elapsed < 0 { history.removeAll() }
    let step = min(max(elapsed, 0), 0.2)
    counts.time = Double(now.nanoseconds) * 1e-9
    let speed = reading.speed.isFinite ? reading.speed : 0
    counts.speed = speed
    counts.yawRate = reading.yawRate
    counts.distance += speed * step
    if reading.yawRate.isFinite { counts.yaw += reading.yawRate * step }
    if reading.roadWheelAngle.isFinite {
      let length =
        context.vehicle.wheelbase.value + context.vehicle.understeerGradient * speed * speed
      counts.steered += speed * tangent(reading.roadWheelAngle) / length * step
      counts.angleDistance += reading.roadWheelAngle * speed * step
    }
    history.append(counts)
    if history.count > 300 { history.removeFirst(150) }
  }

  private mutating func epoch(_ report: GNSSReport) -> MotionEpoch? {
    guard report.mode >= 2, report.latitude.value.isFinite, report.longitude.value.isFinite else {
      return nil
    }
    let height = report.height.value.isFinite ? report.height : Metres(0)
    let frame =
      frame
      ?? SiteFrame(latitude: report.latitude, longitude: report.longitude, height: height)
    self.frame = frame
    let place = frame.site(
      latitude: report.latitude, longitude: report.longitude, height: height)
    let moment = Double((report.receivedAt - context.vehicle.gnssLatency).nanoseconds) * 1e-9
    guard let after = history.firstIndex(where: { $0.time >= moment }), after > 0 else {
      return nil
    }
    var epoch = MotionEpoch()
    epoch.time = moment
    epoch.counts = .between(history[after - 1], history[after], at: moment)
    epoch.east = place.east.value
    epoch.north = place.north.value
    epoch.groundSpeed = report.speed.value
    epoch.course = Self.mathematical(report.track)
    epoch.heading = wrapped(
      Self.mathematical(report.heading) - context.vehicle.antennaHeadingOffset.value)
    epoch.sigma = report.sigma.value
    epoch.isFixed = report.status == 3
    return epoch
  }

  private static func mathematical(_ compass: Degrees) -> Double {
    compass.value.isFinite ? wrapped((90 - compass.value) * .pi / 180) : .nan
  }
}

/// Hears commands on the bus by the profile's own rows for sending, whoever sends them.
struct CommandHearing {
  private let context: CommissioningContext
  private var angle = (value: Double.nan, at: Instant.never)
  private var brake = (value: Double.nan, at: Instant.never)
  /// Longer silence is no command; twice the slowest of our periods and some.
  private static var patience: Interval { .milliseconds(100) }

  init(_ context: CommissioningContext) { self.context = context }

  /// Whether the frame is one of ours to send.
  mutating func take(_ frame: ReceivedFrame) -> Bool {
    for index in 0..<context.frames.transmitCount {
      let row = context.frames.transmit[index]
      guard row.bus == frame.bus, row.isExtended == frame.isExtended,
        row.identifier == frame.identifier
      else { continue }
      read(row, frame)
      return true
    }
    return false
  }

  private mutating func read(_ row: TransmitRow, _ frame: ReceivedFrame) {
    var intends = true
    var brakes = true
    var heardAngle = Double.nan
    var heardBrake = Double.nan
    for index in row.firstField..<(row.firstField + row.fieldCount) {
      let field = context.frames.transmitFields[index]
      let value = Self.value(field, frame)
      switch field.channel {
      case .steeringIntent: intends = value == 1
      case .brakeControlMode: brakes = value == 1
      case .roadWheelAngle: heardAngle = value
      case .steeringCurvature:
        heardAngle = context.geometry.roadWheelAngle(of: Curvature(value)).value
      case .brakeDeceleration: heardBrake = value
      default: continue
      }
    }
    if heardAngle.isFinite { angle = (intends ? heardAngle : .nan, frame.receivedAt) }
    if heardBrake.isFinite { brake = (brakes ? heardBrake : 0, frame.receivedAt) }
  }

  private static func value(_ field: CommandField, _ frame: ReceivedFrame) -> Double {
    let raw = field.bits.extract(frame.words)
    if !field.codes.isEmpty {
      for code in 0..<UInt64(15) where field.codes[code] == raw { return Double(code) }
      return .nan
    }
    let number = field.bits.isSigned ? Double(field.bits.extractSigned(frame.words)) : Double(raw)
    return number * field.scale + field.offset
  }

  func command(at now: Instant) -> HeardCommand {
    var command = HeardCommand()
    if angle.at != .never, now - angle.at <= Self.patience { command.roadWheelAngle = angle.value }
    if brake.at != .never, now - brake.at <= Self.patience { command.deceleration = brake.value }
    return command
  }
}
