import PathFollowing
import ReproducibleMath
import Signals
import SiteMap
import Units
import Vehicle

extension RoutePlan {
  /// The route as `route.geojson` of a mission: positions as near each other as its bends need, one
  /// on a line, so that messages can name it.
  package func geoJSON(frame: SiteFrame, name: String) -> String {
    let heights = heights()
    var rows: [String] = []
    var station = 0.0
    var piece = 0
    let length = pieces.last.map { ($0.start + $0.length).value } ?? 0
    while piece < pieces.count {
      let point = pieces[piece].point(at: station - pieces[piece].start.value)
      let height = heights.map { $0.height(at: station) }
      let place = frame.geodetic(
        east: Metres(point.east), north: Metres(point.north),
        up: height.map { $0 - frame.height } ?? .zero)
      var row = "          [\(degrees(place.longitude)), \(degrees(place.latitude))"
      if let height { row += ", \(shortest(rounded(height.value)))" }
      rows.append(row + "]")
      if station >= length { break }
      station = min(station + spacing(at: station, piece), length)
      while piece + 1 < pieces.count, pieces[piece].end.value <= station { piece += 1 }
    }
    return """
      {
        "type": "FeatureCollection",
        "features": [
          {
            "type": "Feature",
            "properties": {"kind": "route", "name": \(quotedJSON(name))},
            "geometry": {
              "type": "LineString",
              "coordinates": [
      \(rows.joined(separator: ",\n"))
              ]
            }
          }
        ]
      }

      """
  }

  /// To the next position: a bend leaves its chord by at most 8 mm.
  ///
  /// It grows and shrinks by a quarter of the way, else a chord would reach from a straight into a
  /// bend, and a reader could not tell its bow from the turn between a long and a short one.
  private func spacing(at station: Double, _ piece: Int) -> Double {
    let (longest, slope) = (8.0, 0.25)
    func allowed(_ index: Int) -> Double {
      let sharpest = max(
        pieces[index].curvature.value.magnitude, pieces[index].endCurvature.magnitude)
      return min(max((0.064 / max(sharpest, 1e-3)).squareRoot(), 0.5), longest)
    }
    var shortest = allowed(piece)
    for index in pieces[piece...].indices.dropFirst() {
      let distance = pieces[index].start.value - station
      guard distance * slope < longest else { break }
      shortest = min(shortest, allowed(index) + distance * slope)
    }
    for index in pieces[..<piece].indices.reversed() {
      let distance = station - pieces[index].end.value
      guard distance * slope < longest else { break }
      shortest = min(shortest, allowed(index) + distance * slope)
    }
    return shortest
  }

  private func degrees(_ angle: Degrees) -> String { shortest((angle.value * 1e9).rounded() / 1e9) }

  private func quotedJSON(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case " "...: result.unicodeScalars.append(scalar)
      default: result += " "
      }
    }
    return result + "\""
  }

  private struct Heights {
    var stations: [Double]
    var values: [Double]

    func height(at station: Double) -> Metres {
      var low = 0
      var high = stations.count - 1
      while low + 1 < high {
        let middle = (low + high) / 2
        if stations[middle] > station { high = middle } else { low = middle }
      }
      let span = max(stations[high] - stations[low], 1e-9)
      let share = min(max((station - stations[low]) / span, 0), 1)
      return Metres(values[low] + (values[high] - values[low]) * share)
    }
  }

  /// When every waypoint has one: means over 30 m, because a survey's noise is no grade.
  private func heights() -> Heights? {
    var stations: [Double] = []
    var values: [Double] = []
    for (i, waypoint) in waypoints.enumerated() {
      guard let height = waypoint.height else { return nil }
      let step = i > 0 ? (waypoint.place - waypoints[i - 1].place).length : 0
      stations.append((stations.last ?? 0) + step)
      values.append(height)
    }
    var means: [Double] = []
    var (low, high, sum) = (0, 0, 0.0)
    for i in stations.indices {
      while high < stations.count, stations[high] <= stations[i] + 15 {
        sum += values[high]
        high += 1
      }
      while stations[low] < stations[i] - 15 {
        sum -= values[low]
        low += 1
      }
      means.append(sum / Double(high - low))
    }
    return Heights(stations: stations, values: means)
  }
}
