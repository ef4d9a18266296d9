import BorderZone
import Control
import DriveConfiguration
import Foundation
import PathFollowing
import Signals
import Units

/// A drive as one picture: the map with its track, and speed over distance.
///
/// Speed is drawn against caps and hold lines. Plain SVG, so that any browser shows it.
package struct DrivePicture {
  private let configuration: DriveConfiguration
  private let samples: [Sample]

  /// What the picture needs of one instant.
  package struct Sample: Sendable {
    package let truth: TruthSample
    package let speedCap: MetresPerSecond
    package let mode: Mode

    package init(truth: TruthSample, speedCap: MetresPerSecond, mode: Mode) {
      self.truth = truth
      self.speedCap = speedCap
      self.mode = mode
    }
  }

  package init(configuration: DriveConfiguration, samples: [Sample]) {
    self.configuration = configuration
    self.samples = Self.thinned(samples)
  }

  /// What an eye can tell apart at this size: 2 m of way or 1 km/h of speed.
  private static func thinned(_ samples: [Sample]) -> [Sample] {
    var kept: [Sample] = []
    for sample in samples {
      if let last = kept.last {
        let way = (sample.truth.frontStation - last.truth.frontStation).magnitude
        let change = (sample.truth.speed - last.truth.speed).magnitude
        guard way.value >= 2 || change.kilometresPerHour >= 1 else { continue }
      }
      kept.append(sample)
    }
    return kept
  }

  private static let width = 1_080.0
  private static let margin = 50.0
  private static let mapTop = 50.0
  private static let chartHeight = 180.0

  package func svg() -> String {
    let extent = Extent(configuration.route)
    let scale = min(
      (Self.width - 2 * Self.margin) / extent.width, 420 / extent.height)
    let mapHeight = extent.height * scale + 40
    let chartTop = Self.mapTop + mapHeight + 60
    return """
      <svg xmlns="http://www.w3.org/2000/svg" \
      viewBox="0 0 \(Self.width) \(rounded(chartTop + Self.chartHeight + 50))" \
      font-family="sans-serif" font-size="12">
      <rect width="100%" height="100%" fill="#fcfcfa"/>
      <text x="\(Self.margin)" y="28" font-size="16" font-weight="bold">\
      \(escaped(configuration.missionName)), \(escaped(configuration.profileName))</text>
      \(map(extent, scale))
      \(chart(top: chartTop))
      </svg>

      """
  }

  private func map(_ extent: Extent, _ scale: Double) -> String {
    let pieces = configuration.route
    func place(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
      (
        rounded(Self.margin + (x - extent.west) * scale),
        rounded(Self.mapTop + 30 + (extent.north - y) * scale)
      )
    }
    func line(_ points: [(x: Double, y: Double)]) -> String {
      points.map { "\($0.x),\($0.y)" }.joined(separator: " ")
    }
    let route = line(pieces.map { place($0.east.value, $0.north.value) })
    let track = line(samples.map { place($0.truth.east.value, $0.truth.north.value) })
    var result = """
      <polyline points="\(route)" fill="none" stroke="#d5d2c8" stroke-width="9" \
      stroke-linecap="round" stroke-linejoin="round"/>
      <polyline points="\(track)" fill="none" stroke="#1565c0" stroke-width="2"/>

      """
    for (index, name) in configuration.holdLineNames.enumerated()
    where index < configuration.controller.zones.lineCount {
      let target = configuration.controller.zones.lines[index].stopTarget
      guard let piece = pieces.last(where: { $0.start <= target }) else { continue }
      let point = piece.point(at: (target - piece.start).value)
      let (x, y) = place(point.east, point.north)
      result += """
        <circle cx="\(x)" cy="\(y)" r="5" fill="#c62828"/>
        <text x="\(x)" y="\(y - 12)" text-anchor="middle">\(escaped(name))</text>

        """
    }
    return result
  }

  /// What the map must show.
  private struct Extent {
    var west = 0.0
    var south = 0.0
    var east = 1.0
    var north = 1.0

    init(_ route: [RoutePiece]) {
      guard let first = route.first else { return }
      west = first.east.value
      east = west
      south = first.north.value
      north = south
      for piece in route {
        let end = piece.point(at: piece.length.value)
        west = min(west, piece.east.value, end.east)
        east = max(east, piece.east.value, end.east)
        south = min(south, piece.north.value, end.north)
        north = max(north, piece.north.value, end.north)
      }
    }

    var width: Double { max(east - west, 1) }
    var height: Double { max(north - south, 1) }
  }

  private func chart(top chartTop: Double) -> String {
    let length = max(configuration.controller.routeLength.value, 1)
    let top = max(samples.map { finite($0.speedCap.value) }.max() ?? 1, 1) * 1.15
    func point(_ station: Double, _ speed: Double) -> String {
      let x = Self.margin + station / length * (Self.width - 2 * Self.margin)
      let y = chartTop + Self.chartHeight * (1 - speed / top)
      return "\(rounded(x)),\(rounded(y))"
    }
    let bottom = chartTop + Self.chartHeight
    let caps = samples.map { point($0.truth.frontStation.value, finite($0.speedCap.value)) }
      .joined(separator: " ")
    let speeds = samples.map { point($0.truth.frontStation.value, $0.truth.speed.value) }
      .joined(separator: " ")
    var result = zoneBands(top: chartTop, length: length)
    result += """
      <text x="\(Self.margin)" y="\(chartTop - 24)">speed (blue) and cap (grey), km/h, over \
      the front bumper's path coordinate, m</text>
      <polyline points="\(caps)" fill="none" stroke="#9e9e9e" stroke-dasharray="4 3"/>
      <polyline points="\(speeds)" fill="none" stroke="#1565c0" stroke-width="1.6"/>
      <line x1="\(Self.margin)" x2="\(Self.width - Self.margin)" y1="\(bottom)" y2="\(bottom)" \
      stroke="#444"/>

      """
    for index in 0..<configuration.controller.zones.lineCount {
      let x = point(configuration.controller.zones.lines[index].stopTarget.value, 0)
        .split(separator: ",")[0]
      result += """
        <line x1="\(x)" x2="\(x)" y1="\(chartTop)" y2="\(bottom)" stroke="#c62828" \
        stroke-dasharray="2 3"/>

        """
    }
    for station in stride(from: 0.0, through: length, by: 500) {
      let x = point(station, 0).split(separator: ",")[0]
      result +=
        "<text x=\"\(x)\" y=\"\(bottom + 18)\" text-anchor=\"middle\">\(Int(station))</text>\n"
    }
    for speed in stride(from: 0.0, through: top * 3.6, by: 10) {
      let y = point(0, speed / 3.6).split(separator: ",")[1]
      result +=
        "<text x=\"\(Self.margin - 8)\" y=\"\(y)\" text-anchor=\"end\">\(Int(speed))</text>\n"
    }
    return result
  }

  private func zoneBands(top chartTop: Double, length: Double) -> String {
    var result = ""
    for (index, name) in configuration.zoneNames.enumerated()
    where index < configuration.controller.zones.zoneCount {
      let zone = configuration.controller.zones.zones[index]
      let scale = (Self.width - 2 * Self.margin) / length
      let x = Self.margin + max(zone.start.value, 0) * scale
      let width = (min(zone.end.value, length) - max(zone.start.value, 0)) * scale
      result += """
        <rect x="\(rounded(x))" y="\(chartTop - 16)" width="\(rounded(width))" \
        height="\(Self.chartHeight + 16)" fill="\(index % 2 == 0 ? "#f0eee6" : "#f8f7f2")"/>
        <text x="\(rounded(x + width / 2))" y="\(chartTop - 4)" text-anchor="middle" \
        font-size="9" fill="#666">\(escaped(name))</text>

        """
    }
    return result
  }

  /// Caps are infinite outside zones.
  private func finite(_ value: Double) -> Double { value.isFinite ? value : 0 }

  private func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }

  private func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
  }
}
