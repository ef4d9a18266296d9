import BorderZone
import ReproducibleMath
import Signals
import Units
import Vehicle

extension Mission {
  /// What follows from the maps.
  var derivedEntries: [ConfigurationEntry] {
    var result: [(String, String)] = []
    for i in 0..<min(zones.zoneCount, zoneNames.count) {
      let zone = zones.zones[i]
      result.append(
        (
          "zone.\(zoneNames[i])",
          "\(place(zone.start)) to \(place(zone.end)), \(zone.kind), cap "
            + "\(formatted(zone.speedCap.value, .speed)), persons \(zone.persons)"
            + (zone.noStop ? ", no stop" : "")
        ))
    }
    for i in 0..<min(zones.lineCount, lineNames.count) {
      let line = zones.lines[i]
      result.append(
        (
          "hold_line.\(lineNames[i])",
          "stop at \(place(line.stopTarget)), limit at \(place(line.supervisedLimit))"
        ))
    }
    for piece in route {
      result.append(
        (
          "path.\(place(piece.start))",
          "\(place(piece.length)) long, curvature \(shortest(piece.curvature.value)) to "
            + "\(shortest(piece.endCurvature)) 1/m, "
            + "limit \(formatted(rounded(Double(piece.speedLimit)), .speed)), "
            + "grade \(shortest(Double(piece.grade)))"
        ))
    }
    return result.map { ConfigurationEntry(key: $0, text: $1, origin: .derived) }
  }

  private func place(_ length: Metres) -> String { "\(shortest(rounded(length.value))) m" }
}
