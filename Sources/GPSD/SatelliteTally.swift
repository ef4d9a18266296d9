import Signals
import Units

/// A satellite as gpsd's SKY tells of it; what is absent is NaN, or 0 for a number.
struct SatelliteSighting {
  /// gpsd's gnssid: 0 GPS, 1 SBAS, 2 Galileo, 3 BeiDou, 5 QZSS, 6 GLONASS, 7 NavIC.
  var system: Int32 = 0
  /// Within the system; 0 where gpsd tells the PRN alone.
  var satellite: Int32 = 0
  /// Which of its signals.
  var band: Int32 = 0
  var prn: Int32 = 0
  var isUsed = false
  /// dB-Hz.
  var strength = Double.nan
  /// Degrees.
  var elevation = Double.nan
}

/// Sums up one SKY, so that no list of satellites enters the core.
struct SatelliteTally {
  private(set) var summary = SatelliteSummary()
  private var strengths = 0
  private var sum = 0.0
  private var weakest = Double.infinity
  private var strongest = -Double.infinity
  private var seen: Set<Identity> = []

  private struct Identity: Hashable {
    var system: Int32
    var satellite: Int32
    var band: Int32
  }

  mutating func add(_ sighting: SatelliteSighting) {
    guard sighting.isUsed else { return }
    if summary.used < .max { summary.used += 1 }
    let isNamed = sighting.satellite > 0
    if isNamed, (0..<8).contains(sighting.system) { summary.systems |= 1 << UInt8(sighting.system) }
    let identity = Identity(
      system: isNamed ? sighting.system : -1,
      satellite: isNamed ? sighting.satellite : sighting.prn, band: isNamed ? sighting.band : 0)
    if identity.satellite > 0, !seen.insert(identity).inserted { summary.hasDuplicate = true }
    // Receivers send 0, and libgps -1, for a strength that they do not know.
    if sighting.strength > 0, sighting.strength < 100 {
      strengths += 1
      sum += sighting.strength
      weakest = min(weakest, sighting.strength)
      strongest = max(strongest, sighting.strength)
      summary.meanSignal = sum / Double(strengths)
      summary.signalRange = strongest - weakest
    }
    if sighting.elevation.magnitude <= 90 {
      let lowest = summary.lowestElevation
      summary.lowestElevation = lowest.isNaN ? sighting.elevation : min(lowest, sighting.elevation)
    }
  }

  /// 99 is what receivers without a fix send.
  mutating func dilution(_ horizontal: Double) {
    if horizontal > 0, horizontal < 99 { summary.horizontalDilution = horizontal }
  }
}

extension SatelliteSummary {
  /// Of a line of class SKY; nil where it has no satellites, as when it brings dilutions alone.
  init?(_ object: JSONObject) throws(GNSSLineError) {
    guard let value = object["satellites"] else { return nil }
    guard case .composite(let text) = value, let list = JSONObject.list(text) else {
      throw GNSSLineError("\"satellites\" is no list of objects")
    }
    var tally = SatelliteTally()
    tally.dilution(try object.number("hdop"))
    for member in list {
      var sighting = SatelliteSighting()
      sighting.system = try member.small("gnssid")
      sighting.satellite = try member.small("svid")
      sighting.band = try member.small("sigid")
      sighting.prn = try member.small("PRN")
      sighting.strength = try member.number("ss")
      sighting.elevation = try member.number("el")
      if let used = member["used"] {
        guard case .boolean(let isUsed) = used else {
          throw GNSSLineError("\"used\" is no true or false")
        }
        sighting.isUsed = isUsed
      }
      tally.add(sighting)
    }
    self = tally.summary
  }
}

extension JSONObject {
  /// The objects of a list that was checked to be sound; nil where it is none, or holds others.
  static func list(_ text: ArraySlice<UInt8>) -> [JSONObject]? {
    guard text.first == UInt8(ascii: "[") else { return nil }
    var objects: [JSONObject] = []
    var depth = 0
    var start = text.startIndex
    var isQuoted = false
    var isEscaped = false
    for index in text.indices.dropFirst().dropLast() {
      let byte = text[index]
      if isQuoted {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isQuoted = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isQuoted = true
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        if depth == 0 { start = index }
        depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        if depth == 0 {
          guard let object = try? JSONObject(text[start...index]) else { return nil }
          objects.append(object)
        }
      case UInt8(ascii: ","), 0x20, 0x09, 0x0D: break
      default: if depth == 0 { return nil }
      }
    }
    return objects
  }

  fileprivate func small(_ name: String) throws(GNSSLineError) -> Int32 {
    Int32(try integer(name, -1...10_000))
  }
}
