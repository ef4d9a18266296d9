import Signals
import Units

/// The fields of a `Visitable` structure as keys of a file: names in snake case, units from the
/// types of the properties, defaults from the value.
///
/// Fields inside fixed arrays are left out; a profile has keys of its own for those.
package struct FieldTable {
  package enum Kind: Sendable {
    case quantity(Dimension)
    case duration
    case number
    case integer
    case flag
    case choice([String])
  }

  package struct Field {
    /// Property names from the root.
    package let path: [String]
    package let kind: Kind
    package let initial: FieldValue
  }

  package let fields: [Field]

  package init<T: Visitable>(_ value: T) {
    var copy = value
    var collector = FieldCollector()
    copy.visit(&collector)
    let root = Mirror(reflecting: value)
    fields = collector.found.compactMap { path, initial in
      Self.kind(of: path, in: root).map { Field(path: path, kind: $0, initial: initial) }
    }
  }

  private static func kind(of path: [String], in root: Mirror) -> Kind? {
    var mirror = root
    for (depth, name) in path.enumerated() {
      guard let child = mirror.children.first(where: { $0.label == name })?.value else {
        return nil
      }
      if depth == path.count - 1 { return kind(of: child) }
      mirror = Mirror(reflecting: child)
    }
    return nil
  }

  private static func kind(of value: Any) -> Kind? {
    switch value {
    case is Metres: .quantity(.length)
    case is MetresPerSecond: .quantity(.speed)
    case is MetresPerSecondSquared: .quantity(.acceleration)
    case is MetresPerSecondCubed: .quantity(.jerk)
    case is Radians, is Degrees: .quantity(.angle)
    case is RadiansPerSecond: .quantity(.angularRate)
    case is Curvature: .quantity(.curvature)
    case is CurvatureRate: .quantity(.curvatureRate)
    case is Kilograms: .quantity(.mass)
    case is Newtons: .quantity(.force)
    case is Watts: .quantity(.power)
    case is Pascals: .quantity(.pressure)
    case is Fraction: .quantity(.fraction)
    case is Interval: .duration
    case is Double, is Float: .number
    case is Bool: .flag
    case is any FixedWidthInteger: .integer
    case let word as any RawRepresentable<UInt8>: .choice(caseNames(of: word))
    default: nil
    }
  }

  /// Of an enumeration whose raw values start at zero without gaps.
  package static func caseNames<E: RawRepresentable<UInt8>>(of value: E) -> [String] {
    var names: [String] = []
    while names.count < 255, let known = E(rawValue: UInt8(names.count)) {
      names.append(snakeCase("\(known)"))
    }
    return names
  }

  /// The keys of the top level and of nested structures; `excluding` names properties.
  package func keys(excluding: Set<String> = []) -> [Key] {
    keys(under: [], excluding: excluding)
  }

  private func keys(under prefix: [String], excluding: Set<String>) -> [Key] {
    var result: [Key] = []
    var nested: Set<String> = []
    for field in fields where field.path.starts(with: prefix) && field.path.count > prefix.count {
      let name = field.path[prefix.count]
      guard !excluding.contains(name) else { continue }
      if field.path.count == prefix.count + 1 {
        result.append(Key(snakeCase(name), shape(field), required: false))
      } else if nested.insert(name).inserted {
        let members = keys(under: prefix + [name], excluding: excluding)
        result.append(Key(snakeCase(name), .mapping(members), required: false))
      }
    }
    return result
  }

  /// Bounds by kind, not by default: tuning is not hindered and an error of magnitude is found.
  private func shape(_ field: Field) -> Shape {
    // What is negative by default may be so; everything else is a size.
    let low = field.initial.number < 0 ? -1.0 : 0.0
    return switch field.kind {
    case .quantity(let dimension):
      .quantity(dimension, (low * Self.bound(dimension))...Self.bound(dimension))
    case .duration: .quantity(.duration, 0...600)
    case .number: .number((low * 10_000)...10_000)
    case .integer: .integer(0...1_000_000)
    case .flag: .flag
    case .choice(let words): .choice(words)
    }
  }

  private static func bound(_ dimension: Dimension) -> Double {
    switch dimension {
    case .length: 10_000
    case .speed: 50
    case .acceleration: 50
    case .jerk: 500
    case .angle: 6.3
    case .angularRate: 10
    case .curvature: 1
    case .curvatureRate: 10
    case .mass: 200_000
    case .force: 1_000_000
    case .power: 5_000_000
    case .pressure: 5_000_000
    case .duration: 600
    case .fraction: 1
    case .area: 100
    case .bitRate: 10_000_000
    case .pure: 10_000
    }
  }

  /// Writes every key of `section` that names a field into `value`.
  package func apply<T: Visitable>(_ section: CheckedValue, to value: inout T) {
    var changes: [[String]: FieldValue] = [:]
    for field in fields {
      var place: CheckedValue? = section
      for name in field.path { place = place?[snakeCase(name)] }
      guard let place else { continue }
      changes[field.path] = read(place, field.kind)
    }
    var editor = FieldEditor(changes: changes)
    value.visit(&editor)
  }

  private func read(_ place: CheckedValue, _ kind: Kind) -> FieldValue? {
    switch kind {
    case .quantity, .number: place.number.map { .real($0) }
    case .duration: place.number.map { .signed(Interval.seconds($0).nanoseconds) }
    case .integer: place.integer.map { .signed(Int64($0)) }
    case .flag: place.flag.map { .unsigned($0 ? 1 : 0) }
    case .choice(let words):
      place.text.flatMap { words.firstIndex(of: $0) }.map { .unsigned(UInt64($0)) }
    }
  }

  /// Each field as `key: value unit`, in the order of the structure.
  package func printed<T: Visitable>(_ value: T) -> [(key: String, text: String)] {
    var copy = value
    var collector = FieldCollector()
    copy.visit(&collector)
    let values = Dictionary(collector.found, uniquingKeysWith: { first, _ in first })
    return fields.compactMap { field in
      guard let found = values[field.path] else { return nil }
      let key = field.path.map(snakeCase).joined(separator: ".")
      return (key, text(found, field.kind))
    }
  }

  private func text(_ value: FieldValue, _ kind: Kind) -> String {
    switch kind {
    case .quantity(let dimension): formatted(value.number, dimension)
    case .duration: formatted(value.number * 1e-9, .duration)
    case .number, .integer: shortest(value.number)
    case .flag: value.number == 0 ? "false" : "true"
    case .choice(let words):
      words.indices.contains(Int(value.number)) ? words[Int(value.number)] : "?"
    }
  }
}

/// What a visitor is shown of a field.
package enum FieldValue: Sendable {
  case real(Double)
  case signed(Int64)
  case unsigned(UInt64)

  package var number: Double {
    switch self {
    case .real(let value): value
    case .signed(let value): Double(value)
    case .unsigned(let value): Double(value)
    }
  }
}

/// Lists every field with its path.
private struct FieldCollector: FieldVisitor {
  var found: [([String], FieldValue)] = []
  private var path: [String] = []

  mutating func visit(_ name: StaticString, _ value: inout Double) {
    found.append((path + [name.description], .real(value)))
  }
  mutating func visit(_ name: StaticString, _ value: inout Int64) {
    found.append((path + [name.description], .signed(value)))
  }
  mutating func visit(_ name: StaticString, _ value: inout UInt64) {
    found.append((path + [name.description], .unsigned(value)))
  }
  mutating func open(_ name: StaticString, index: Int) {
    path.append(index < 0 ? name.description : "\(name)[\(index)]")
  }
  mutating func close() { if !path.isEmpty { path.removeLast() } }
  mutating func reject() {}
}

/// Replaces the fields that are named.
private struct FieldEditor: FieldVisitor {
  let changes: [[String]: FieldValue]
  private var path: [String] = []

  init(changes: [[String]: FieldValue]) { self.changes = changes }

  private func change(_ name: StaticString) -> FieldValue? {
    changes.isEmpty ? nil : changes[path + [name.description]]
  }

  mutating func visit(_ name: StaticString, _ value: inout Double) {
    if let change = change(name) { value = change.number }
  }
  mutating func visit(_ name: StaticString, _ value: inout Int64) {
    if case .signed(let changed)? = change(name) { value = changed }
  }
  mutating func visit(_ name: StaticString, _ value: inout UInt64) {
    switch change(name) {
    case .unsigned(let changed): value = changed
    case .signed(let changed): value = UInt64(max(changed, 0))
    case .real, nil: return
    }
  }
  mutating func open(_ name: StaticString, index: Int) {
    path.append(index < 0 ? name.description : "\(name)[\(index)]")
  }
  mutating func close() { if !path.isEmpty { path.removeLast() } }
  mutating func reject() {}
}

/// `wheelSpeedFrontLeft` as `wheel_speed_front_left`, `trailerABSFaulty` as `trailer_abs_faulty`.
package func snakeCase(_ name: String) -> String {
  var result = ""
  let letters = Array(name)
  for (index, letter) in letters.enumerated() {
    let startsWord =
      letter.isUppercase
      && (!letters[max(index, 1) - 1].isUppercase
        || index + 1 < letters.count && letters[index + 1].isLowercase)
    if startsWord { result += "_" }
    result += letter.lowercased()
  }
  return result
}
