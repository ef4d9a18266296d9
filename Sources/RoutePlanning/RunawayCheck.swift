import BorderZone
import SafeStop
import Signals
import SiteMap
import Units
import Vehicle

extension RouteSurvey {
  /// S-18: a hard-over at the planned speed must come to rest within the room beside the path.
  mutating func checkRunaway() {
    let worst = worstRunaways()
    for i in 0..<min(mission.zones.zoneCount, mission.zoneNames.count) {
      let name = mission.zoneNames[i]
      let cap = min(mission.zones.zones[i].speedCap, mission.limits.cruiseSpeed)
      let atCap = runaway(cap)
      note(
        "steering runaway in \(name) at \(formatted(cap.value, .speed)): "
          + "\(tenths(atCap.atStop)) m off the path when the stop begins, "
          + "\(tenths(atCap.atRest)) m at rest, the front corner \(tenths(atCap.frontAtRest)) m"
          + (worst[i].map {
            "; tightest at \(metres($0.station)): \(metres($0.excursion)) of \(metres($0.room))"
          } ?? ""))
      guard let found = worst[i], found.excursion > found.room else { continue }
      let slower = fittingSpeed(found.room, below: found.speed)
      refuse(
        mission.zonePlaces[i], "\(name).speed_cap",
        "at \(speedText(MetresPerSecond(found.speed))) a steering runaway ends with the front "
          + "corner \(metres(found.excursion)) off the path; allowed: the room beside the tractor, "
          + "\(metres(found.room)) at \(metres(found.station))"
          + (slower.map { ", or a cap of \(speedText($0)) (S-18)" } ?? " (S-18)"))
    }
  }

  private struct Runaway {
    var excursion, room, station, speed: Double
  }

  /// By zone, where the excursion leaves least of the room.
  private func worstRunaways() -> [Runaway?] {
    var worst = [Runaway?](repeating: nil, count: mission.zoneNames.count)
    guard let path = swept.first else { return worst }
    // The room from here to where the truck rests, by points of the table.
    var piece = 0
    var known: [Int: SteeringRunaway] = [:]
    for i in table.points.indices {
      let station = table.station(i)
      guard path.rooms[i].left.isFinite, !mission.route.isEmpty else { continue }
      while piece + 1 < mission.route.count,
        (mission.route[piece].start + mission.route[piece].length).value <= station
      { piece += 1 }
      let speed = plannedSpeed(mission.route[piece], rearAxle: station)
      let zone = zone(at: station + path.combination.front)
      guard zone >= 0, speed > 0 else { continue }
      // In steps of 0.1 m/s, upwards.
      let step = Int((speed * 10).rounded(.up))
      let excursion = known[step] ?? runaway(MetresPerSecond(Double(step) / 10))
      known[step] = excursion
      let last = min(
        i + Int(excursion.distance.value / PathTable.spacing), table.points.count - 1)
      var room = Double.infinity
      for k in i...last {
        room = min(room, path.rooms[k].tractorLeft, path.rooms[k].tractorRight)
      }
      let found = Runaway(
        excursion: excursion.frontAtRest.value, room: room, station: station, speed: speed)
      if let old = worst[zone], old.room - old.excursion <= room - found.excursion { continue }
      worst[zone] = found
    }
    return worst
  }

  private func runaway(_ speed: MetresPerSecond) -> SteeringRunaway {
    SteeringRunaway(
      speed: speed, trip: profile.tuning.safeStop.runawayDisplacement, vehicle: profile.parameters)
  }

  /// The fastest at which the excursion fits; nil when none above a crawl does.
  private func fittingSpeed(_ room: Double, below speed: Double) -> MetresPerSecond? {
    var low = 0.3
    var high = speed
    guard runaway(MetresPerSecond(low)).frontAtRest.value <= room else { return nil }
    for _ in 0..<12 {
      let middle = (low + high) / 2
      if runaway(MetresPerSecond(middle)).frontAtRest.value <= room {
        low = middle
      } else {
        high = middle
      }
    }
    // On the steps that excursions are computed for.
    return MetresPerSecond((low * 10).rounded(.down) / 10)
  }

  private func tenths(_ length: Metres) -> String { shortest((length.value * 10).rounded() / 10) }
}
