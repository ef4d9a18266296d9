import BorderZone
import Control
import DriveConfiguration
import Foundation
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
    self.samples = samples
  }

  private static let width = 1_080.0
  private static let mapHeight = 400.0
  private static let chartTop = 450.0
  private static let chartHeight = 180.0
  private static let margin = 50.0

  package func svg() -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.width) 690" \
    font-family="sans-serif" font-size="12">
    <rect width="100%" height="100%" fill="#fcfcfa"/>
    <text x="\(Self.margin)" y="24" font-size="16" font-weight="bold">\
    \(escaped(configuration.missionName)), \(escaped(configuration.profileName))</text>
    \(map())
    \(chart())
    </svg>

    """
  }

  private func map() -> String {
    let pieces = configuration.route
    guard let first = pieces.first else { return "" }
    var west = first.east.value
    var east = west
    var south = first.north.value
    var north = south
    for piece in pieces {
      west = min(west, piece.east.value)
      east = max(east, piece.east.value)
      south = min(south, piece.north.value)
      north = max(north, piece.north.value)
    }
    let scale = min(
      (Self.width - 2 * Self.margin) / max(east - west, 1),
      (Self.mapHeight - 90) / max(north - south, 1))
    func point(_ x: Double, _ y: Double) -> String {
      "\(rounded(Self.margin + (x - west) * scale)),\(rounded(Self.mapHeight - 20 - (y - south) * scale))"
    }
    let route = pieces.map { point($0.east.value, $0.north.value) }.joined(separator: " ")
    let track = samples.map { point($0.truth.east.value, $0.truth.north.value) }
      .joined(separator: " ")
    var result = """
      <polyline points="\(route)" fill="none" stroke="#d5d2c8" stroke-width="9" \
      stroke-linecap="round" stroke-linejoin="round"/>
      <polyline points="\(track)" fill="none" stroke="#1565c0" stroke-width="2"/>

      """
    for index in 0..<configuration.controller.zones.lineCount {
      let target = configuration.controller.zones.lines[index].stopTarget
      guard let piece = pieces.last(where: { $0.start <= target }) else { continue }
      let place = point(piece.east.value, piece.north.value).split(separator: ",")
      let name =
        index < configuration.holdLineNames.count ? configuration.holdLineNames[index] : ""
      result += """
        <circle cx="\(place[0])" cy="\(place[1])" r="5" fill="#c62828"/>
        <text x="\(place[0])" y="\((Double(place[1]) ?? 0) - 10)" text-anchor="middle">\
        \(escaped(name))</text>

        """
    }
    return result
  }

  private func chart() -> String {
    let length = max(configuration.controller.routeLength.value, 1)
    let top = max(samples.map { finite($0.speedCap.value) }.max() ?? 1, 1) * 1.15
    func point(_ station: Double, _ speed: Double) -> String {
      let x = Self.margin + station / length * (Self.width - 2 * Self.margin)
      let y = Self.chartTop + Self.chartHeight * (1 - speed / top)
      return "\(rounded(x)),\(rounded(y))"
    }
    let bottom = Self.chartTop + Self.chartHeight
    let caps = samples.map { point($0.truth.frontStation.value, finite($0.speedCap.value)) }
      .joined(separator: " ")
    let speeds = samples.map { point($0.truth.frontStation.value, $0.truth.speed.value) }
      .joined(separator: " ")
    var result = """
      <text x="\(Self.margin)" y="\(Self.chartTop - 8)">speed (blue) and cap (grey), km/h, over \
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
        <line x1="\(x)" x2="\(x)" y1="\(Self.chartTop)" y2="\(bottom)" stroke="#c62828" \
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

  /// Caps are infinite outside zones.
  private func finite(_ value: Double) -> Double { value.isFinite ? value : 0 }

  private func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }

  private func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
  }
}
