import BorderZone
import Signals
import SiteMap
import Units
import Vehicle

/// The swept path as one picture.
///
/// Above the corridor with what the truck covers of it, below the room that is left on both sides
/// over the path coordinate. Plain SVG, in the manner of `drive.svg`.
package struct SweptPicture {
  private let survey: RouteSurvey
  private let low: PlanePoint
  private let high: PlanePoint
  private let scale: Double
  /// Every how many points of the table one is drawn: a picture of 1,000 km is no larger.
  private let stride: Int

  private static let width = 1_080.0
  private static let margin = 50.0
  private static let mapTop = 80.0
  private static let chartHeight = 180.0
  private static let pointLimit = 8_000

  package init(_ survey: RouteSurvey) {
    self.survey = survey
    let places = survey.table.points.map(\.place)
    low = PlanePoint(
      (places.map(\.east).min() ?? 0) - 20, (places.map(\.north).min() ?? 0) - 20)
    high = PlanePoint(
      (places.map(\.east).max() ?? 1) + 20, (places.map(\.north).max() ?? 1) + 20)
    scale = min(
      (Self.width - 2 * Self.margin) / max(high.east - low.east, 1),
      900 / max(high.north - low.north, 1))
    stride = places.count / Self.pointLimit + 1
  }

  package func svg() -> String {
    let chartTop = Self.mapTop + (high.north - low.north) * scale + 60
    let title = "\(survey.mission.name), \(survey.profile.name)"
    return """
      <svg xmlns="http://www.w3.org/2000/svg" \
      viewBox="0 0 \(Self.width) \(tenth(chartTop + Self.chartHeight + 50))" \
      font-family="sans-serif" font-size="12">
      <rect width="100%" height="100%" fill="#fcfcfa"/>
      <text x="\(Self.margin)" y="28" font-size="16" font-weight="bold">\(escaped(title))</text>
      <text x="\(Self.margin)" y="48">swept path (blue) in the corridor (grey), path of the rear \
      axle (white), outside (red)</text>
      \(map())
      \(chart(top: chartTop))
      </svg>

      """
  }

  // MARK: Map

  private func map() -> String {
    let rings =
      survey.mission.corridors.isEmpty ? survey.mission.zoneRings : survey.mission.corridors
    var result = ""
    for ring in rings {
      result += "<polygon points=\"\(ring.points.map(on).joined(separator: " "))\" "
      result += "fill=\"#d5d2c8\"/>\n"
    }
    let drawn = indices
    for path in survey.swept {
      let left = drawn.map { beside($0, path.envelopeLeft[$0]) }
      let right = drawn.reversed().map { beside($0, path.envelopeRight[$0]) }
      result += "<polygon points=\"\((left + right).joined(separator: " "))\" "
      result += "fill=\"#1565c0\" fill-opacity=\"0.45\"/>\n"
    }
    let line = drawn.map { on(survey.table.points[$0].place) }.joined(separator: " ")
    result += "<polyline points=\"\(line)\" fill=\"none\" stroke=\"#fff\" stroke-width=\"0.6\"/>\n"
    for path in survey.swept {
      for excess in path.excesses {
        let place = on(excess.place).split(separator: ",")
        result += """
          <circle class="outside" cx="\(place[0])" cy="\(place[1])" r="5" fill="none" \
          stroke="#c62828" stroke-width="2"/>
          <text x="\(place[0])" y="\(place[1])" dx="8" fill="#c62828">\(metres(excess.distance)) \
          at \(metres(excess.station))</text>

          """
      }
    }
    for i in 0..<min(survey.mission.zones.lineCount, survey.mission.lineNames.count)
    where !survey.table.points.isEmpty {
      let front = survey.mission.zones.lines[i].stopTarget.value
      let point = survey.table.points[survey.table.index(front)]
      let place = on(point.place).split(separator: ",")
      result += """
        <circle cx="\(place[0])" cy="\(place[1])" r="3" fill="#444"/>
        <text x="\(place[0])" y="\(place[1])" dy="-8" text-anchor="middle">\
        \(escaped(survey.mission.lineNames[i]))</text>

        """
    }
    return result
  }

  /// Points of the table that are drawn: where a part of the truck was.
  private var indices: [Int] {
    survey.table.points.indices.filter { index in
      index % stride == 0
        && survey.swept.contains { $0.envelopeLeft[index] > 0 || $0.envelopeRight[index] < 0 }
    }
  }

  private func beside(_ index: Int, _ left: Double) -> String {
    let point = survey.table.points[index]
    return on(point.place + point.normal * left)
  }

  private func on(_ place: PlanePoint) -> String {
    let x = Self.margin + (place.east - low.east) * scale
    let y = Self.mapTop + (high.north - place.north) * scale
    return "\(shortest((x * 100).rounded() / 100)),\(shortest((y * 100).rounded() / 100))"
  }

  // MARK: Chart

  private func chart(top: Double) -> String {
    let length = max(survey.mission.routeLength.value, 1)
    let most = 20.0
    func point(_ station: Double, _ room: Double) -> String {
      let x = Self.margin + station / length * (Self.width - 2 * Self.margin)
      let y = top + Self.chartHeight * (0.5 - max(min(room, most), -most) / most / 2)
      return "\(tenth(x)),\(tenth(y))"
    }
    let middle = top + Self.chartHeight / 2
    var result = """
      <text x="\(Self.margin)" y="\(top - 24)">room left of the truck (up) and right of it (down), \
      m, over the rear axle's path coordinate, m; crossing the line is outside</text>
      <line x1="\(Self.margin)" x2="\(Self.width - Self.margin)" y1="\(tenth(middle))" \
      y2="\(tenth(middle))" stroke="#444"/>

      """
    for (path, dash) in zip(survey.swept, ["none", "4 3"]) {
      let driven = survey.table.points.indices.filter {
        $0 % stride == 0 && path.rooms[$0].left.isFinite
      }
      for (rooms, color) in [
        (driven.map { path.rooms[$0].left }, "#1565c0"),
        (driven.map { -path.rooms[$0].right }, "#2e7d32"),
      ] {
        let line = zip(driven, rooms).map { point(survey.table.station($0), $1) }
        result += "<polyline points=\"\(line.joined(separator: " "))\" fill=\"none\" "
        result += "stroke=\"\(color)\" stroke-dasharray=\"\(dash)\"/>\n"
      }
    }
    let marks = max((length / 5 / 100).rounded() * 100, 100)
    for station in Swift.stride(from: 0.0, through: length, by: marks) {
      let x = point(station, 0).split(separator: ",")[0]
      result += "<text x=\"\(x)\" y=\"\(tenth(top + Self.chartHeight + 18))\" "
      result += "text-anchor=\"middle\">\(Int(station))</text>\n"
    }
    for room in [-20.0, -10, 10, 20] {
      let y = point(0, room).split(separator: ",")[1]
      result += "<text x=\"\(Self.margin - 8)\" y=\"\(y)\" "
      result += "text-anchor=\"end\">\(Int(room.magnitude))</text>\n"
    }
    return result
  }

  private func tenth(_ value: Double) -> String { shortest((value * 10).rounded() / 10) }

  private func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      default: result.append(character)
      }
    }
    return result
  }
}
