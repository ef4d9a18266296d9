/// What each field had in the cycle before: a cycle is written as what differs from it.
///
/// Encoder and decoder walk the same fields and keep the same history. Elements of lists whose
/// length varies are matched by their first word (the identifier of a frame) and by how many with
/// that word came before in the same cycle; the first word itself is compared with zero.
struct FieldHistory {
  private struct Place: Hashable {
    var parent: Int
    var position: Int
    var first: UInt64
    var occurrence: Int
  }

  private struct Scope {
    /// Whose words are at stake; -1 until the first word of an element is known.
    var region = 0
    var position = 0
    var parent = 0
    var parentPosition = 0
    /// A member that has no words of its own, only those of the value around it.
    var isShared = false
  }

  private var regions: [[UInt64]] = [[]]
  private var places: [Place: Int] = [:]
  private var seen: [Place: Int] = [:]
  private var scope = Scope()
  private var outer: [Scope] = []

  /// Forgets everything: what follows can be read without what came before.
  mutating func forget() { self = FieldHistory() }

  mutating func beginCycle() {
    scope = Scope()
    outer.removeAll(keepingCapacity: true)
    seen.removeAll(keepingCapacity: true)
  }

  mutating func open(index: Int) {
    outer.append(scope)
    if index < 0 {
      scope.isShared = true
    } else {
      scope = Scope(
        region: -1, position: 0, parent: scope.region, parentPosition: scope.position)
    }
  }

  mutating func close() {
    guard let around = outer.popLast() else { return }
    if scope.isShared {
      scope.isShared = around.isShared
    } else {
      scope = around
    }
  }

  /// What the next field had before.
  var reference: UInt64 {
    guard scope.region >= 0, scope.position < regions[scope.region].count else { return 0 }
    return regions[scope.region][scope.position]
  }

  mutating func take(_ word: UInt64) {
    guard scope.region >= 0 else { return begin(elementWith: word) }
    if scope.position < regions[scope.region].count {
      regions[scope.region][scope.position] = word
    } else {
      regions[scope.region].append(word)
    }
    scope.position += 1
  }

  private mutating func begin(elementWith first: UInt64) {
    var place = Place(
      parent: scope.parent, position: scope.parentPosition, first: first, occurrence: 0)
    place.occurrence = seen[place, default: 0]
    seen[
      Place(parent: place.parent, position: place.position, first: first, occurrence: 0),
      default: 0] += 1
    if let known = places[place] {
      scope.region = known
    } else {
      scope.region = regions.count
      places[place] = regions.count
      regions.append([])
    }
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
func takeVariable(_ bytes: inout ArraySlice<UInt8>) -> UInt64? {
  var number: UInt64 = 0
  for shift in stride(from: UInt64(0), through: 63, by: 7) {
    guard let byte = bytes.popFirst() else { return nil }
    guard shift < 63 || byte <= 1 else { return nil }
    number |= UInt64(byte & 0x7F) << shift
    if byte < 0x80 { return number }
  }
  return nil
}
