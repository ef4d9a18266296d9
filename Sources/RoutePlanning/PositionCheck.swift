import BorderZone
import Estimation
import SafeStop
import Signals
import SiteMap
import Units
import Vehicle

extension RouteSurvey {
  /// S-13: in each zone how far the truck comes without GNSS; a strip on which nothing may stop
  /// must be within that, or have markers that are.
  mutating func checkDeadReckoning() {
    let count = min(mission.zones.zoneCount, mission.zoneNames.count)
    var i = 0
    while i < count {
      let isStrip = mission.zones.zones[i].noStop
      // A strip is as long as all its zones together.
      var last = i
      while isStrip, last + 1 < count, mission.zones.zones[last + 1].noStop { last += 1 }
      let length = (mission.zones.zones[last].end - mission.zones.zones[i].start).value
      for zone in i...last { checkReach(zone, length: length, isStrip: isStrip) }
      i = last + 1
    }
  }

  private mutating func deadReckoningReach(at speed: MetresPerSecond) -> Double {
    if let known = reaches[speed.value] { return known }
    let reach = DeadReckoningReach(speed: speed, profile: profile).distance.value
    reaches[speed.value] = reach
    return reach
  }

  private mutating func checkReach(_ zone: Int, length: Double, isStrip: Bool) {
    let name = mission.zoneNames[zone]
    let speed = min(mission.zones.zones[zone].speedCap, mission.limits.cruiseSpeed)
    let reach = deadReckoningReach(at: speed)
    // A strip is left when the rear has left it.
    let needed = isStrip ? length + profile.parameters.totalLength.value : length
    let markers = mission.markerSpacings[zone]?.value
    note(
      "dead reckoning in \(name) at \(formatted(speed.value, .speed)): \(metres(reach)) of "
        + metres(needed) + (markers.map { ", markers every \(metres($0))" } ?? ""))
    guard isStrip, needed > reach else { return }
    if let markers, markers <= reach { return }
    refuse(
      mission.zonePlaces[zone], "\(name).marker_spacing",
      "read \(markers.map { metres($0) } ?? "none"): without GNSS the truck comes \(metres(reach)) "
        + "far, nothing may stop on \(metres(needed)) of the way; allowed: markers at most "
        + "\(metres(reach)) apart, or a position sensor that reaches over it (S-13)")
  }

  /// S-13: the position's sigma that a hold line's surroundings allow, computed, not typed.
  mutating func checkStations() {
    let trusted = profile.tuning.estimation.trustedSigma.value
    let control = profile.tuning.safeStop.lateralWarning.value
    // What commissioning lets pass of the lever arm.
    let leverArm = profile.tuning.safeStop.authorityMargin.value / 10
    let vehicle = profile.parameters
    for i in 0..<min(mission.zones.lineCount, mission.lineNames.count) {
      let front = mission.zones.lines[i].stopTarget.value
      let axle = front - vehicle.rearAxleToFrontBumper.value
      let range = table.index(axle - vehicle.totalLength.value)..<(table.index(axle) + 1)
      guard let least = leastRoom(range) else { continue }
      let limit = (least.room - control - leverArm) / 3
      let name = mission.lineNames[i]
      note(
        "position at \(name): sigma up to \(metres(limit)), a third of \(metres(least.room)) of room "
          + "less \(metres(control)) of control and \(metres(leverArm)) of lever arm")
      guard limit < trusted else { continue }
      refuse(
        mission.linePlaces[i], name,
        "its surroundings allow a position sigma of \(metres(limit)), the profile trusts up to "
          + "\(metres(trusted)); allowed: room of \(metres(3 * trusted + control + leverArm)) and "
          + "more beside the truck, read \(metres(least.room)) at \(metres(least.station)) (S-13)")
    }
  }
}
