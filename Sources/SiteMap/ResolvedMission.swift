import BorderZone
import ReproducibleMath
import Signals
import Units
import Vehicle

extension Mission {
  /// Every value that this mission resolves to, one per line.
  package var resolvedLines: [String] {
    var lines = [
      "mission \(name)",
      "origin: \(frame.latitude.value) deg, \(frame.longitude.value) deg, "
        + formatted(frame.height.value, .length),
      "start: \(formatted(start.value, .length))",
      "limits.cruise_speed: \(formatted(limits.cruiseSpeed.value, .speed))",
      "limits.comfort_deceleration: "
        + formatted(limits.comfortDeceleration.value, .acceleration),
      "limits.acceleration: \(formatted(limits.acceleration.value, .acceleration))",
      "limits.jerk: \(formatted(limits.jerk.value, .jerk))",
      "limits.lateral_acceleration: \(formatted(limits.lateralAcceleration.value, .acceleration))",
      "limits.authority_margin: \(formatted(limits.authorityMargin.value, .length))",
    ]
    for i in 0..<min(zones.zoneCount, zoneNames.count) {
      let zone = zones.zones[i]
      lines.append(
        "zone \(zoneNames[i]): \(place(zone.start)) to \(place(zone.end)), \(zone.kind), cap "
          + "\(formatted(zone.speedCap.value, .speed)), persons \(zone.persons)"
          + (zone.noStop ? ", no stop" : ""))
    }
    for i in 0..<min(zones.lineCount, lineNames.count) {
      let line = zones.lines[i]
      lines.append(
        "hold line \(lineNames[i]): stop at \(place(line.stopTarget)), limit at "
          + place(line.supervisedLimit))
    }
    for piece in route {
      lines.append(
        "route \(place(piece.start)): \(place(piece.length)) long, curvature "
          + "\(shortest(piece.curvature.value)) to \(shortest(piece.endCurvature)) 1/m, "
          + "limit \(formatted(rounded(Double(piece.speedLimit)), .speed)), "
          + "grade \(shortest(Double(piece.grade)))")
    }
    return lines
  }

  private func place(_ length: Metres) -> String { "\(shortest(rounded(length.value))) m" }
}
