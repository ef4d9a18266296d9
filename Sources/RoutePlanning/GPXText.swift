import Foundation
import FoundationXML
import Vehicle

/// GPX 1.0 and 1.1 are WGS-84 by definition: the points of its tracks, else of its routes, else
/// its single waypoints, in file order.
extension WaypointFile {
  mutating func readGPX(_ bytes: [UInt8]) {
    let reader = GPXReader()
    let parser = XMLParser(data: Data(bytes))
    parser.delegate = reader
    guard parser.parse() else {
      return refuse(parser.lineNumber, "", "not well-formed XML up to here")
    }
    for element in GPXReader.elements {
      for point in reader.points where point.element == element {
        guard let latitude = point.latitude, let longitude = point.longitude else {
          return refuse(
            point.line, "waypoint \(waypoints.count + 1)",
            "\(element) without numbers in lat and lon; allowed: degrees")
        }
        guard
          append(latitude: latitude, longitude: longitude, height: point.height, line: point.line)
        else { return }
      }
      if !waypoints.isEmpty { return }
    }
  }
}

/// Collects the points of a file with their heights.
private final class GPXReader: NSObject, XMLParserDelegate {
  struct Point {
    var element: String
    var latitude: Double?
    var longitude: Double?
    var height: Double?
    var line: Int
  }

  static let elements = ["trkpt", "rtept", "wpt"]

  private(set) var points: [Point] = []
  private var isInPoint = false
  /// What stands in the `ele` that is open.
  private var heightText: String?

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    let element = Self.local(name)
    if Self.elements.contains(element) {
      points.append(
        Point(
          element: element, latitude: Self.number(attributes["lat"]),
          longitude: Self.number(attributes["lon"]), line: parser.lineNumber))
      isInPoint = true
    } else if isInPoint, element == "ele" {
      heightText = ""
    }
  }

  func parser(_ parser: XMLParser, foundCharacters text: String) { heightText? += text }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    let element = Self.local(name)
    if Self.elements.contains(element) { isInPoint = false }
    guard element == "ele", let text = heightText, !points.isEmpty else { return }
    points[points.count - 1].height = Self.number(text)
    heightText = nil
  }

  private static func local(_ name: String) -> String {
    String(name.split(separator: ":").last ?? "")
  }

  private static func number(_ text: String?) -> Double? {
    text.flatMap { Double($0.filter { !$0.isWhitespace }) }.flatMap { $0.isFinite ? $0 : nil }
  }
}
