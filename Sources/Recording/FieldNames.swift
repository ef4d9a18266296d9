import Signals

/// Every field of a value as one word, NaN canonical, in the order of `visit`.
package struct FieldWords: FieldVisitor {
  package private(set) var words: [UInt64] = []

  package init() {}

  package mutating func removeAll() { words.removeAll(keepingCapacity: true) }

  package mutating func visit(_ name: StaticString, _ value: inout Double) {
    words.append(value.isNaN ? Double.nan.bitPattern : value.bitPattern)
  }
  package mutating func visit(_ name: StaticString, _ value: inout Int64) {
    words.append(UInt64(bitPattern: value))
  }
  package mutating func visit(_ name: StaticString, _ value: inout UInt64) { words.append(value) }
  package mutating func open(_ name: StaticString, index: Int) {}
  package mutating func close() {}
  package mutating func reject() {}
}

/// The path and kind of every field, as "command.curvature double".
package struct FieldNames: FieldVisitor {
  package private(set) var names: [String] = []
  private var path: [String] = []

  package init() {}

  package mutating func visit(_ name: StaticString, _ value: inout Double) { add(name, "double") }
  package mutating func visit(_ name: StaticString, _ value: inout Int64) { add(name, "int64") }
  package mutating func visit(_ name: StaticString, _ value: inout UInt64) { add(name, "uint64") }
  package mutating func open(_ name: StaticString, index: Int) {
    path.append(index < 0 ? "\(name)" : "\(name)[\(index)]")
  }
  package mutating func close() { _ = path.popLast() }
  package mutating func reject() {}

  private mutating func add(_ name: StaticString, _ kind: String) {
    names.append((path + ["\(name)"]).joined(separator: ".") + " " + kind)
  }
}

/// The order in which a cycle's fields are written, which a reader must share.
package enum CycleLayout {
  /// Of a cycle with one element in each list.
  package static let text: String = {
    var inputs = Inputs()
    inputs.frames.append(ReceivedFrame())
    inputs.append(GNSSReport())
    inputs.append(Fact())
    var outputs = Outputs()
    outputs.causes.found(Cause(), mayForget: true)
    var inputNames = FieldNames()
    inputs.visit(&inputNames)
    var outputNames = FieldNames()
    outputs.visit(&outputNames)
    return introduction + "\ninputs:\n" + inputNames.names.joined(separator: "\n")
      + "\n\noutputs:\n" + outputNames.names.joined(separator: "\n") + "\n"
  }()

  package static let hash = SHA256.hex(of: Array(text.utf8))

  private static let introduction = """
    One 10 ms cycle of Tulpar's core. Numbers are little-endian.
      uint8   bit 0: the cycle can be read alone, not against the cycle before; bit 1: third hash
      uint64  hash over every input field since the drive began (Sources/Signals, FieldHash)
      uint64  hash over every output field since then
      uint64  with bit 1: hash over every signal as decoded after this cycle
      uint32  length of the inputs in bytes, then the inputs; the outputs are the rest
    Inputs and outputs are lists of changes, each two LEB128 numbers: how many fields stayed as they \
    were, then the change of the next one. Fields after the last change stayed as they were. A \
    change of a double is the exclusive or of its IEEE 754 bits with those before; of an integer it \
    is the difference d, written as (d << 1) ^ (d >> 63). In a cycle that can be read alone, what \
    was before is 0. A list of n elements has its count before it and n elements here where one is \
    shown. The first field of an element (name[0]) is written against 0; its other fields against \
    the last element of this list, in an earlier cycle, with the same first field and as many such \
    elements before it in its cycle. Times are nanoseconds of the monotonic clock; utcOffset \
    leads to UTC.
    """
}
