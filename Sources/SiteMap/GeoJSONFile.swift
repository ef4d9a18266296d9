import ReproducibleMath
import Units
import Vehicle

/// A position of a map with its line in the file.
struct MapPoint {
  var place: PlanePoint
  /// Above the ellipsoid; nil when the file gives none.
  var height: Double?
  var line: Int
}

/// One feature of a GeoJSON file, in the site frame.
struct MapFeature {
  enum Geometry {
    case line([MapPoint])
    case polygon([MapPoint])
  }
  var geometry: Geometry
  var properties: CheckedValue
  /// For messages: the name of the feature or its number.
  var label: String
  var line: Int
}

/// Reads a FeatureCollection in WGS-84 after RFC 7946, strictly.
struct GeoJSONFile {
  let file: String
  let frame: SiteFrame
  let findings: Findings

  init(file: String, frame: SiteFrame, findings: Findings) {
    self.file = file
    self.frame = frame
    self.findings = findings
  }

  /// The features that `schema` knows; whatever else is there is refused.
  func read(_ bytes: [UInt8], schema: MapSchema) -> [MapFeature] {
    guard let root = readJSON(bytes, file: file, findings: findings) else { return [] }
    guard case .mapping(let members) = root.content else {
      refuse(root.line, "", "read \(root.readAs); allowed: a FeatureCollection")
      return []
    }
    var features: [MapFeature] = []
    refuseUnknown(members, MapSchema.collection, "")
    for member in members {
      switch member.key {
      case "type": expect(member.value, "FeatureCollection", "type")
      case "crs": checkDatum(member.value)
      case "features":
        guard case .sequence(let elements) = member.value.content else {
          refuse(member.line, "features", "read \(member.value.readAs); allowed: a list")
          continue
        }
        for (index, element) in elements.enumerated() {
          if let feature = feature(element, index, schema) { features.append(feature) }
        }
      // For people and tools.
      default: continue
      }
    }
    if !members.contains(where: { $0.key == "type" }) {
      refuse(root.line, "type", "missing; allowed: FeatureCollection")
    }
    return features
  }

  private func refuse(_ line: Int, _ key: String, _ message: String) {
    findings.add(Finding(file: file, line: line, key: key, message: message))
  }

  private func refuseUnknown(
    _ members: [ConfigurationNode.Member], _ valid: MapSchema.Members, _ path: String
  ) {
    for member in members where !valid.names.contains(member.key) {
      let hint =
        nearest(member.key, of: valid.names).map { "did you mean \($0)?" }
        ?? "valid keys: \(valid.names.joined(separator: ", "))"
      refuse(member.line, path + member.key, "unknown key \(quoted(member.key)); \(hint)")
    }
  }

  private func expect(_ node: ConfigurationNode, _ word: String, _ key: String) {
    if case .scalar(let scalar) = node.content, scalar.text == word { return }
    refuse(node.line, key, "read \(node.readAs); allowed: \(word)")
  }

  /// R-GEO-3: a map in another datum is refused, never converted; GCJ-02 is 250 m off here.
  private func checkDatum(_ node: ConfigurationNode) {
    var name: String?
    if case .mapping(let members) = node.content,
      case .mapping(let inner)? = members.first(where: { $0.key == "properties" })?.value.content,
      case .scalar(let scalar)? = inner.first(where: { $0.key == "name" })?.value.content
    {
      name = scalar.text
    }
    guard let name, MapSchema.datums.contains(name) else {
      refuse(
        node.line, "crs",
        "read \(name.map { quoted($0) } ?? node.readAs); allowed: WGS-84, as "
          + "urn:ogc:def:crs:OGC:1.3:CRS84. Convert the map; this program does not")
      return
    }
  }

  private func feature(
    _ node: ConfigurationNode, _ index: Int, _ schema: MapSchema
  ) -> MapFeature? {
    let path = "features[\(index)]"
    guard case .mapping(let members) = node.content else {
      refuse(node.line, path, "read \(node.readAs); allowed: a Feature")
      return nil
    }
    refuseUnknown(members, MapSchema.feature, path + ".")
    func member(_ name: String) -> ConfigurationNode? {
      members.first { $0.key == name }?.value
    }
    guard let type = member("type"), let properties = member("properties"),
      let geometry = member("geometry")
    else {
      refuse(node.line, path, "a Feature needs type, properties and geometry")
      return nil
    }
    expect(type, "Feature", path + ".type")
    guard let (kind, checked, label) = self.properties(properties, path, schema),
      let shape = self.geometry(geometry, label, kind)
    else { return nil }
    return MapFeature(geometry: shape, properties: checked, label: label, line: node.line)
  }

  private func properties(
    _ node: ConfigurationNode, _ path: String, _ schema: MapSchema
  ) -> (MapSchema.Kind, CheckedValue, String)? {
    var kind: String?
    var label = path
    if case .mapping(let members) = node.content {
      for member in members {
        guard case .scalar(let scalar) = member.value.content else { continue }
        if member.key == "kind" { kind = scalar.text }
        if member.key == "name", !scalar.text.isEmpty { label = scalar.text }
      }
    }
    let kinds = schema.kinds.keys.sorted().joined(separator: " | ")
    guard let kind, let known = schema.kinds[kind] else {
      let read = kind.map { quoted($0) } ?? "nothing"
      refuse(node.line, "\(label).kind", "read \(read); allowed: \(kinds)")
      return nil
    }
    let reader = ConfigurationReader(file: file, findings: findings)
    return reader.read(node, as: .mapping(known.properties), path: label).map { (known, $0, label) }
  }

  private func geometry(
    _ node: ConfigurationNode, _ label: String, _ kind: MapSchema.Kind
  ) -> MapFeature.Geometry? {
    guard case .mapping(let members) = node.content,
      case .scalar(let type)? = members.first(where: { $0.key == "type" })?.value.content,
      let coordinates = members.first(where: { $0.key == "coordinates" })?.value
    else {
      refuse(node.line, label, "a geometry needs type and coordinates")
      return nil
    }
    refuseUnknown(members, MapSchema.geometry, label + ".geometry.")
    guard type.text == kind.geometry.rawValue else {
      refuse(
        node.line, label, "read geometry \(quoted(type.text)); allowed: \(kind.geometry.rawValue)")
      return nil
    }
    let least = kind.geometry.leastPositions
    switch kind.geometry {
    case .line: return points(coordinates, label, least: least).map { .line($0) }
    case .polygon:
      guard case .sequence(let rings) = coordinates.content, rings.count == 1 else {
        refuse(node.line, label, "a polygon has one ring here, without holes")
        return nil
      }
      return points(rings[0], label, least: least).map { .polygon($0) }
    }
  }

  private func points(_ node: ConfigurationNode, _ label: String, least: Int) -> [MapPoint]? {
    guard case .sequence(let elements) = node.content else {
      refuse(node.line, label, "read \(node.readAs); allowed: a list of positions")
      return nil
    }
    guard (least...MapSchema.mostPositions).contains(elements.count) else {
      refuse(
        node.line, label,
        "\(elements.count) positions; allowed are \(least) to \(MapSchema.mostPositions)")
      return nil
    }
    var points: [MapPoint] = []
    points.reserveCapacity(elements.count)
    for element in elements {
      guard let point = point(element, label) else { return nil }
      points.append(point)
    }
    return points
  }

  private func point(_ node: ConfigurationNode, _ label: String) -> MapPoint? {
    guard case .sequence(let elements) = node.content, (2...3).contains(elements.count) else {
      refuse(
        node.line, label, "read \(node.readAs); allowed: [longitude, latitude] or with height")
      return nil
    }
    var numbers: [Double] = []
    for element in elements {
      guard case .scalar(let scalar) = element.content, !scalar.isQuoted,
        let number = Double(scalar.text), number.isFinite
      else {
        refuse(element.line, label, "read \(element.readAs); allowed: a number")
        return nil
      }
      numbers.append(number)
    }
    let (longitude, latitude) = (numbers[0], numbers[1])
    guard MapSchema.longitudes.contains(longitude), MapSchema.latitudes.contains(latitude) else {
      refuse(
        node.line, label,
        "position [\(shortest(longitude)), \(shortest(latitude))]; allowed: longitude -180 to 180, "
          + "then latitude -90 to 90")
      return nil
    }
    let height = numbers.count == 3 ? numbers[2] : nil
    let place = frame.place(latitude: latitude, longitude: longitude, height: height)
    guard place.length <= SiteFrame.reach else {
      refuse(
        node.line, label,
        "position [\(shortest(longitude)), \(shortest(latitude))] is "
          + "\(shortest((place.length / 1_000).rounded())) km from the origin; allowed: 50 km. "
          + "Longitude comes first in GeoJSON")
      return nil
    }
    return MapPoint(place: place, height: height, line: node.line)
  }
}
