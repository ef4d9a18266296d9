import Vehicle

/// GPX 1.0 and 1.1 are WGS-84 by definition: the points of its tracks, else of its routes, else
/// its single waypoints, in file order.
extension WaypointFile {
  mutating func readGPX(_ bytes: [UInt8]) {
    for element in ["trkpt", "rtept", "wpt"] {
      var scanner = GPXScanner(bytes)
      while let tag = scanner.next() {
        guard tag.name == element else { continue }
        guard let latitude = tag.latitude, let longitude = tag.longitude else {
          return refuse(
            tag.line, "waypoint \(waypoints.count + 1)",
            "\(element) without numbers in lat and lon; allowed: degrees")
        }
        let height = tag.isEmpty ? nil : scanner.elevation(before: element)
        guard append(latitude: latitude, longitude: longitude, height: height, line: tag.line)
        else { return }
      }
      if scanner.isBroken { return refuse(scanner.line, "", "not XML: a tag does not end") }
      if !waypoints.isEmpty { return }
    }
  }
}

/// Finds opening tags; as much of XML as GPX needs.
private struct GPXScanner {
  struct Tag {
    var name: String
    var latitude: Double?
    var longitude: Double?
    var line: Int
    /// Ended by "/>".
    var isEmpty: Bool
  }

  private let bytes: [UInt8]
  private var position = 0
  private(set) var line = 1
  private(set) var isBroken = false

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The next opening tag; comments, declarations and closing tags are passed over.
  mutating func next() -> Tag? {
    while position < bytes.count {
      guard bytes[position] == UInt8(ascii: "<") else {
        if bytes[position] == 10 { line += 1 }
        position += 1
        continue
      }
      if starts(with: "<!--") {
        guard pass(through: "-->") else { return nil }
        continue
      }
      let begun = line
      let start = position + 1
      guard pass(through: ">") else { return nil }
      let text = bytes[start..<(position - 1)]
      guard let first = text.first, first != UInt8(ascii: "/"), first != UInt8(ascii: "?"),
        first != UInt8(ascii: "!")
      else { continue }
      return tag(String(decoding: text, as: UTF8.self), begun)
    }
    return nil
  }

  /// Of the point whose opening tag was read last.
  func elevation(before element: String) -> Double? {
    var inner = self
    let end = Array("</\(element)".utf8)
    let wanted = Array("<ele>".utf8)
    // A point with more text than this has its height before the rest.
    let limit = min(bytes.count, position + 4_096)
    while inner.position < limit {
      if bytes[inner.position...].starts(with: end) { return nil }
      if bytes[inner.position...].starts(with: wanted) {
        let rest = bytes[(inner.position + 5)...].prefix(40).prefix { $0 != UInt8(ascii: "<") }
        let text = String(decoding: rest, as: UTF8.self).filter { !$0.isWhitespace }
        return Double(text).flatMap { $0.isFinite ? $0 : nil }
      }
      inner.position += 1
    }
    return nil
  }

  private func starts(with text: String) -> Bool {
    bytes[position...].starts(with: Array(text.utf8))
  }

  private mutating func pass(through end: String) -> Bool {
    let wanted = Array(end.utf8)
    while position < bytes.count {
      if bytes[position] == 10 { line += 1 }
      if bytes[position...].starts(with: wanted) {
        position += wanted.count
        return true
      }
      position += 1
    }
    isBroken = true
    return false
  }

  private func tag(_ text: String, _ line: Int) -> Tag {
    let name = text.prefix { !$0.isWhitespace && $0 != "/" }
    func number(_ key: String) -> Double? {
      // Attributes: key, equals sign, value in either quotes.
      let parts = text.split(omittingEmptySubsequences: true) { $0.isWhitespace || $0 == "=" }
      guard let index = parts.firstIndex(where: { $0 == key }), index + 1 < parts.count else {
        return nil
      }
      let value = parts[index + 1].filter { $0 != "\"" && $0 != "'" && $0 != "/" }
      return Double(value).flatMap { $0.isFinite ? $0 : nil }
    }
    return Tag(
      name: String(name.split(separator: ":").last ?? name), latitude: number("lat"),
      longitude: number("lon"), line: line, isEmpty: text.hasSuffix("/"))
  }
}
