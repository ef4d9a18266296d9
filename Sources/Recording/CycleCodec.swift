import Signals

/// Writes the fields of a value as what changed: how many stayed the same, then one change, and so
/// on; what remains after the last change stayed the same.
struct FieldEncoder: FieldVisitor {
  private(set) var bytes: [UInt8] = []
  /// As of a walk by itself, of which there is none: each costs as much as the encoding.
  private(set) var hash: FieldHash
  private var history = FieldHistory()
  private var unchanged: UInt64 = 0

  init(continuing hash: UInt64) { self.hash = FieldHash(continuing: hash) }

  /// Whether the next cycle must be one that can be read alone.
  var isNearlyFull: Bool { history.isNearlyFull }

  mutating func beginCycle(isWhole: Bool) {
    bytes.removeAll(keepingCapacity: true)
    unchanged = 0
    if isWhole { history.forget() }
    history.beginCycle()
  }

  mutating func visit(_ name: StaticString, _ value: inout Double) {
    let word = value.bitPattern
    hash.mix(value.isNaN ? Double.nan.bitPattern : word)
    put(word, change: word ^ history.reference)
  }
  mutating func visit(_ name: StaticString, _ value: inout Int64) { put(UInt64(bitPattern: value)) }
  mutating func visit(_ name: StaticString, _ value: inout UInt64) { put(value) }
  mutating func open(_ name: StaticString, index: Int) { history.open(index: index) }
  mutating func close() { history.close() }
  mutating func reject() {}

  /// Whole numbers as their difference, its sign in the lowest bit.
  private mutating func put(_ word: UInt64) {
    hash.mix(word)
    let difference = Int64(bitPattern: word &- history.reference)
    put(word, change: UInt64(bitPattern: difference << 1 ^ difference >> 63))
  }

  private mutating func put(_ word: UInt64, change: UInt64) {
    history.take(word)
    guard change != 0 else { return unchanged += 1 }
    putVariable(unchanged, into: &bytes)
    putVariable(change, into: &bytes)
    unchanged = 0
  }
}

/// Reads back what `FieldEncoder` wrote.
struct FieldDecoder: FieldVisitor {
  /// What is found out about the words beside the values themselves.
  enum Purpose { case hash, words }

  /// Whether a change was cut off or gave a value that its field cannot take.
  private(set) var failed = false
  private(set) var hash: FieldHash
  /// Of the cycle in hand, NaN canonical.
  fileprivate(set) var words: [UInt64] = []
  private let purpose: Purpose
  private var history = FieldHistory()
  /// Of the cycle in hand, as written, and how far they were read.
  private var changes: ArraySlice<UInt8> = []
  private var position = 0
  /// Fields before the next change; endless after the last.
  private var unchanged: UInt64 = .max
  private var isChangeDue = false

  init(for purpose: Purpose, continuing hash: UInt64 = FieldHash().hash) {
    self.purpose = purpose
    self.hash = FieldHash(continuing: hash)
  }

  mutating func beginCycle(_ bytes: ArraySlice<UInt8>, isWhole: Bool) {
    failed = false
    changes = bytes
    position = 0
    countUnchanged()
    words.removeAll(keepingCapacity: true)
    if isWhole { history.forget() }
    history.beginCycle()
  }

  /// Whether every change was used.
  var isSpent: Bool { !isChangeDue && position == changes.count }
  /// Whether there were more elements than can be kept.
  var overflowed: Bool { history.overflowed }

  mutating func visit(_ name: StaticString, _ value: inout Double) {
    let word: UInt64
    if unchanged > 0 {
      unchanged -= 1
      word = history.keep()
    } else {
      word = history.reference ^ takeChange()
      history.take(word)
    }
    value = Double(bitPattern: word)
    note(value.isNaN ? Double.nan.bitPattern : word)
  }
  mutating func visit(_ name: StaticString, _ value: inout Int64) {
    value = Int64(bitPattern: number())
  }
  mutating func visit(_ name: StaticString, _ value: inout UInt64) { value = number() }
  mutating func open(_ name: StaticString, index: Int) { history.open(index: index) }
  mutating func close() { history.close() }
  mutating func reject() { failed = true }

  private mutating func number() -> UInt64 {
    let word: UInt64
    if unchanged > 0 {
      unchanged -= 1
      word = history.keep()
    } else {
      let coded = takeChange()
      word = history.reference &+ (coded >> 1 ^ (0 &- (coded & 1)))
      history.take(word)
    }
    note(word)
    return word
  }

  private mutating func note(_ word: UInt64) {
    switch purpose {
    case .hash: hash.mix(word)
    case .words: words.append(word)
    }
  }

  /// The change that is due, and how many fields stay as they were after it.
  private mutating func takeChange() -> UInt64 {
    var place = position
    let change = takeVariable(changes.span, &place)
    position = place
    guard let change else {
      fail()
      return 0
    }
    countUnchanged()
    return change
  }

  private mutating func countUnchanged() {
    var place = position
    isChangeDue = false
    guard place < changes.count else { return unchanged = .max }
    let first = changes.span[place]
    if first < 0x80 {
      position = place + 1
      unchanged = UInt64(first)
    } else {
      let count = takeVariable(changes.span, &place)
      position = place
      guard let count else { return fail() }
      unchanged = count
    }
    isChangeDue = true
  }

  /// What follows a number that is cut off, or has more than 64 bits, means nothing.
  private mutating func fail() {
    failed = true
    isChangeDue = false
    unchanged = .max
  }
}

/// One cycle of a drive: what the core consumed and what it decided.
package struct RecordedCycle: Sendable {
  package var inputs = Inputs()
  package var outputs = Outputs()
  /// `Controller.decodedHash` after the cycle; nil where it is not recorded.
  package var decodedHash: UInt64?
  /// `FieldHash` over every field since the drive began.
  package var inputHash: UInt64 = 0
  package var outputHash: UInt64 = 0
  /// The hash of the inputs that were read; only a reader sets this and the next.
  package internal(set) var foundInputHash: UInt64 = 0
  /// Every field of the outputs, NaN canonical.
  package internal(set) var outputWords: [UInt64] = []
  /// Where it stands in the file.
  package var offset: UInt64 = 0

  package init() {}
}

/// Makes the messages of the channel `tulpar.cycle`.
struct CycleEncoder {
  private var inputFields: FieldEncoder
  private var outputFields: FieldEncoder
  private var buffer = RecordBuffer()

  /// - Parameter hashes: over all cycles of the drive that are recorded elsewhere.
  init(continuing hashes: DriveHashes = DriveHashes()) {
    inputFields = FieldEncoder(continuing: hashes.inputs)
    outputFields = FieldEncoder(continuing: hashes.outputs)
  }

  var bytes: [UInt8] { buffer.bytes }

  var hashes: DriveHashes {
    var hashes = DriveHashes()
    hashes.inputs = inputFields.hash.hash
    hashes.outputs = outputFields.hash.hash
    return hashes
  }

  /// - Parameters:
  ///   - decodedHash: of the signals after the cycle, where the host tells it.
  ///   - isWhole: whether it must be readable without the cycle before.
  mutating func encode(
    _ inputs: inout Inputs, _ outputs: inout Outputs, decodedHash: UInt64? = nil, isWhole: Bool
  ) {
    let isWhole = isWhole || inputFields.isNearlyFull || outputFields.isNearlyFull
    inputFields.beginCycle(isWhole: isWhole)
    inputs.visit(&inputFields)
    outputFields.beginCycle(isWhole: isWhole)
    outputs.visit(&outputFields)
    buffer.removeAll()
    buffer.put(UInt8((isWhole ? 1 : 0) | (decodedHash == nil ? 0 : 2)))
    buffer.put(inputFields.hash.hash)
    buffer.put(outputFields.hash.hash)
    if let decodedHash { buffer.put(decodedHash) }
    buffer.put(UInt32(inputFields.bytes.count))
    buffer.put(raw: inputFields.bytes)
    buffer.put(raw: outputFields.bytes)
  }
}

/// A message of the channel `tulpar.cycle`, its fields still as they are written.
struct CycleMessage {
  /// Whether it can be read without the cycle before.
  let isWhole: Bool
  /// Over every field up to this cycle's last.
  private(set) var hashes = DriveHashes()
  let decodedHash: UInt64?
  let inputs: ArraySlice<UInt8>
  let outputs: ArraySlice<UInt8>
  private let place: RecordPlace

  /// - Parameter isFirst: nothing was read that it could be a change of.
  init(
    _ message: MCAPMessage, of source: ByteSource, isFirst: Bool
  ) throws(RecordingError) {
    place = RecordPlace(
      source: source, offset: message.offset, kind: .message("cycle", message.sequence))
    var fields = RecordCursor(message.data, place)
    let kind: UInt8 = try fields.number("kind")
    guard kind <= 3 else { throw fields.error("kind is \(kind), allowed: 0 to 3") }
    isWhole = kind & 1 != 0
    guard isWhole || !isFirst else {
      throw fields.error("a change of a cycle that is not there")
    }
    hashes.inputs = try fields.number("input hash")
    hashes.outputs = try fields.number("output hash")
    decodedHash = kind & 2 != 0 ? try fields.number("hash of the signals") : nil
    inputs = try fields.counted("inputs", UInt32.self)
    outputs = fields.rest()
  }

  func error(_ problem: String) -> RecordingError { place.error(problem) }
}

/// Reads messages of the channel `tulpar.cycle`, in order and from a whole one on.
struct CycleDecoder {
  private var inputFields: FieldDecoder
  private var outputFields = FieldDecoder(for: .words)
  private(set) var hasBegun = false

  init(continuing hashes: DriveHashes = DriveHashes()) {
    inputFields = FieldDecoder(for: .hash, continuing: hashes.inputs)
  }

  mutating func decode(
    _ message: MCAPMessage, of source: ByteSource, into cycle: inout RecordedCycle
  ) throws(RecordingError) {
    let fields = try CycleMessage(message, of: source, isFirst: !hasBegun)
    hasBegun = true
    cycle.offset = message.offset
    cycle.inputHash = fields.hashes.inputs
    cycle.outputHash = fields.hashes.outputs
    cycle.decodedHash = fields.decodedHash
    inputFields.beginCycle(fields.inputs, isWhole: fields.isWhole)
    cycle.inputs.visit(&inputFields)
    outputFields.beginCycle(fields.outputs, isWhole: fields.isWhole)
    cycle.outputs.visit(&outputFields)
    guard !inputFields.overflowed, !outputFields.overflowed else {
      throw fields.error(
        "more than \(FieldHistory.limit) different elements since a cycle that can be read alone")
    }
    guard !inputFields.failed, inputFields.isSpent else {
      throw fields.error("the inputs are no words of this layout")
    }
    guard !outputFields.failed, outputFields.isSpent else {
      throw fields.error("the outputs are no words of this layout")
    }
    cycle.foundInputHash = inputFields.hash.hash
    swap(&cycle.outputWords, &outputFields.words)
  }
}
