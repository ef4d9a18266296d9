import ActuatorGate
import Control
import DriveConfiguration
import NetworkManagement
import SafeStop
import Signals
import Units
import WireCodec

extension VehicleProfile {
  /// Every value that this profile resolves to, those it does not give and what follows included.
  package func resolvedEntries(of root: CheckedValue) -> [ConfigurationEntry] {
    root.entries(of: .mapping(ProfileSchema.keys), standards: standards) + derivedEntries
  }

  /// What is taken for each key that the profile may leave out.
  private var standards: [String: String] {
    var result: [String: String] = [:]
    func add(_ section: String, _ fields: [(key: String, text: String)]) {
      for field in fields { result["\(section).\(field.key)"] = field.text }
    }
    add("dynamics", FieldTable(parameters).printed(parameters))
    if parameters.hasTrailer { add("trailer", FieldTable(trailer).printed(trailer)) }
    add("limits", FieldTable(tuning.limits).printed(tuning.limits))
    for i in 0..<GateLimits.rowCount {
      let row = tuning.limits.rows[i]
      add("limits.by_speed[\(i)]", FieldTable(row).printed(row))
    }
    add("safe_stop", FieldTable(tuning.safeStop).printed(tuning.safeStop))
    for (name, check) in HealthCheck.byName {
      let row = tuning.safeStop.health[check]
      result["safe_stop.conditions.\(name).level"] = snakeCase("\(row.level)")
      result["safe_stop.conditions.\(name).debounce"] = formatted(row.debounce.seconds, .duration)
    }
    add("estimation", FieldTable(tuning.estimation).printed(tuning.estimation))
    add("path_following", FieldTable(tuning.pathFollowing).printed(tuning.pathFollowing))
    let controller = ControllerConfiguration()
    result["operation.start_tolerance"] = formatted(controller.startTolerance.value, .length)
    result["operation.degraded_speed"] = formatted(controller.degradedSpeed.value, .speed)
    result["geometry.antenna.heading_offset"] = formatted(
      parameters.antennaHeadingOffset.value, .angle)
    add("compute", FieldTable(compute).printed(compute))
    result["compute.control_processor"] = "any"
    result["compute.guardian_processor"] = "any"
    result["compute.wake_up_latency"] = "not asked for"
    for bus in buses {
      result["buses.\(bus.name).fd"] = "false"
      result["buses.\(bus.name).restart_in_motion"] = "false"
    }
    for name in transmitNames { result["transmit.\(name).fill"] = "ones" }
    return result
  }

  private var derivedEntries: [ConfigurationEntry] {
    let given = Set(ProfileSchema.dynamicsNames)
    var result = FieldTable(parameters).printed(parameters).filter { !given.contains($0.key) }
      .map { ("vehicle.\($0.key)", $0.text) }
    if parameters.hasTrailer {
      result.append(("vehicle.heaviest_combination", formatted(parameters.mass.value, .mass)))
    }
    result.append(("network", networkText))
    for i in 0..<min(frames.receiveCount, receiveNames.count) {
      result.append(("frames.receive.\(receiveNames[i])", describe(frames.receive[i])))
    }
    for i in 0..<min(frames.transmitCount, transmitNames.count) {
      result.append(("frames.transmit.\(transmitNames[i])", describe(frames.transmit[i])))
    }
    for source in identity {
      let name = source.address.map { "controllers.\($0)" } ?? "vehicle_number"
      result.append(
        (
          "identity.\(name)",
          "id \(hexadecimal(source.identifier)), \(source.textBytes.count) bytes"
            + (source.partBits == 0 ? "" : " a part")
        ))
    }
    return result.map { ConfigurationEntry(key: $0, text: $1, origin: .derived) }
  }

  private var networkText: String {
    guard network.isPresent else { return "absent" }
    let name = String(network.name, radix: 16, uppercase: true)
    let padded = String(repeating: "0", count: 16 - name.count) + name
    let bus = Int(network.bus) < buses.count ? buses[Int(network.bus)].name : ""
    return "address \(network.address) on \(bus), NAME \(padded), "
      + "base parameter \(network.baseParameter)"
  }

  private func describe(_ row: ReceiveRow) -> String {
    "id \(hexadecimal(row.identifier)) mask \(hexadecimal(row.mask)) every "
      + "\(formatted(row.period.seconds, .duration)), stale after "
      + "\(formatted(row.freshness.seconds, .duration)): \(row.lossLevel) \(row.lossReason), "
      + "\(row.fieldCount) signals"
  }

  private func describe(_ row: TransmitRow) -> String {
    "id \(hexadecimal(row.identifier)) every \(formatted(row.period.seconds, .duration)), "
      + "checksum \(row.check.kind), on silence \(row.onSilence), \(row.fieldCount) fields"
  }

  private func hexadecimal(_ number: UInt32) -> String {
    let digits = String(number, radix: 16, uppercase: true)
    return String(repeating: "0", count: 8 - digits.count) + digits
  }
}
