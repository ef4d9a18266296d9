import BorderZone
import ReproducibleMath
import Signals
import Units
import Vehicle

extension Mission {
  /// Reads `mission.yaml` of a folder and the maps it names.
  ///
  /// Every fault goes to `findings`; the mission is nil when there was an error among them.
  package static func load(folder: String, findings: Findings) -> Mission? {
    let file = folder + "/mission.yaml"
    guard let bytes = readFile(file, findings: findings) else { return nil }
    return read(bytes, folder: folder, findings: findings) { name in
      readFile(folder + "/" + name, findings: findings)
    }
  }

  /// The same from bytes; `open` gives the maps.
  package static func read(
    _ bytes: [UInt8], folder: String, findings: Findings, open: (String) -> [UInt8]?
  ) -> Mission? {
    let file = folder + "/mission.yaml"
    guard let root = readYAML(bytes, file: file, findings: findings) else { return nil }
    let reader = ConfigurationReader(file: file, findings: findings)
    guard let checked = reader.read(root, as: .mapping(MissionSchema.keys)) else { return nil }
    let builder = MissionBuilder(folder: folder, findings: findings)
    builder.build(checked, open: open)
    if !findings.hasErrors { checked.reportUnconsumed() }
    guard !findings.hasErrors else { return nil }
    builder.mission.entries =
      checked.entries(of: .mapping(MissionSchema.keys)) + builder.mission.derivedEntries
    return builder.mission
  }
}

/// Turns the checked tree and the maps into a mission.
final class MissionBuilder {
  var mission = Mission()
  let findings: Findings
  private let folder: String

  init(folder: String, findings: Findings) {
    self.folder = folder
    self.findings = findings
  }

  func build(_ root: CheckedValue, open: (String) -> [UInt8]?) {
    _ = root["format"]?.integer
    mission.name = root["name"]?.text ?? ""
    _ = root["description"]?.text
    mission.isSynthetic = root["synthetic"]?.flag ?? false
    _ = root["crs"]?.text
    _ = root["epoch"]?.number
    if let limits = root["limits"] { readLimits(limits) }
    if let start = root["start"]?.number { mission.start = Metres(start) }
    let origin = root["origin"]
    guard let latitude = origin?["latitude"]?.number,
      let longitude = origin?["longitude"]?.number, let height = origin?["height"]?.number
    else { return }
    mission.frame = SiteFrame(
      latitude: Degrees(degrees(latitude)), longitude: Degrees(degrees(longitude)),
      height: Metres(height))
    guard let route = map(root["route"], MissionSchema.route, open),
      let zones = map(root["zones"], MissionSchema.zones, open)
    else { return }
    // Faults in the maps would only be repeated by what is built from them.
    guard !findings.hasErrors else { return }
    buildRoute(route)
    guard !findings.hasErrors else { return }
    buildZones(zones)
    checkStart(root["start"])
    guard !findings.hasErrors else { return }
    for feature in route + zones {
      // For people.
      for name in ["kind", "name", "note"] { _ = feature.properties[name]?.text }
      feature.properties.reportUnconsumed()
    }
  }

  /// Undoes the conversion to radians without leaving its rounding in a coordinate.
  private func degrees(_ radians: Double) -> Double {
    let value = radians * 180 / pi
    let rounded = (value * 1e10).rounded() / 1e10
    return rounded
  }

  private func map(
    _ place: CheckedValue?, _ schema: MapSchema, _ open: (String) -> [UInt8]?
  ) -> [MapFeature]? {
    guard let place, let name = place.text else { return nil }
    guard !name.contains("/"), name.hasSuffix(".geojson") else {
      place.refuse(read: quoted(name), allowed: "the name of a .geojson file in this folder")
      return nil
    }
    guard let bytes = open(name) else {
      place.report("the map \(quoted(name)) cannot be read")
      return nil
    }
    let file = GeoJSONFile(file: folder + "/" + name, frame: mission.frame, findings: findings)
    return file.read(bytes, schema: schema)
  }

  private func readLimits(_ section: CheckedValue) {
    func read<Q: Quantity>(_ name: String, _ path: WritableKeyPath<MissionLimits, Q>) {
      if let value = section[name]?.number { mission.limits[keyPath: path] = Q(value) }
    }
    read("cruise_speed", \.cruiseSpeed)
    read("comfort_deceleration", \.comfortDeceleration)
    read("acceleration", \.acceleration)
    read("jerk", \.jerk)
    read("lateral_acceleration", \.lateralAcceleration)
    read("authority_margin", \.authorityMargin)
  }

  private func checkStart(_ place: CheckedValue?) {
    let count = mission.zones.lineCount
    guard count > 0 else { return }
    let first = mission.zones.lines[0].stopTarget
    if mission.start >= first {
      place?.refuse(
        read: formatted(mission.start.value, .length),
        allowed: "before the first hold line at \(formatted(rounded(first.value), .length))")
    }
  }
}

/// To the millimetre, for messages.
func rounded(_ length: Double) -> Double { (length * 1_000).rounded() / 1_000 }
