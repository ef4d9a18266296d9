import ActuatorGate
import Estimation
import PathFollowing
import SafeStop
import Signals
import Units

/// Gains, horizons, limits and thresholds that a profile may change.
package struct Tuning {
  package var limits = GateLimits()
  package var safeStop = SafeStopConfiguration()
  package var estimation = EstimatorConfiguration()
  package var pathFollowing = FollowerConfiguration()
  /// Nil where the profile leaves the controller's own.
  package var startTolerance: Metres?
  package var degradedSpeed: MetresPerSecond?
}

extension ProfileBuilder {
  func readTuning(_ root: CheckedValue) {
    profile.tuning.safeStop.ownAddress = profile.sourceAddress
    if let section = root["operation"] { readOperation(section) }
    if let section = root["limits"] { readLimits(section) }
    if let section = root["safe_stop"] { readSafeStop(section) }
    if let section = root["estimation"] {
      FieldTable(profile.tuning.estimation).apply(section, to: &profile.tuning.estimation)
    }
    if let section = root["path_following"] {
      FieldTable(profile.tuning.pathFollowing).apply(section, to: &profile.tuning.pathFollowing)
    }
  }

  private func readOperation(_ section: CheckedValue) {
    profile.tuning.startTolerance = section["start_tolerance"]?.number.map { Metres($0) }
    profile.tuning.degradedSpeed = section["degraded_speed"]?.number.map { MetresPerSecond($0) }
  }

  private func readLimits(_ section: CheckedValue) {
    FieldTable(profile.tuning.limits).apply(section, to: &profile.tuning.limits)
    guard let rows = section["by_speed"] else { return }
    var previous = -1.0
    for (index, element) in rows.elements.enumerated() where index < GateLimits.rowCount {
      FieldTable(GateRow()).apply(element, to: &profile.tuning.limits.rows[index])
      let speed = profile.tuning.limits.rows[index].speed.value
      if speed <= previous {
        element["speed"]?.refuse(
          read: formatted(speed, .speed),
          allowed: "more than the row before, \(formatted(previous, .speed))")
      }
      previous = speed
    }
  }

  private func readSafeStop(_ section: CheckedValue) {
    FieldTable(profile.tuning.safeStop).apply(section, to: &profile.tuning.safeStop)
    for (name, value) in section["conditions"]?.members ?? [] {
      guard let check = HealthCheck.byName.first(where: { $0.name == name })?.channel else {
        continue
      }
      var row = profile.tuning.safeStop.health[check]
      if let level = value["level"]?.text,
        let raw = FieldTable.caseNames(of: StopLevel.nominal).firstIndex(of: level),
        let known = StopLevel(rawValue: UInt8(clamping: raw))
      {
        row.level = known
      }
      if let debounce = value["debounce"]?.number { row.debounce = .seconds(debounce) }
      profile.tuning.safeStop.health[check] = row
    }
  }
}
