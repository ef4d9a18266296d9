/// Good inputs of a parser and the ways to spoil them.
package struct FuzzCorpus {
  private let entries: [[UInt8]]
  private let tokens: [[UInt8]]
  private let longest: Int
  /// Mutations of one case, at most.
  private let depth: UInt64

  /// - Parameter tokens: words of the parser's language, beside numbers and bytes that hurt any.
  package init(
    _ entries: [[UInt8]], tokens: [String] = [], longest: Int = 4_096, depth: UInt64 = 4
  ) {
    self.entries = entries.isEmpty ? [[]] : entries
    self.tokens = tokens.map { Array($0.utf8) } + Self.numbers + Self.spoilers
    self.longest = longest
    self.depth = depth
  }

  package init(
    _ entries: [String], tokens: [String] = [], longest: Int = 4_096, depth: UInt64 = 4
  ) {
    self.init(entries.map { Array($0.utf8) }, tokens: tokens, longest: longest, depth: depth)
  }

  /// Boundaries of what programs count with, and texts that only look like numbers.
  package static let numbers: [[UInt8]] = [
    "0", "-0", "1", "-1", "+1", "00", "7", "8", "9", "15", "16", "63", "64", "65", "127", "128",
    "-128", "255", "256", "1784", "1785", "1786", "4095", "4096", "32767", "32768", "65535",
    "65536", "-32769", "2147483647", "2147483648", "-2147483649", "4294967295", "4294967296",
    "9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
    "-9223372036854775809", "18446744073709551615", "18446744073709551616", "1e308", "-1e308",
    "1e309", "1e-400", "4.9e-324", "0.1", ".5", "5.", "1e", "1e+", "0x10", "1_000", "nan", "NaN",
    "inf", "-inf", "Infinity", "99999999999999999999999999999999999999", "0.30000000000000004",
    "1.7976931348623157e308", "\u{0663}", "\u{FF11}", "90", "90.0000001", "-180.5", "360",
  ].map { Array($0.utf8) }

  /// Bytes that are no UTF-8, that end strings, or that change how the rest is read.
  private static let spoilers: [[UInt8]] = [
    [0], [0xFF], [0xC0, 0x80], [0xE2, 0x82], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80],
    [0xEF, 0xBB, 0xBF], [0x0A], [0x0D], [0x0D, 0x0A], [0x09], [0x1A], [0x7F], [0x22], [0x5C],
    [0x27], [0x20, 0x20], [0xC2, 0xA0], [0xE2, 0x80, 0xA8], [0x65, 0xCC, 0x81],
  ]

  /// An entry as it is, one time in eight, or changed a few times.
  package func mutated(_ random: inout RandomWords) -> [UInt8] {
    var bytes = entry(&random)
    guard random.next(below: 8) != 0 else { return bytes }
    for _ in 0...random.next(below: depth) { mutate(&bytes, &random) }
    if bytes.count > longest { bytes.removeLast(bytes.count - longest) }
    return bytes
  }

  private func entry(_ random: inout RandomWords) -> [UInt8] {
    entries[pick(entries.count, &random)]
  }

  private func pick(_ count: Int, _ random: inout RandomWords) -> Int {
    Int(random.next(below: UInt64(count)))
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout RandomWords) {
    guard !bytes.isEmpty else { return bytes = entry(&random) }
    let place = pick(bytes.count, &random)
    let length = min(1 + pick(random.next(below: 4) == 0 ? 200 : 8, &random), bytes.count - place)
    let stretch = place..<(place + length)
    switch random.next(below: 12) {
    case 0: bytes[place] ^= 1 << UInt8(random.next(below: 8))
    case 1: bytes[place] = UInt8(truncatingIfNeeded: random.next())
    case 2: bytes.remove(at: place)
    case 3: bytes.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
    case 4: bytes.removeSubrange(stretch)
    case 5: bytes.insert(contentsOf: Array(bytes[stretch]), at: place)
    case 6: bytes.insert(contentsOf: tokens[pick(tokens.count, &random)], at: place)
    case 7: replaceNumber(&bytes, from: place, &random)
    case 8: changeDigit(&bytes, from: place, &random)
    case 9: splice(&bytes, at: place, &random)
    case 10: repeatToken(&bytes, at: place, Array(bytes[stretch]), &random)
    default:
      if random.next(below: 4) == 0 {
        bytes.removeLast(bytes.count - place)
      } else {
        bytes.swapAt(place, pick(bytes.count, &random))
      }
    }
  }

  private func splice(_ bytes: inout [UInt8], at place: Int, _ random: inout RandomWords) {
    let other = entry(&random)
    let start = pick(other.count + 1, &random)
    if random.next(below: 2) == 0 {
      bytes.replaceSubrange(place..., with: other[start...])
    } else {
      let end = min(other.count, start + pick(64, &random))
      bytes.insert(contentsOf: other[start..<end], at: place)
    }
  }

  private func repeatToken(
    _ bytes: inout [UInt8], at place: Int, _ own: [UInt8], _ random: inout RandomWords
  ) {
    let token = random.next(below: 2) == 0 ? own : tokens[pick(tokens.count, &random)]
    let times = random.next(below: 8) == 0 ? 200 : 2 + pick(12, &random)
    let room = max(longest - bytes.count, 0) / max(token.count, 1)
    var inserted: [UInt8] = []
    for _ in 0..<min(times, room) { inserted += token }
    bytes.insert(contentsOf: inserted, at: place)
  }

  private func replaceNumber(
    _ bytes: inout [UInt8], from place: Int, _ random: inout RandomWords
  ) {
    guard let start = Self.digit(in: bytes, from: place) else { return }
    var end = start
    while end < bytes.count, Self.isNumeric(bytes[end]) { end += 1 }
    bytes.replaceSubrange(
      start..<end, with: Self.numbers[pick(Self.numbers.count, &random)])
  }

  private func changeDigit(
    _ bytes: inout [UInt8], from place: Int, _ random: inout RandomWords
  ) {
    guard let digit = Self.digit(in: bytes, from: place) else { return }
    bytes[digit] = 0x30 + UInt8(random.next(below: 10))
  }

  private static func digit(in bytes: [UInt8], from place: Int) -> Int? {
    var index = place
    let end = min(bytes.count, place + 200)
    while index < end {
      if (0x30...0x39).contains(bytes[index]) { return index }
      index += 1
    }
    return nil
  }

  private static func isNumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "-"): true
    default: false
    }
  }
}
