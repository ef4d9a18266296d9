import ReproducibleMath

/// What a quantity measures; each has one unit in which the program keeps it.
package enum Dimension: String, Sendable {
  case length, speed, acceleration, jerk, angle, angularRate, curvature, curvatureRate
  case mass, force, power, pressure, duration, fraction, area, bitRate
  /// Scale factors such as rad/(m/s2), kept without a unit of their own.
  case pure

  /// The unit that values are kept in.
  package var baseUnit: String { UnitTable.units(of: self).first?.symbol ?? "" }

  package var description: String {
    switch self {
    case .angularRate: "angular rate"
    case .curvatureRate: "rate of curvature"
    case .bitRate: "bit rate"
    case .pure: "number"
    default: rawValue
    }
  }
}

/// A unit as people write it: `base = value * scale`.
package struct UnitSymbol: Sendable {
  package let symbol: String
  package let dimension: Dimension
  package let scale: Double
}

package enum UnitTable {
  /// The first unit of each dimension is its base unit; others follow in the order of preference
  /// for printing.
  package static let all: [UnitSymbol] = [
    .init(symbol: "m", dimension: .length, scale: 1),
    .init(symbol: "km", dimension: .length, scale: 1_000),
    .init(symbol: "cm", dimension: .length, scale: 0.01),
    .init(symbol: "mm", dimension: .length, scale: 0.001),
    .init(symbol: "m/s", dimension: .speed, scale: 1),
    .init(symbol: "km/h", dimension: .speed, scale: 1 / 3.6),
    .init(symbol: "m/s2", dimension: .acceleration, scale: 1),
    .init(symbol: "m/s3", dimension: .jerk, scale: 1),
    .init(symbol: "rad", dimension: .angle, scale: 1),
    .init(symbol: "deg", dimension: .angle, scale: pi / 180),
    .init(symbol: "rad/s", dimension: .angularRate, scale: 1),
    .init(symbol: "deg/s", dimension: .angularRate, scale: pi / 180),
    .init(symbol: "rpm", dimension: .angularRate, scale: pi / 30),
    .init(symbol: "1/m", dimension: .curvature, scale: 1),
    .init(symbol: "1/km", dimension: .curvature, scale: 0.001),
    .init(symbol: "1/(m s)", dimension: .curvatureRate, scale: 1),
    .init(symbol: "1/(km s)", dimension: .curvatureRate, scale: 0.001),
    .init(symbol: "kg", dimension: .mass, scale: 1),
    .init(symbol: "t", dimension: .mass, scale: 1_000),
    .init(symbol: "N", dimension: .force, scale: 1),
    .init(symbol: "kN", dimension: .force, scale: 1_000),
    .init(symbol: "W", dimension: .power, scale: 1),
    .init(symbol: "kW", dimension: .power, scale: 1_000),
    .init(symbol: "Pa", dimension: .pressure, scale: 1),
    .init(symbol: "kPa", dimension: .pressure, scale: 1_000),
    .init(symbol: "bar", dimension: .pressure, scale: 100_000),
    .init(symbol: "s", dimension: .duration, scale: 1),
    .init(symbol: "ms", dimension: .duration, scale: 0.001),
    .init(symbol: "us", dimension: .duration, scale: 0.000001),
    .init(symbol: "min", dimension: .duration, scale: 60),
    .init(symbol: "h", dimension: .duration, scale: 3_600),
    .init(symbol: "1", dimension: .fraction, scale: 1),
    .init(symbol: "%", dimension: .fraction, scale: 0.01),
    .init(symbol: "m2", dimension: .area, scale: 1),
    .init(symbol: "bit/s", dimension: .bitRate, scale: 1),
    .init(symbol: "kbit/s", dimension: .bitRate, scale: 1_000),
    .init(symbol: "Mbit/s", dimension: .bitRate, scale: 1_000_000),
  ]

  package static func units(of dimension: Dimension) -> [UnitSymbol] {
    all.filter { $0.dimension == dimension }
  }

  /// The spellings that DBC files and people use for the same unit.
  private static let spellings: [String: String] = [
    "m/s^2": "m/s2", "m/s²": "m/s2", "m/s/s": "m/s2", "mps2": "m/s2", "m/s^3": "m/s3",
    "m/s³": "m/s3",
    "kph": "km/h", "kmh": "km/h", "km/hr": "km/h", "mps": "m/s", "°": "deg", "degree": "deg",
    "degrees": "deg", "°/s": "deg/s", "r/min": "rpm", "1/min": "rpm", "min-1": "rpm",
    "percent": "%", "km^-1": "1/km", "km-1": "1/km", "m^-1": "1/m", "sec": "s", "µs": "us",
    "m^2": "m2", "m²": "m2",
  ]

  package static func unit(_ symbol: String) -> UnitSymbol? {
    let canonical = spellings[symbol] ?? spellings[symbol.lowercased()] ?? symbol
    return all.first { $0.symbol == canonical }
  }
}

/// A number with its unit, as read.
package enum QuantityText {
  case bare(Double)
  case quantity(Double, UnitSymbol)
  case unknownUnit(Double, String)
  case notANumber

  package init(_ text: String) {
    let trimmed = text.utf8.drop { $0 == 0x20 }
    let digits = trimmed.prefix { (0x30...0x39).contains($0) || "+-.".utf8.contains($0) }
    var number = digits
    // An exponent, but not the "e" of a unit.
    if let letter = trimmed[digits.endIndex...].first,
      letter == UInt8(ascii: "e") || letter == UInt8(ascii: "E")
    {
      let after = trimmed[digits.endIndex...].dropFirst()
      let exponent = after.prefix { (0x30...0x39).contains($0) || "+-".utf8.contains($0) }
      if exponent.contains(where: { (0x30...0x39).contains($0) }) {
        number = trimmed[trimmed.startIndex..<exponent.endIndex]
      }
    }
    guard digits.contains(where: { (0x30...0x39).contains($0) }),
      let value = Double(String(Substring(number))), value.isFinite
    else {
      self = .notANumber
      return
    }
    var symbol = String(Substring(trimmed[number.endIndex...].drop { $0 == 0x20 }))
    while symbol.hasSuffix(" ") { symbol.removeLast() }
    if symbol.isEmpty {
      self = .bare(value)
    } else if let unit = UnitTable.unit(symbol) {
      self = .quantity(value, unit)
    } else {
      self = .unknownUnit(value, symbol)
    }
  }
}

/// A value in the unit people would use, with as many digits as tell it apart.
package func formatted(_ base: Double, _ dimension: Dimension) -> String {
  let units = UnitTable.units(of: dimension)
  guard dimension != .pure, let first = units.first else { return shortest(base) }
  var best = (text: shortest(base), symbol: first.symbol)
  if dimension == .fraction { best = (shortest(base * 100), "%") }
  for unit in units where unit.symbol != first.symbol && dimension != .fraction {
    // Nobody writes 255 cm for 2.55 m.
    if dimension == .length, unit.scale < 1, base.magnitude >= 1 { continue }
    let text = shortest(base / unit.scale)
    if text.utf8.count < best.text.utf8.count { best = (text, unit.symbol) }
  }
  return best.text + " " + best.symbol
}

/// At most 12 significant digits, without a needless ".0".
package func shortest(_ value: Double) -> String {
  guard value.isFinite else { return value.isNaN ? "nan" : value < 0 ? "-inf" : "inf" }
  var text = "\(value)"
  if value != 0, text.utf8.count > 14 {
    // Rounding in decimal undoes what unit conversion did to the last bits.
    var magnitude = 0
    var rest = value.magnitude
    while rest >= 10, magnitude < 330 { (rest, magnitude) = (rest / 10, magnitude + 1) }
    while rest < 1, magnitude > -330 { (rest, magnitude) = (rest * 10, magnitude - 1) }
    var power = 1.0
    for _ in 0..<min(abs(11 - magnitude), 300) { power *= 10 }
    let rounded =
      magnitude <= 11 ? (value * power).rounded() / power : (value / power).rounded() * power
    if rounded.isFinite { text = "\(rounded)" }
  }
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}
