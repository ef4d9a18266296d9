import GPSD
import Signals
import Units

extension Timeline {
  /// For a reader, one line an entry.
  package var text: String {
    var lines = ["replay of \(log) with profile \(profile)" + (mission.map { ", \($0)" } ?? "")]
    lines.append(
      "\(frames) frames in \(fixed(end - start, 3)) s, \(unmatchedFrames) of no interest, "
        + "\(errorFrames) error frames, \(reorderedFrames) out of order, "
        + "\(overflowedFrames) too many for a cycle; \(cycles) cycles")
    if date != 0 { lines.append("first frame \(iso8601(date)); times count from it") }
    if gnssReports > 0 || !gnssRefusals.isEmpty || gnssUnused > 0 {
      let refused = gnssRefusals.map { "\($0.count) \($0.reason)" }.joined(separator: ", ")
      lines.append(
        "GNSS: \(gnssReports) reports, refused \(refused.isEmpty ? "none" : refused)"
          + (gnssUnused > 0 ? ", \(gnssUnused) lines after the last frame" : ""))
    }
    lines.append("")
    for message in messages { lines.append(message.text) }
    lines.append("")
    for signal in signals where signal.valid + signal.notAvailable + signal.refused > 0 {
      lines.append(signal.text)
    }
    lines.append("")
    for entry in entries { lines.append("\(padded(fixed(entry.seconds, 3), 12)) s  \(entry.text)") }
    lines.append("")
    if let stop = firstStop {
      lines.append("first stop demanded at \(fixed(stop.seconds, 3)) s: \(stop.reason)")
    } else {
      lines.append("no stop demanded")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  package var json: String {
    var members = ["\"log\":\(quoted(log))", "\"profile\":\(quoted(profile))"]
    members.append("\"mission\":\(mission.map(quoted) ?? "null")")
    members.append("\"start\":\(jsonNumber(start)),\"end\":\(jsonNumber(end))")
    members.append("\"date\":\(date == 0 ? "null" : quoted(iso8601(date)))")
    members.append("\"cycles\":\(cycles),\"frames\":\(frames)")
    members.append(
      "\"unmatched\":\(unmatchedFrames),\"errorFrames\":\(errorFrames)"
        + ",\"reordered\":\(reorderedFrames),\"overflowed\":\(overflowedFrames)")
    let refusals = gnssRefusals.map { "\(quoted($0.reason)):\($0.count)" }
    members.append(
      "\"gnss\":{\"reports\":\(gnssReports),\"refused\":{\(refusals.joined(separator: ","))}"
        + ",\"unused\":\(gnssUnused)}")
    let stop = firstStop.map {
      "{\"t\":\(jsonNumber($0.seconds)),\"reason\":\(quoted("\($0.reason)"))}"
    }
    members.append("\"firstStop\":\(stop ?? "null")")
    members.append(list("messages", messages.map(\.json)))
    members.append(list("signals", signals.map(\.json)))
    members.append(list("timeline", entries.map(\.json)))
    return "{" + members.joined(separator: ",\n") + "}\n"
  }

  private func list(_ name: String, _ elements: [String]) -> String {
    "\"\(name)\":[\n" + elements.joined(separator: ",\n") + "]"
  }
}

extension TimelineEntry {
  fileprivate var text: String {
    switch event {
    case .faultBegan(let reason): "fault      \(reason)"
    case .faultEnded(let reason): "fault ends \(reason)"
    case .demand(.nominal, _): "demand     none"
    case .demand(let level, let reason): "demand     \(level), because \(reason)"
    case .ladder(let phase, let reason): "ladder     \(phase), because \(reason)"
    case .mode(let mode): "mode       \(mode)"
    case .readiness(.none): "arming     possible"
    case .readiness(let reason): "arming     not possible: \(reason)"
    case .trust(let trust): "position   \(trust)"
    case .zone(let name): "zone       \(name)"
    case .command(let command): "command    \(command.text)"
    case .gnssRefused(let reason): "gnss       refused: \(reason)"
    case .gnssAccepted: "gnss       accepted"
    }
  }

  fileprivate var json: String {
    let body =
      switch event {
      case .faultBegan(let reason): "\"kind\":\"fault\",\"reason\":\"\(reason)\",\"active\":true"
      case .faultEnded(let reason): "\"kind\":\"fault\",\"reason\":\"\(reason)\",\"active\":false"
      case .demand(let level, let reason):
        "\"kind\":\"demand\",\"level\":\"\(level)\",\"reason\":\"\(reason)\""
      case .ladder(let phase, let reason):
        "\"kind\":\"ladder\",\"phase\":\"\(phase)\",\"reason\":\"\(reason)\""
      case .mode(let mode): "\"kind\":\"mode\",\"mode\":\"\(mode)\""
      case .readiness(let reason): "\"kind\":\"arming\",\"obstacle\":\"\(reason)\""
      case .trust(let trust): "\"kind\":\"position\",\"trust\":\"\(trust)\""
      case .zone(let name): "\"kind\":\"zone\",\"name\":\(quoted(name))"
      case .command(let command): "\"kind\":\"command\",\(command.json)"
      case .gnssRefused(let reason): "\"kind\":\"gnss\",\"refused\":\"\(reason)\""
      case .gnssAccepted: "\"kind\":\"gnss\",\"refused\":null"
      }
    return "{\"t\":\(jsonNumber(seconds)),\(body)}"
  }
}

extension Command {
  fileprivate var text: String {
    var parts = ["brake \(fixed(brakeDeceleration.value, 2)) m/s2"]
    if driveTorque.value > 0 { parts.append("drive \(fixed(driveTorque.value * 100, 0)) %") }
    if steeringEngaged { parts.append("curvature \(fixed(curvature.value, 4)) 1/m") }
    parts.append("gear \(gear)")
    if tractorParkingBrake || trailerParkingBrake { parts.append("parking brakes") }
    if hazardLamps { parts.append("hazard lamps") }
    if horn { parts.append("horn") }
    return parts.joined(separator: ", ")
  }

  fileprivate var json: String {
    "\"brakeDeceleration\":\(jsonNumber(brakeDeceleration.value))"
      + ",\"driveTorque\":\(jsonNumber(driveTorque.value))"
      + ",\"retarderTorque\":\(jsonNumber(retarderTorque.value))"
      + ",\"steeringEngaged\":\(steeringEngaged),\"curvature\":\(jsonNumber(curvature.value))"
      + ",\"gear\":\"\(gear)\",\"tractorParkingBrake\":\(tractorParkingBrake)"
      + ",\"trailerParkingBrake\":\(trailerParkingBrake),\"hazardLamps\":\(hazardLamps)"
      + ",\"brakeLamps\":\(brakeLamps),\"horn\":\(horn)"
  }
}

extension MessageSummary {
  fileprivate var text: String {
    guard frames > 0 else { return "message \(name): never" }
    var line = "message \(name): \(frames) frames, \(fixed(first, 3)) to \(fixed(last, 3)) s"
    if longestGap > 0 {
      line += ", longest gap \(fixed(longestGap, 3)) s from \(fixed(gapBegan, 3)) s"
    }
    let bad = badChecksums &+ badCounters &+ shortFrames
    if bad > 0 {
      line += ", \(badChecksums) bad checksums, \(badCounters) bad counters, \(shortFrames) short"
    }
    return line
  }

  fileprivate var json: String {
    "{\"name\":\(quoted(name)),\"frames\":\(frames),\"first\":\(jsonNumber(first))"
      + ",\"last\":\(jsonNumber(last)),\"longestGap\":\(jsonNumber(longestGap))"
      + ",\"gapBegan\":\(jsonNumber(gapBegan)),\"badChecksums\":\(badChecksums)"
      + ",\"badCounters\":\(badCounters),\"shortFrames\":\(shortFrames)}"
  }
}

extension SignalSummary {
  fileprivate var text: String {
    let counts =
      "\(valid) values" + (notAvailable > 0 ? ", \(notAvailable) not available" : "")
      + (refused > 0 ? ", \(refused) refused" : "")
    guard valid > 0 else { return "signal \(channel): \(counts)" }
    return "signal \(channel): \(counts), first \(fixed(first, 4)), last \(fixed(last, 4)), "
      + "\(fixed(lowest, 4)) to \(fixed(highest, 4))"
  }

  fileprivate var json: String {
    "{\"channel\":\"\(channel)\",\"valid\":\(valid),\"notAvailable\":\(notAvailable)"
      + ",\"refused\":\(refused),\"first\":\(jsonNumber(first)),\"last\":\(jsonNumber(last))"
      + ",\"lowest\":\(jsonNumber(lowest)),\"highest\":\(jsonNumber(highest))}"
  }
}

private func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case _ where scalar.value < 0x20:
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}

/// Rounded to so many decimals; used for finite numbers of everyday size.
private func fixed(_ value: Double, _ decimals: Int) -> String {
  guard value.magnitude < 1e12 else { return "\(value)" }
  var scale: Int64 = 1
  for _ in 0..<decimals { scale *= 10 }
  let scaled = Int64((value.magnitude * Double(scale)).rounded())
  let sign = value < 0 && scaled != 0 ? "-" : ""
  guard decimals > 0 else { return "\(sign)\(scaled)" }
  let rest = "\(scaled % scale)"
  return "\(sign)\(scaled / scale)."
    + String(repeating: "0", count: max(decimals - rest.count, 0)) + rest
}

private func padded(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(width - text.count, 0)) + text
}
