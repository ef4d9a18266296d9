import Foundation
import Signals
import SiteMap
import Testing
import Vehicle

/// Every key below a shape, with `*` for names of the user's choice and `[]` for elements.
private func keys(of shape: Shape, _ path: String = "") -> Set<String> {
  switch shape {
  case .text, .choice, .flag, .integer, .number, .quantity: return []
  case .list(let element, _): return keys(of: element, path + "[]")
  case .dictionary(_, let element): return keys(of: element, path + ".*")
  case .mapping(let members), .textOr(let members):
    return members.reduce(into: []) { all, key in
      all.insert(path + "." + key.name)
      all.formUnion(keys(of: key.shape, path + "." + key.name))
    }
  }
}

/// Those of them that a document gives.
private func given(
  in node: ConfigurationNode, of shape: Shape, _ path: String = ""
) -> Set<String> {
  switch (shape, node.content) {
  case (.list(let element, _), .sequence(let nodes)):
    return nodes.reduce(into: []) { $0.formUnion(given(in: $1, of: element, path + "[]")) }
  case (.dictionary(_, let element), .mapping(let members)):
    return members.reduce(into: []) {
      $0.formUnion(given(in: $1.value, of: element, path + ".*"))
    }
  case (.mapping(let known), .mapping(let members)), (.textOr(let known), .mapping(let members)):
    return members.reduce(into: []) { all, member in
      guard let key = known.first(where: { $0.name == member.key }) else { return }
      all.insert(path + "." + key.name)
      all.formUnion(given(in: member.value, of: key.shape, path + "." + key.name))
    }
  default: return []
  }
}

private func given(in text: String, of shape: Shape) -> Set<String> {
  readYAML(Array(text.utf8), file: "f", findings: Findings()).map { given(in: $0, of: shape) } ?? []
}

/// A key that nothing reads would be believed and do nothing: a reader says so of each that it was
/// given, and here every key of every schema is given to its reader.
@Suite struct KeysThatNobodyReads {
  @Test("a key that the reader does not ask for is refused with its line")
  func unread() throws {
    let findings = Findings()
    let text = "asked: 1\nlisted:\n  - inner: 2\n    other: 3\n"
    let one = Shape.integer(0...9)
    let shape = Shape.mapping([
      Key("asked", one),
      Key("listed", .list(.mapping([Key("inner", one), Key("other", one)]), count: 1...1)),
    ])
    let root = try #require(readYAML(Array(text.utf8), file: "f", findings: findings))
    let checked = try #require(
      ConfigurationReader(file: "f", findings: findings).read(root, as: shape))
    #expect(checked["asked"]?.integer == 1)
    #expect(checked["listed"]?.elements.first?["inner"]?.integer == 2)
    checked.reportUnconsumed()
    #expect(
      findings.all.map(\.description) == [
        "f:4: error: listed[0].other: this key has no effect here: remove it"
      ])
  }

  @Test("every key of a profile is read")
  func profile() throws {
    let shape = Shape.mapping(ProfileSchema.keys)
    var found: Set<String> = []
    for name in ["j1939-tractor-semitrailer", "yard-tractor-dbw", "border-agv", "kenworth-t270"] {
      let folder = repository + "/hw-profiles/" + name
      let text = String(decoding: bytes(of: folder + "/profile.yaml"), as: UTF8.self)
      try #require(load(folder, text: text).1.isEmpty)
      found.formUnion(given(in: text, of: shape))
    }
    let folder = repository + "/hw-profiles/j1939-tractor-semitrailer"
    var text = String(decoding: bytes(of: folder + "/profile.yaml"), as: UTF8.self)
    for entry in try #require(load(folder).0).entries where isOptional(entry) {
      text = adding(entry.key, entry.text, to: text)
    }
    for (key, value) in [
      ("buses.powertrain.restart_in_motion", "true"), ("compute.control_processor", "1"),
      ("compute.guardian_processor", "0"), ("network.base_parameter", "520192"),
      ("network.name.ecu_instance", "1"), ("network.name.function_instance", "1"),
      ("network.name.vehicle_system", "1"), ("network.name.vehicle_system_instance", "1"),
    ] {
      text = adding(key, value, to: text)
    }
    text.replace(
      "brake_deceleration: {signal: ExternalAccelerationDemand, inverted: true}",
      with:
        "brake_deceleration: {signal: ExternalAccelerationDemand, inverted: true, per_unit: 1 m/s2}"
    )
    let (profile, messages) = load(folder, text: text)
    #expect(profile != nil && messages.isEmpty, "\(messages)")
    found.formUnion(given(in: text, of: shape))
    #expect(keys(of: shape).subtracting(found) == [])
  }

  @Test("every key of a mission is read")
  func mission() {
    let shape = Shape.mapping(MissionSchema.keys)
    let text = String(
      decoding: bytes(of: repository + "/missions/rig-course/mission.yaml"), as: UTF8.self)
    #expect(readMission().messages.isEmpty)
    #expect(keys(of: shape).subtracting(given(in: text, of: shape)) == [])
  }

  @Test("every key of a trailer is read")
  func trailer() {
    let shape = Shape.mapping(TrailerSchema.keys)
    let text = """
      {format: 1, id: KZ-1, length: 12 m, king_pin_to_axle: 7 m, overhang: 3.5 m, axles: 3,
       mass: 26 t, load: laden, abs: working, brake_test: 2026-11-22T06:10Z}
      """
    let findings = Findings()
    let facts = TrailerFacts.read(Array(text.utf8), file: "f", for: nil, findings: findings)
    #expect(facts != nil && findings.all.isEmpty, "\(findings.all)")
    #expect(keys(of: shape).subtracting(given(in: text, of: shape)) == [])
  }

  /// The properties of each kind of feature, and the members around them.
  @Test(
    "every key of a map is read",
    arguments: [
      ("route.geojson", MissionSchema.route, [#""note""#: #""speed_limit": "20 km/h", "note""#]),
      (
        "zones.geojson", MissionSchema.zones,
        [
          #""persons": "excluded""#:
            #""persons": "excluded", "no_stop": false, "marker_spacing": "20 m", "note": "n""#,
          #""kind": "corridor""#: #""kind": "corridor", "note": "n""#,
          #""limit_beyond": "5 m""#: #""limit_beyond": "5 m", "note": "n""#,
        ]
      ),
    ])
  func maps(file: String, schema: MapSchema, changes: [String: String]) throws {
    var text = String(
      decoding: bytes(of: repository + "/missions/rig-course/" + file), as: UTF8.self)
    for (old, new) in changes { text.replace(old, with: new) }
    text.replace(
      #""type": "Feature","#, with: #""type": "Feature", "id": 7, "bbox": [1, 2, 3, 4],"#)
    text.replace(#""coordinates""#, with: #""bbox": [1, 2, 3, 4], "coordinates""#)
    text.replace(
      #""type": "FeatureCollection","#,
      with: #""type": "FeatureCollection", "description": "d", "bbox": [1, 2, 3, 4], "crs": "#
        + #"{"type": "name", "properties": {"name": "EPSG:4326"}},"#)
    let findings = Findings()
    let folder = repository + "/missions/rig-course/"
    let mission = Mission.read(bytes(of: folder + "mission.yaml"), folder: "m", findings: findings)
    {
      $0 == file ? Array(text.utf8) : bytes(of: folder + $0)
    }
    #expect(mission != nil && findings.all.isEmpty, "\(findings.all)")
    let root = try #require(readJSON(Array(text.utf8), file: "f", findings: findings))
    for (name, kind) in schema.kinds {
      let shape = Shape.mapping(kind.properties)
      let found = features(root, name).reduce(into: Set<String>()) {
        $0.formUnion(given(in: $1, of: shape))
      }
      #expect(keys(of: shape).subtracting(found) == [], "\(name)")
    }
  }

  /// The properties of the features of a kind.
  private func features(_ root: ConfigurationNode, _ kind: String) -> [ConfigurationNode] {
    func member(_ name: String, _ node: ConfigurationNode?) -> ConfigurationNode? {
      guard case .mapping(let members)? = node?.content else { return nil }
      return members.first { $0.key == name }?.value
    }
    guard case .sequence(let all)? = member("features", root)?.content else { return [] }
    return all.compactMap { member("properties", $0) }.filter {
      guard case .scalar(let scalar)? = member("kind", $0)?.content else { return false }
      return scalar.text == kind
    }
  }

  @Test("what a map's geometry must be depends on its kind")
  func geometries() {
    let (mission, messages) = readMission(
      changing: "zones.geojson", #""type": "Polygon""#, to: #""type": "LineString""#)
    #expect(mission == nil)
    #expect(
      messages.contains { $0.contains("START: read geometry \"LineString\"; allowed: Polygon") },
      "\(messages)")
    let strange = readMission(
      changing: "zones.geojson", #""coordinates""#, to: #""corners": 4, "coordinates""#)
    #expect(
      strange.messages.contains { $0.contains("START.geometry.corners: unknown key \"corners\"") },
      "\(strange.messages)")
  }

  @Test("a key that is given twice names both lines")
  func duplicates() {
    let yaml = "a: 1\nb:\n  - x: 1\n    y: 2\n  - x: 3\n    y: 4\n    x: 5\n"
    let findings = Findings()
    #expect(readYAML(Array(yaml.utf8), file: "f", findings: findings) == nil)
    let json = "{\n\"a\": 1,\n\"b\": 2,\n\"a\": 3\n}"
    #expect(readJSON(Array(json.utf8), file: "f", findings: findings) == nil)
    let crossed = "{a: 1,\r\n \"a\": 2}"
    #expect(readYAML(Array(crossed.utf8), file: "f", findings: findings) == nil)
    #expect(
      findings.all.map(\.description) == [
        #"f:7: error: duplicate key "x", given in line 5 and again in line 7; allowed: once"#,
        #"f:4: error: not JSON: duplicate key "a", given in line 2 and again in line 4; allowed: once"#,
        #"f:2: error: duplicate key "a", given in line 1 and again in line 2; allowed: once"#,
      ])
  }

  @Test("a value is shown as its file spells it, and compared in one unit")
  func spelling() throws {
    let folder = repository + "/hw-profiles/j1939-tractor-semitrailer"
    let text = String(decoding: bytes(of: folder + "/profile.yaml"), as: UTF8.self)
    let before = try #require(load(folder).0).entries
    let changed = text.replacing("front_axle: 3.6 m", with: "front_axle: 360 cm")
    let after = try #require(load(folder, text: changed).0).entries
    #expect(ConfigurationDifference.between(before, after).isEmpty)
    func shown(_ key: String) -> String? { after.first { $0.key == key }?.shown }
    #expect(shown("geometry.reference_points.front_axle") == "360 cm")
    #expect(shown("vehicle.wheelbase") == "3.6 m")
    #expect(shown("safe_stop.times.standstill") == "1 s")
  }
}
