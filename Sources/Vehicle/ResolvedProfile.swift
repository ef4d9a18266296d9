import ActuatorGate
import NetworkManagement
import SafeStop
import Signals
import Units
import WireCodec

extension VehicleProfile {
  /// Every value that this profile resolves to, one per line, defaults included.
  package var resolvedLines: [String] {
    var lines = ["profile \(name)"]
    func add(_ section: String, _ fields: [(key: String, text: String)]) {
      for field in fields { lines.append("\(section).\(field.key): \(field.text)") }
    }
    add("vehicle", FieldTable(parameters).printed(parameters))
    add("limits", FieldTable(tuning.limits).printed(tuning.limits))
    for i in 0..<GateLimits.rowCount {
      let row = tuning.limits.rows[i]
      let fields = FieldTable(row).printed(row).map { "\($0.key) \($0.text)" }
      lines.append("limits.by_speed[\(i)]: " + fields.joined(separator: ", "))
    }
    add("safe_stop", FieldTable(tuning.safeStop).printed(tuning.safeStop))
    for (name, check) in HealthCheck.byName {
      let row = tuning.safeStop.health[check]
      lines.append(
        "safe_stop.conditions.\(name): \(row.level) after "
          + "\(formatted(row.debounce.seconds, .duration)), \(row.reason)")
    }
    if let tolerance = tuning.startTolerance {
      lines.append("operation.start_tolerance: \(formatted(tolerance.value, .length))")
    }
    if let speed = tuning.degradedSpeed {
      lines.append("operation.degraded_speed: \(formatted(speed.value, .speed))")
    }
    add("estimation", FieldTable(tuning.estimation).printed(tuning.estimation))
    add("path_following", FieldTable(tuning.pathFollowing).printed(tuning.pathFollowing))
    lines += networkLines
    for i in 0..<min(frames.receiveCount, receiveNames.count) {
      lines.append("receive.\(receiveNames[i]): \(describe(frames.receive[i]))")
    }
    for i in 0..<min(frames.transmitCount, transmitNames.count) {
      lines.append("transmit.\(transmitNames[i]): \(describe(frames.transmit[i]))")
    }
    return lines
  }

  private var networkLines: [String] {
    guard network.isPresent else { return ["network: absent"] }
    let name = String(network.name, radix: 16, uppercase: true)
    let padded = String(repeating: "0", count: 16 - name.count) + name
    let bus = Int(network.bus) < buses.count ? buses[Int(network.bus)].name : ""
    var lines = [
      "network: address \(network.address) on \(bus), NAME \(padded), "
        + "base parameter \(network.baseParameter)"
    ]
    for i in 0..<network.codeCount {
      let code = network.codes[i]
      lines.append(
        "network.trouble_codes.\(code.reason): SPN \(code.suspectParameter) FMI "
          + "\(code.failureMode), lamp \(code.lamp)")
    }
    return lines
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
