import ActuatorGate
import BorderZone
import Control
import DriveConfiguration
import Estimation
import Explanation
import Foundation
import PathFollowing
import Recording
import Replay
import ReproducibleMath
import Signals
import Units
import Vehicle
import WireCodec

/// What a report shows of a drive, gathered by running it again.
package struct DriveSurvey {
  let log: DriveLog
  let file: String
  let configuration: DriveConfiguration
  let profile: VehicleProfile?
  private(set) var table = QuantityTable()
  private(set) var lanes: StateLanes
  private(set) var places: [StandingPlace] = []
  private(set) var story = DriveStory()
  private(set) var messages: MessageWatch
  private(set) var decoder = FrameDecoder()
  private(set) var buses: [BusHealth] = []
  private(set) var start = Instant.never
  /// UTC of the first cycle; 0 when unknown.
  private(set) var startUTC: Int64 = 0
  private(set) var slips: UInt64 = 0
  private(set) var overflowed: UInt64 = 0
  private(set) var clock = ClockFacts()
  private(set) var comparison = DriveComparison()
  private(set) var vehicle: VehicleParameters
  private let frame: SiteFrame
  private var judged = Innovations()

  /// Runs the drive again; what differs from the record is noted, the record is what is shown.
  package static func of(_ path: String) throws -> DriveSurvey {
    let log = try DriveLog(ByteSource(opening: path))
    let replay = try DriveReplay(log)
    var survey = DriveSurvey(log, replay.configuration, file: Self.name(of: path))
    var compared = try replay.comparedWalk(goesOn: true)
    while try compared.next() { survey.take(compared.walk.controller, compared.walk.cycle) }
    survey.comparison = compared.comparison
    survey.decoder = compared.walk.controller.decoder
    survey.buses = survey.configuration.buses.indices.map { compared.walk.cycle.inputs.buses[$0] }
    guard survey.start != .never else { throw ReplayRefused("the recording holds no cycle") }
    try survey.takeFrames(path)
    return survey
  }

  /// With the folder, because most are called drive.mcap.
  private static func name(of path: String) -> String {
    URL(filePath: path).standardizedFileURL.pathComponents.suffix(2).filter { $0 != "/" }
      .joined(separator: "/")
  }

  private init(_ log: DriveLog, _ configuration: DriveConfiguration, file: String) {
    self.file = file
    self.log = log
    self.configuration = configuration
    profile = log.profile()
    vehicle = configuration.controller.vehicle
    frame = SiteFrame(
      latitude: configuration.controller.originLatitude,
      longitude: configuration.controller.originLongitude,
      height: configuration.controller.originHeight)
    lanes = StateLanes(zones: configuration.zoneNames, lines: configuration.holdLineNames)
    messages = MessageWatch(configuration.controller.frames)
  }

  private mutating func take(
    _ controller: borrowing @_addressable Controller,
    _ cycle: borrowing @_addressable RecordedCycle
  ) {
    take(cycle.inputs, cycle.outputs, controller)
  }

  private mutating func take(
    _ inputs: borrowing @_addressable Inputs, _ outputs: borrowing @_addressable Outputs,
    _ controller: borrowing @_addressable Controller
  ) {
    if start == .never {
      start = inputs.now
      if inputs.utcSigmaSeconds.isFinite || inputs.utcOffset != .zero {
        startUTC = (inputs.now + inputs.utcOffset).nanoseconds
      }
    }
    clock.take(outputs.clock)
    slips += UInt64(inputs.cycleSlips)
    overflowed += UInt64(inputs.frames.overflowed)
    let time = (inputs.now - start).seconds
    lanes.take(outputs, at: time)
    story.take(outputs, at: inputs.now, utcOffset: inputs.utcOffset)
    places.append(place(outputs))
    var row = QuantityRow()
    row[.time] = time
    measure(outputs, &row)
    measure(controller.estimator, isPlaced: outputs.state.trust != .unknown, &row)
    measure(inputs, &row)
    table.append(row)
  }

  private func place(_ outputs: borrowing @_addressable Outputs) -> StandingPlace {
    var place = StandingPlace()
    place.isStandstill = outputs.state.isStandstill
    place.zone = StateLanes.name(configuration.zoneNames, outputs.zone)
    place.line = StateLanes.name(configuration.holdLineNames, outputs.holdLine)
    let table = configuration.controller.zones
    if let line = Int(exactly: outputs.holdLine), (0..<table.lineCount).contains(line) {
      place.lineTarget = table.lines[line].stopTarget.value
    }
    if outputs.demand.level >= .comfortStop { place.reason = "\(outputs.demand.reason)" }
    return place
  }

  private func measure(_ outputs: borrowing @_addressable Outputs, _ row: inout QuantityRow) {
    let state = outputs.state
    row[.speed] = state.speed.value
    row[.speedCap] = outputs.speedCap.value
    row[.acceleration] = state.acceleration.value
    row[.curvature] = state.curvature.value
    row[.gnssAge] = state.gnssAge.seconds < 1e5 ? state.gnssAge.seconds : .nan
    if vehicle.hasTrailer { row[.articulation] = state.articulation.value }
    if outputs.mode.isDriven {
      row[.targetSpeed] = outputs.targetSpeed.value
      row[.brakeDemand] = outputs.command.brakeDeceleration.value
      row[.driveTorque] = outputs.command.driveTorque.value
      row[.commandedCurvature] = outputs.command.curvature.value
    }
    if state.trust != .unknown {
      row[.east] = state.east.value
      row[.north] = state.north.value
      row[.heading] = state.heading.value
      row[.sigmaEast] = state.sigmaEast.value
      row[.sigmaNorth] = state.sigmaNorth.value
    }
    guard outputs.path.isOnRoute else { return }
    let front = outputs.path.frontStation
    row[.station] = outputs.path.station.value
    row[.frontStation] = front.value
    row[.lateral] = outputs.path.lateralDeviation.value
    row[.headingError] = outputs.path.headingError.value
    row[.pathCurvature] = curvature(at: outputs.path.station)
    row[.toStopTarget] = (outputs.authority.stopTarget - front).value
    let left = outputs.authority.supervisedLimit - front
    row[.toLimit] = left.value
    guard outputs.mode.isDriven else { return }
    let limits = configuration.controller.limits
    row[.authoritySpeed] =
      limits.permittedSpeed(
        within: left, deceleration: min(limits.authorityDeceleration, outputs.brakes.comfort)
      ).value
  }

  private func curvature(at station: Metres) -> Double {
    let route = configuration.route
    var (low, high) = (0, route.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if route[middle].start <= station { low = middle } else { high = middle }
    }
    guard low < route.count else { return .nan }
    let along = (station - route[low].start).value
    return route[low].curvature(at: min(max(along, 0), route[low].length.value))
  }

  private mutating func measure(
    _ estimator: borrowing @_addressable Estimator, isPlaced: Bool, _ row: inout QuantityRow
  ) {
    let belief = estimator.belief
    // The estimator adds its offset to what the sensor reads.
    row[.steeringOffset] = -estimator.steeringOffset.value
    row[.gyroBias] = estimator.gyroBias.value
    row[.wheelScale] = estimator.wheelScale
    row[.gyroBiasSigma] = belief.variance(5).squareRoot()
    row[.wheelScaleSigma] = belief.variance(6).squareRoot()
    row[.steeringOffsetSigma] = belief.variance(7).squareRoot()
    let product = belief.variance(0) * belief.variance(1)
    if isPlaced, product > 0 {
      row[.positionCorrelation] = belief.covariance[1] / product.squareRoot()
    }
    let now = estimator.innovations
    if now.position.count != judged.position.count {
      row[.positionInnovation] = now.position.square
      row[.fixRefused] = now.position.isAccepted ? 0 : 1
    }
    if now.heading.count != judged.heading.count {
      row[.headingInnovation] = now.heading.normalised
    }
    if now.wheelSpeed.count != judged.wheelSpeed.count {
      row[.wheelInnovation] = now.wheelSpeed.normalised
    }
    judged = now
  }

  /// The last fix of the cycle in metres of the site, where the antenna was.
  private func measure(_ inputs: borrowing @_addressable Inputs, _ row: inout QuantityRow) {
    for i in 0..<inputs.gnssCount {
      let report = inputs.gnss[i]
      guard report.mode >= 2, report.latitude.isFinite, report.longitude.isFinite else { continue }
      let height = report.height.isFinite ? report.height : frame.height
      let site = frame.site(
        latitude: report.latitude, longitude: report.longitude, height: height)
      row[.fixEast] = site.east.value
      row[.fixNorth] = site.north.value
      row[.fixSigma] = report.sigma.value
    }
  }

  private mutating func takeFrames(_ path: String) throws {
    let reader = try MCAPReader(ByteSource(opening: path))
    while let record = try reader.next() {
      guard case .message(let message) = record,
        reader.channels[message.channel]?.topic == DriveSchema.canTopic
      else { continue }
      messages.take(message.data)
    }
  }
}

extension DriveLog {
  /// The profile that stands in the recording; nil where it holds none that can be read.
  package func profile() -> VehicleProfile? {
    let folder = "profile/"
    guard let bytes = self[attachment: folder + "profile.yaml"] else { return nil }
    return VehicleProfile.read(bytes, file: folder + "profile.yaml", findings: Findings()) {
      self[attachment: folder + $0]
    }
  }
}
