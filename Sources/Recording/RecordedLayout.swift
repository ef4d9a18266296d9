import Signals

/// The fields of a cycle as a recording's own schema lists them: by it the cycles of another build
/// are read, whose core has other inputs or outputs.
struct RecordedLayout {
  /// What stands next in a cycle.
  enum Part {
    case field(NamedField)
    /// One of an array that always has so many.
    case element(name: String, index: Int, [NamedField])
    /// As many as the field before says.
    case list(name: String, [NamedField])
  }

  let inputs: [Part]
  let outputs: [Part]
  /// Of the number and the time of a cycle among the words of its inputs.
  let numberPlace: Int
  let timePlace: Int

  init(_ text: String) throws(LayoutProblem) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard let first = lines.firstIndex(of: "inputs:"),
      let second = lines.firstIndex(of: "outputs:"),
      first < second
    else { throw LayoutProblem("has no lines \"inputs:\" and then \"outputs:\"") }
    let inputs = try Self.parts(lines[(first + 1)..<second])
    // Lists vary in length, so that only before them a field has one place.
    let leading = inputs.prefix { if case .field = $0 { true } else { false } }
    func place(_ wanted: NamedField) throws(LayoutProblem) -> Int {
      let place = leading.firstIndex { part in
        if case .field(let field) = part { field == wanted } else { false }
      }
      guard let place else {
        throw LayoutProblem("has no \"\(wanted)\" among the inputs, before their first list")
      }
      return place
    }
    numberPlace = try place(NamedField(name: "cycle", kind: .uint64))
    timePlace = try place(NamedField(name: "now", kind: .int64))
    self.inputs = inputs
    outputs = try Self.parts(lines[(second + 1)...])
  }

  /// The field of each word of a cycle, whose lists have so many elements each.
  ///
  /// - Parameter counts: one element where there is none.
  static func fields(_ parts: [Part], _ counts: [Int]) -> [NamedField] {
    var counts = counts[...]
    return parts.flatMap { part in
      switch part {
      case .field(let field): return [field]
      case .element(let name, let index, let fields):
        return fields.map { $0.within("\(name)[\(index)].") }
      case .list(let name, let fields):
        return (0..<(counts.popFirst() ?? 1)).flatMap { index in
          fields.map { $0.within("\(name)[\(index)].") }
        }
      }
    }
  }

  private static func parts(_ lines: ArraySlice<Substring>) throws(LayoutProblem) -> [Part] {
    var parts: [Part] = []
    /// The elements of the array in hand; where it shows one alone, it is a list.
    var array = ""
    var elements: [[NamedField]] = []
    func close() throws(LayoutProblem) {
      defer { elements = [] }
      guard elements.count == 1 else {
        for (index, fields) in elements.enumerated() {
          parts.append(.element(name: array, index: index, fields))
        }
        return
      }
      guard case .field(let count)? = parts.last, count.kind == .int64 else {
        throw LayoutProblem("no count stands before \"\(array)[0]\"")
      }
      parts.append(
        .list(
          name: array,
          elements[0].map { NamedField(name: $0.name, kind: $0.kind, counter: count.name) }))
    }
    for line in lines where !line.isEmpty {
      let words = line.split(separator: " ", omittingEmptySubsequences: false)
      guard words.count == 2, let kind = NamedField.Kind(rawValue: String(words[1])) else {
        throw LayoutProblem(
          "\"\(line)\" is no field: allowed is a name and double, int64 or uint64")
      }
      let pieces = words[0].split(omittingEmptySubsequences: false) { $0 == "[" || $0 == "]" }
      guard pieces.count > 1 else {
        try close()
        parts.append(.field(NamedField(name: String(words[0]), kind: kind)))
        continue
      }
      guard pieces.count == 3, let index = Int(pieces[1]), pieces[2].first == "." else {
        throw LayoutProblem(
          "\"\(line)\" is no field of an element, as in \"name[0].member double\"")
      }
      if pieces[0] != array { try close() }
      array = String(pieces[0])
      guard index == elements.count || index == elements.count - 1 else {
        throw LayoutProblem("\"\(line)\" follows element \(elements.count - 1)")
      }
      if index == elements.count { elements.append([]) }
      elements[index].append(NamedField(name: String(pieces[2].dropFirst()), kind: kind))
    }
    try close()
    return parts
  }
}

/// Why a text is no list of fields.
struct LayoutProblem: Error {
  let text: String
  init(_ text: String) { self.text = text }
}

/// A field as a recording names it.
package struct NamedField: Hashable, Sendable, CustomStringConvertible {
  package enum Kind: String, Sendable { case double, int64, uint64 }

  /// Its path, as "command.curvature".
  package let name: String
  package let kind: Kind
  /// In a list, the field that counts its elements.
  package var counter: String?

  package var description: String { "\(name) \(kind)" }

  fileprivate func within(_ prefix: String) -> NamedField {
    NamedField(name: prefix + name, kind: kind, counter: counter)
  }
}

/// The inputs or the outputs of a cycle, read by the names that the recording gives them.
package struct NamedWords: Sendable {
  /// Every field, NaN canonical.
  package fileprivate(set) var words: [UInt64] = []
  /// How many elements each list has, in order: by them alone the fields of the words vary.
  package fileprivate(set) var counts: [Int] = []
}

/// One cycle of a recording that another build may have made.
package struct NamedCycle: Sendable {
  package fileprivate(set) var number: UInt64 = 0
  /// ns of the monotonic clock.
  package fileprivate(set) var time: Int64 = 0
  package fileprivate(set) var inputs = NamedWords()
  package fileprivate(set) var outputs = NamedWords()

  package init() {}
}

/// Reads messages of the channel `tulpar.cycle` by the recording's own layout.
struct NamedCycleDecoder {
  let layout: RecordedLayout
  private var inputs = FieldDecoder(for: .words)
  private var outputs = FieldDecoder(for: .words)
  /// After the cycle before: with them the next ones prove that the layout is the right one.
  private var hashes: DriveHashes?

  init(_ layout: RecordedLayout) { self.layout = layout }

  mutating func decode(
    _ message: MCAPMessage, of source: ByteSource, into cycle: inout NamedCycle
  ) throws(RecordingError) {
    let fields = try CycleMessage(message, of: source, isFirst: hashes == nil)
    inputs.beginCycle(fields.inputs, isWhole: fields.isWhole)
    Self.walk(layout.inputs, &inputs, &cycle.inputs)
    outputs.beginCycle(fields.outputs, isWhole: fields.isWhole)
    Self.walk(layout.outputs, &outputs, &cycle.outputs)
    guard Self.isSound(inputs), Self.isSound(outputs) else {
      throw fields.error("its fields are not those of the layout that the recording gives")
    }
    if let hashes {
      var expected = DriveHashes()
      expected.inputs = Self.hash(cycle.inputs.words, after: hashes.inputs)
      expected.outputs = Self.hash(cycle.outputs.words, after: hashes.outputs)
      guard expected == fields.hashes else {
        throw fields.error(
          "its hashes are not those of the fields that the recording's layout gives it")
      }
    }
    hashes = fields.hashes
    cycle.number = cycle.inputs.words[layout.numberPlace]
    cycle.time = Int64(bitPattern: cycle.inputs.words[layout.timePlace])
  }

  private static func hash(_ words: [UInt64], after hash: UInt64) -> UInt64 {
    var hash = FieldHash(continuing: hash)
    for word in words { hash.mix(word) }
    return hash.hash
  }

  private static func isSound(_ decoder: borrowing FieldDecoder) -> Bool {
    !decoder.overflowed && !decoder.failed && decoder.isSpent
  }

  /// Longer than any list of a core.
  private static var longest: UInt64 { 4_096 }

  private static func walk(
    _ parts: [RecordedLayout.Part], _ decoder: inout FieldDecoder, _ found: inout NamedWords
  ) {
    found.counts.removeAll(keepingCapacity: true)
    for part in parts {
      switch part {
      case .field(let field): take(field, &decoder)
      case .element(_, let index, let fields): take(fields, index, &decoder)
      case .list(_, let fields):
        let count = decoder.words.last ?? 0
        if count > longest { decoder.reject() }
        found.counts.append(Int(min(count, longest)))
        for index in 0..<Int(min(count, longest)) { take(fields, index, &decoder) }
      }
    }
    found.words = decoder.words
  }

  private static func take(
    _ fields: [NamedField], _ index: Int, _ decoder: inout FieldDecoder
  ) {
    decoder.open("", index: index)
    for field in fields { take(field, &decoder) }
    decoder.close()
  }

  private static func take(_ field: NamedField, _ decoder: inout FieldDecoder) {
    switch field.kind {
    case .double:
      var value = 0.0
      decoder.visit("", &value)
    case .int64:
      var value: Int64 = 0
      decoder.visit("", &value)
    case .uint64:
      var value: UInt64 = 0
      decoder.visit("", &value)
    }
  }
}
