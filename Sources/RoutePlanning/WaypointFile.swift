import ReproducibleMath
import SiteMap
import Units
import Vehicle

/// A surveyed position with its line in the file.
package struct Waypoint: Sendable {
  package var place: PlanePoint
  /// Above the ellipsoid; nil when the file gives none.
  package var height: Double?
  package var line: Int

  package init(place: PlanePoint, height: Double? = nil, line: Int) {
    self.place = place
    self.height = height
    self.line = line
  }
}

/// The waypoints of a GeoJSON or GPX file, in a site frame whose origin is the first of them.
package struct WaypointFile {
  package private(set) var frame = SiteFrame(
    latitude: Degrees(0), longitude: Degrees(0), height: Metres(0))
  package private(set) var waypoints: [Waypoint] = []
  let file: String
  let findings: Findings
  private static let limit = 2_000_000

  package init?(_ bytes: [UInt8], file: String, findings: Findings) {
    self.file = file
    self.findings = findings
    let first = bytes.first { !Array(" \t\r\n\u{FEFF}".utf8).contains($0) }
    switch first {
    case UInt8(ascii: "{"):
      guard let root = readJSON(bytes, file: file, findings: findings) else { return nil }
      readGeoJSON(root)
    case UInt8(ascii: "<"): readGPX(bytes)
    default:
      refuse(0, "", "neither GeoJSON nor GPX; allowed: a LineString, or a track or route")
    }
    guard !findings.hasErrors else { return nil }
    guard waypoints.count >= 2 else {
      refuse(0, "", "\(waypoints.count) waypoints; allowed: 2 and more")
      return nil
    }
  }

  func refuse(_ line: Int, _ key: String, _ message: String) {
    findings.add(Finding(file: file, line: line, key: key, message: message))
  }

  /// False ends the reading.
  mutating func append(
    latitude: Double, longitude: Double, height: Double?, line: Int
  ) -> Bool {
    guard (-90...90).contains(latitude), (-180...180).contains(longitude) else {
      refuse(
        line, "waypoint \(waypoints.count + 1)",
        "read longitude \(shortest(longitude)), latitude \(shortest(latitude)); allowed: -180 to "
          + "180, -90 to 90")
      return false
    }
    if let height, !(-500...9_000).contains(height) {
      refuse(
        line, "waypoint \(waypoints.count + 1)",
        "read a height of \(shortest(height)) m; allowed: -500 m to 9000 m")
      return false
    }
    if waypoints.isEmpty {
      frame = SiteFrame(
        latitude: Degrees(latitude), longitude: Degrees(longitude), height: Metres(height ?? 0))
    }
    let place = frame.place(latitude: latitude, longitude: longitude, height: height)
    guard place.length <= SiteFrame.reach else {
      refuse(
        line, "waypoint \(waypoints.count + 1)",
        "read \(shortest((place.length / 1_000).rounded())) km from the first; allowed: 50 km")
      return false
    }
    guard waypoints.count < Self.limit else {
      refuse(line, "", "more than \(Self.limit) waypoints")
      return false
    }
    waypoints.append(Waypoint(place: place, height: height, line: line))
    return true
  }

  // MARK: GeoJSON

  /// A LineString, alone or in a Feature or FeatureCollection; several follow one another.
  private mutating func readGeoJSON(_ root: ConfigurationNode) {
    guard case .mapping(let members) = root.content else {
      return refuse(root.line, "", "read \(root.readAs); allowed: a FeatureCollection")
    }
    func member(_ name: String, _ members: [ConfigurationNode.Member]) -> ConfigurationNode? {
      members.first { $0.key == name }?.value
    }
    guard isDatumFit(member("crs", members)) else { return }
    var nodes = [root]
    if let features = member("features", members), case .sequence(let all) = features.content {
      nodes = all
    }
    for node in nodes {
      guard case .mapping(let members) = node.content else { continue }
      var geometry = node
      if let inner = member("geometry", members) { geometry = inner }
      guard case .mapping(let inside) = geometry.content,
        case .scalar(let type)? = member("type", inside)?.content, type.text == "LineString",
        case .sequence(let positions)? = member("coordinates", inside)?.content
      else { continue }
      for position in positions where !readPosition(position) { return }
    }
  }

  private mutating func readPosition(_ node: ConfigurationNode) -> Bool {
    var numbers: [Double] = []
    if case .sequence(let elements) = node.content, (2...3).contains(elements.count) {
      for element in elements {
        guard case .scalar(let scalar) = element.content, !scalar.isQuoted,
          let number = Double(scalar.text), number.isFinite
        else { break }
        numbers.append(number)
      }
      if numbers.count == elements.count {
        return append(
          latitude: numbers[1], longitude: numbers[0],
          height: numbers.count == 3 ? numbers[2] : nil, line: node.line)
      }
    }
    refuse(
      node.line, "waypoint \(waypoints.count + 1)",
      "read \(node.readAs); allowed: [longitude, latitude] or with height")
    return false
  }

  /// R-GEO-3: another datum is refused, never converted.
  private func isDatumFit(_ node: ConfigurationNode?) -> Bool {
    guard let node else { return true }
    if case .mapping(let members) = node.content,
      case .mapping(let inner)? = members.first(where: { $0.key == "properties" })?.value.content,
      case .scalar(let name)? = inner.first(where: { $0.key == "name" })?.value.content,
      ["CRS84", "EPSG::4326", "EPSG:4326", "EPSG:4979"].contains(where: { name.text.hasSuffix($0) })
    {
      return true
    }
    refuse(node.line, "crs", "read \(node.readAs); allowed: WGS-84. Convert the waypoints first")
    return false
  }
}
