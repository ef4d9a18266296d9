import BorderZone
import Control
import DriveConfiguration
import Foundation
import PathFollowing
import Recording
import Replay
import SafeStop
import Signals
import Units
import Vehicle

/// One drive as a page carries it.
struct DriveDocument: Encodable {
  let file: String
  let facts: [Fact]
  let verdict: Verdict
  /// UTC of the first cycle, ms since 1970; nil when unknown.
  let startUTC: Double?
  /// On the clock of the recording, s.
  let start: Double
  let duration: Double
  let distance: Double
  let traces: [String: Trace]
  let lanes: [StateLane]
  let events: [ReportEvent]
  let stops: [ReportStop]
  let messages: [MessageHealth]
  let buses: [Bus]
  let loop: LoopTimes
  let map: RouteMap
  let vehicle: Vehicle
  let limits: Limits
  let attachments: [Attachment]

  struct Fact: Encodable {
    let name: String
    let value: String
  }

  /// Whether this build decides the same.
  struct Verdict: Encodable {
    let identical: Bool
    let cycles: Int
    let outputHash: String
    let difference: String?
  }

  struct Bus: Encodable {
    let name: String
    let bitRate: Int
    let frames: UInt64
    let dropped: UInt32
    let errorFrames: UInt32
    let isUp: Bool
    let controller: String
  }

  struct Attachment: Encodable {
    let name: String
    let size: Int
    let hash: String
  }

  struct Limits: Encodable {
    let lateralWarning: Double
    let lateralLimit: Double
    let heading: Double
  }

  /// Lengths of the truck, m; the origin is the tractor's rear axle.
  struct Vehicle: Encodable {
    let front: Double
    let rear: Double
    let width: Double
    let hasTrailer: Bool
    let kingPin: Double
    let kingPinToAxle: Double
    let axleToRear: Double
    let antennaForward: Double
    let antennaLeft: Double

    init(_ truck: VehicleParameters) {
      front = truck.rearAxleToFrontBumper.value
      rear = truck.rearAxleToTractorRear.value
      width = truck.width.value
      hasTrailer = truck.hasTrailer
      kingPin = truck.fifthWheelOffset.value
      kingPinToAxle = truck.kingPinToTrailerAxle.value
      axleToRear = truck.trailerAxleToRear.value
      antennaForward = truck.antennaForward.value
      antennaLeft = truck.antennaLeft.value
    }
  }
}

extension DriveDocument {
  init(_ survey: DriveSurvey) {
    let configuration = survey.configuration
    let safeStop = configuration.controller.safeStop
    let time = survey.table[.time]
    file = survey.file
    verdict = Verdict(
      identical: survey.comparison.difference == nil, cycles: time.count,
      outputHash: hexadecimal(survey.comparison.outputHash.hash),
      difference: survey.comparison.difference.map { "\($0)" })
    facts =
      Self.facts(survey.log)
      + survey.clock.facts(configuration.buses.map(\.interface)).map(Fact.init)
      + survey.messages.facts.map(Fact.init)
    startUTC = survey.startUTC == 0 ? nil : Double(survey.startUTC / 1_000_000)
    self.start = Double(survey.start.nanoseconds) * 1e-9
    duration = time.last ?? 0
    let speed = survey.table[.speed]
    distance = zip(time.indices, time.indices.dropFirst()).reduce(0.0) {
      $0 + speed[$1.0].magnitude * (time[$1.1] - time[$1.0])
    }
    traces = survey.table.traces()
    lanes = survey.lanes.lanes
    let found = StopFinder(survey.table).stops(survey.places).map { $0.explained(by: survey) }
    stops = found
    let told = survey.lanes.events.map { $0.linked(to: found) }
    let rests = found.enumerated().map { Self.event($0.offset, $0.element) }
    events = (told + rests).sorted { $0.at < $1.at }
    let start = survey.start.nanoseconds
    messages = survey.messages.health(
      start: start, end: start + Int64(((time.last ?? 0) * 1e9).rounded()), decoder: survey.decoder,
      buses: configuration.buses.map(\.interface),
      receiveNames: survey.profile?.receiveNames ?? [],
      sendNames: survey.profile?.transmitNames ?? [])
    buses = zip(configuration.buses, survey.buses).map {
      Bus(
        name: $0.interface, bitRate: $0.bitRate, frames: $1.framesSeen,
        dropped: $1.droppedFrames, errorFrames: $1.errorFrames, isUp: $1.isUp,
        controller: "\($1.controller)")
    }
    loop = LoopTimes(time, slips: survey.slips, overflowed: survey.overflowed)
    map = RouteMap(configuration)
    vehicle = Vehicle(survey.vehicle)
    limits = Limits(
      lateralWarning: safeStop.lateralWarning.value, lateralLimit: safeStop.lateralLimit.value,
      heading: safeStop.headingLimit.value)
    attachments = survey.log.attachments.map {
      Attachment(name: $0.name, size: $0.data.count, hash: SHA256.hex(of: $0.data))
    }
  }

  private static func event(_ row: Int, _ stop: ReportStop) -> ReportEvent {
    let place = stop.line ?? stop.zone
    let short = stop.short.map { String(format: ", believed %.2f m short", $0) } ?? ""
    let what = "rests" + (place.map { (stop.line == nil ? " in " : " at ") + $0 } ?? "") + short
    return ReportEvent(at: stop.at, what: what, attention: .none, stop: row)
  }

  /// What the header of the recording says, less what stands elsewhere on the page.
  private static func facts(_ log: DriveLog) -> [Fact] {
    [Fact(name: "software", value: log.software)]
      + log.facts.pairs.filter { !$0.key.hasPrefix(DriveSchema.hashPrefix) }
      .map { Fact(name: $0.key, value: $0.value) }
  }
}

/// From one cycle to the next: how regularly the core was called; times in ms.
struct LoopTimes: Encodable {
  struct Bin: Encodable {
    let from: Double
    let to: Double
    let count: Int
  }

  let bins: [Bin]
  let least: Double?
  let median: Double?
  let percentile99: Double?
  let most: Double?
  let mostAt: Double?
  let slips: UInt64
  /// Frames that did not fit into their cycle.
  let overflowed: UInt64

  init(_ time: [Double], slips: UInt64, overflowed: UInt64) {
    self.slips = slips
    self.overflowed = overflowed
    // To the microsecond: what is left of the difference is rounding.
    let steps = zip(time, time.dropFirst()).map {
      (at: $1, length: (($1 - $0) * 1e6).rounded() * 1e-3)
    }
    let sorted = steps.map(\.length).sorted()
    least = sorted.first
    median = sorted.isEmpty ? nil : sorted[sorted.count / 2]
    percentile99 = sorted.isEmpty ? nil : sorted[min(sorted.count * 99 / 100, sorted.count - 1)]
    most = sorted.last
    mostAt = steps.max { $0.length < $1.length }?.at
    bins = Self.bins(sorted)
  }

  /// Forty over what occurs, but none narrower than 0.05 ms, the first around the least.
  private static func bins(_ sorted: [Double]) -> [Bin] {
    guard let low = sorted.first, let high = sorted.last else { return [] }
    let width = max((high - low) / 40, 0.05)
    let from = low - width / 2
    let count = min(Int((high - from) / width) + 1, 64)
    var counts = [Int](repeating: 0, count: count)
    for length in sorted { counts[min(max(Int((length - from) / width), 0), count - 1)] += 1 }
    return counts.enumerated().map {
      Bin(from: from + Double($0) * width, to: from + Double($0 + 1) * width, count: $1)
    }
  }
}

/// The route with its zones and hold lines, in metres of the site.
struct RouteMap: Encodable {
  let station: Trace
  let east: Trace
  let north: Trace
  let zones: [Zone]
  let lines: [Line]

  struct Zone: Encodable {
    let name: String
    let kind: String
    let from: Double
    let to: Double
    let cap: Double
    let persons: String
    let noStop: Bool
  }

  struct Line: Encodable {
    let name: String
    let stopTarget: Double
    let limit: Double
  }

  /// Two metres look smooth at every scale that a page has.
  private static let spacing = 2.0

  init(_ configuration: DriveConfiguration) {
    var points: [(station: Double, east: Double, north: Double)] = []
    for piece in configuration.route {
      let count = max(Int((piece.length.value / Self.spacing).rounded(.up)), 1)
      for i in 0..<min(count, 100_000) {
        let along = piece.length.value * Double(i) / Double(count)
        let point = piece.point(at: along)
        points.append((piece.start.value + along, point.east, point.north))
      }
    }
    if let last = configuration.route.last {
      let point = last.point(at: last.length.value)
      points.append((last.end.value, point.east, point.north))
    }
    station = Trace(points.map(\.station), step: 0.01)
    east = Trace(points.map(\.east), step: 0.01)
    north = Trace(points.map(\.north), step: 0.01)
    let table = configuration.controller.zones
    zones = (0..<table.zoneCount).map {
      let zone = table.zones[$0]
      return Zone(
        name: StateLanes.name(configuration.zoneNames, Int64($0)) ?? "\($0)", kind: "\(zone.kind)",
        from: zone.start.value, to: zone.end.value, cap: zone.speedCap.value,
        persons: "\(zone.persons)", noStop: zone.noStop)
    }
    lines = (0..<table.lineCount).map {
      let line = table.lines[$0]
      return Line(
        name: StateLanes.name(configuration.holdLineNames, Int64($0)) ?? "\($0)",
        stopTarget: line.stopTarget.value, limit: line.supervisedLimit.value)
    }
  }
}
