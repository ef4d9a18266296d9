/// What each field had in the cycle before: a cycle is written as what differs from it.
///
/// Encoder and decoder walk the same fields and keep the same history. Elements of lists whose
/// length varies are matched by their first word (the identifier of a frame) and by how many with
/// that word came before in the same cycle; the first word itself is compared with zero.
struct FieldHistory {
  /// A list within a value, and the first word of one of its elements.
  private struct Place: Hashable {
    var parent: Int
    var position: Int
    var first: UInt64

    /// Some bits of it, well mixed.
    var slot: Int {
      let word = first ^ UInt64(truncatingIfNeeded: parent) << 40
      let mixed = (word ^ UInt64(truncatingIfNeeded: position) << 52) &* 0x9E37_79B9_7F4A_7C15
      return Int(truncatingIfNeeded: mixed >> 56)
    }
  }

  /// Where the words of one value stand; those that were never met are 0.
  private struct Region {
    var start: Int
    var end: Int
    /// That of the next element with the same place; -1 for none yet.
    var next = -1
  }

  /// The elements of one place.
  private struct Elements {
    let place: Place
    let first: Int
    var latest: Int
    /// The cycle in which `latest` was met.
    var cycle: UInt64
  }

  private struct Scope {
    /// Whose words are at stake; -1 until the first word of an element is known.
    var region = -1
    var start = 0
    var end = 0
    var position = 0
    var parent = 0
    var parentPosition = 0
    /// Open members that have no words of their own, only those of the value around them.
    var shared = 0
  }

  /// Different elements between two cycles that can be read alone; half a second of a full bus has
  /// some thousand.
  static var limit: Int { 1 << 18 }
  /// Lists within lists; a cycle has none within another.
  private static var deepest: Int { 4 }

  private var words: [UInt64] = []
  private var regions: [Region] = []
  private var places: [Place: Int] = [:]
  private var elements: [Elements] = []
  /// Of each slot, the element met last, -1 for none: the frames of a bus come again and again, and
  /// a Dictionary's hash costs as much as all their fields.
  private var recent = [Int](repeating: -1, count: 256)
  private var cycle: UInt64 = 0
  private var scope = Scope()
  private var outer = InlineArray<4, Scope>(repeating: Scope())
  private var depth = 0
  /// Whether there were more elements than may be kept, so that nothing here is right any more.
  private(set) var overflowed = false

  init() { forget() }

  /// Whether the next cycle might overflow; a cycle has fewer elements than this leaves.
  var isNearlyFull: Bool { regions.count > Self.limit - (1 << 12) }

  /// Forgets everything: what follows can be read without what came before.
  mutating func forget() {
    words.removeAll(keepingCapacity: true)
    regions.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
    elements.removeAll(keepingCapacity: true)
    for slot in recent.indices { recent[slot] = -1 }
    overflowed = false
    _ = makeRegion(words: 1_024)
  }

  mutating func beginCycle() {
    cycle &+= 1
    scope = Scope()
    enter(0)
    depth = 0
  }

  mutating func open(index: Int) {
    if index < 0 {
      scope.shared += 1
    } else {
      precondition(depth < Self.deepest, "a value has lists within lists within lists")
      outer[depth] = scope
      depth += 1
      scope = Scope(parent: scope.region, parentPosition: scope.position - scope.start)
    }
  }

  mutating func close() {
    if scope.shared > 0 {
      scope.shared -= 1
    } else if depth > 0 {
      depth -= 1
      scope = outer[depth]
    }
  }

  /// What the next field had before.
  var reference: UInt64 { scope.position < scope.end ? words[scope.position] : 0 }

  /// Takes the next field as it was before; answers what that is.
  mutating func keep() -> UInt64 {
    guard scope.position < scope.end else {
      take(0)
      return 0
    }
    let word = words[scope.position]
    scope.position += 1
    return word
  }

  mutating func take(_ word: UInt64) {
    if scope.position == scope.end {
      guard scope.region >= 0 else { return begin(elementWith: word) }
      grow()
    }
    // Most stay as they were, and a write asks first whether it must copy.
    if words[scope.position] != word { words[scope.position] = word }
    scope.position += 1
  }

  private mutating func begin(elementWith first: UInt64) {
    let place = Place(parent: scope.parent, position: scope.parentPosition, first: first)
    guard let known = find(place) else {
      let region = makeRegion(words: 16)
      places[place] = elements.count
      recent[place.slot] = elements.count
      elements.append(Elements(place: place, first: region, latest: region, cycle: cycle))
      return enter(region)
    }
    let latest = elements[known].latest
    var region = elements[known].first
    if elements[known].cycle == cycle {
      region = regions[latest].next
      if region < 0 {
        region = makeRegion(words: 16)
        regions[latest].next = region
      }
    }
    elements[known].latest = region
    elements[known].cycle = cycle
    enter(region)
  }

  private mutating func find(_ place: Place) -> Int? {
    let guess = recent[place.slot]
    if guess >= 0, elements[guess].place == place { return guess }
    guard let known = places[place] else { return nil }
    recent[place.slot] = known
    return known
  }

  private mutating func enter(_ region: Int) {
    scope.region = region
    scope.start = regions[region].start
    scope.end = regions[region].end
    scope.position = scope.start
  }

  private mutating func makeRegion(words count: Int) -> Int {
    guard regions.count < Self.limit else {
      overflowed = true
      return 0
    }
    let start = words.count
    words.append(contentsOf: repeatElement(0, count: count))
    regions.append(Region(start: start, end: words.count))
    return regions.count - 1
  }

  /// A value with more fields than its region moves to a larger one.
  private mutating func grow() {
    let start = words.count
    let count = scope.end - scope.start
    for place in scope.start..<scope.end { words.append(words[place]) }
    words.append(contentsOf: repeatElement(0, count: count))
    scope.position += start - scope.start
    scope.start = start
    scope.end = words.count
    regions[scope.region].start = scope.start
    regions[scope.region].end = scope.end
  }
}

/// LEB128: seven bits a byte, the least significant first.
func putVariable(_ number: UInt64, into bytes: inout [UInt8]) {
  var rest = number
  while rest >= 0x80 {
    bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
    rest >>= 7
  }
  bytes.append(UInt8(truncatingIfNeeded: rest))
}

/// Nil at the end, and for more than 64 bits.
@inline(__always)
func takeVariable(_ bytes: Span<UInt8>, _ position: inout Int) -> UInt64? {
  guard position + 8 <= bytes.count else { return takeVariableByByte(bytes, &position) }
  // Safety: eight bytes are there.
  let loaded = unsafe bytes.bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
  let word = UInt64(littleEndian: loaded)
  let ends = ~word & 0x8080_8080_8080_8080
  guard ends != 0 else { return takeLongVariable(bytes, &position, low: joined(word)) }
  position += (ends.trailingZeroBitCount >> 3) + 1
  // To the end of the first byte without its highest bit.
  return joined((ends ^ (ends &- 1)) & word)
}

/// Seven bits of each byte, then fourteen of each two, then 28 of each four moved together.
@inline(__always)
private func joined(_ word: UInt64) -> UInt64 {
  let pairs = (word & 0x7F00_7F00_7F00_7F00) >> 1 | word & 0x007F_007F_007F_007F
  let fours = (pairs & 0x3FFF_0000_3FFF_0000) >> 2 | pairs & 0x0000_3FFF_0000_3FFF
  return (fours & 0x0FFF_FFFF_0000_0000) >> 4 | fours & 0x0000_0000_0FFF_FFFF
}

/// Nine or ten bytes, as a frame has whose last byte changes.
///
/// - Parameter low: the bits of the first eight.
private func takeLongVariable(
  _ bytes: Span<UInt8>, _ position: inout Int, low: UInt64
) -> UInt64? {
  guard position + 9 <= bytes.count else { return nil }
  let ninth = UInt64(bytes[position + 8])
  guard ninth >= 0x80 else {
    position += 9
    return low | ninth << 56
  }
  guard position + 10 <= bytes.count, bytes[position + 9] <= 1 else { return nil }
  let tenth = UInt64(bytes[position + 9])
  position += 10
  return low | (ninth & 0x7F) << 56 | tenth << 63
}

private func takeVariableByByte(_ bytes: Span<UInt8>, _ position: inout Int) -> UInt64? {
  var number: UInt64 = 0
  var shift: UInt64 = 0
  while position < bytes.count {
    let byte = bytes[position]
    position += 1
    guard shift < 63 || byte <= 1 else { return nil }
    number |= UInt64(byte & 0x7F) &<< shift
    if byte < 0x80 { return number }
    shift += 7
  }
  return nil
}
