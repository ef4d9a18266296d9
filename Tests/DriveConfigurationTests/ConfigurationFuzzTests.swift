import DriveConfiguration
import Signals
import TestSupport
import Testing

@Suite struct ConfigurationFuzzTests {
  private static let good = CompiledConfiguration().sample.encoded()

  @Test("a damaged configuration never passes its hash")
  func damage() {
    let corpus = FuzzCorpus([Self.good], longest: 2 * Self.good.count)
    let fuzz = Fuzz("damaged configurations", cases: 10_000, heapBase: 16 << 20)
    let failures = fuzz.run(corpus) { bytes, _ in
      guard (try? DriveConfiguration(decoding: bytes)) != nil else { return .refused }
      return bytes == Self.good ? .accepted : .broken("a damaged one is taken")
    }
    #expect(failures == [])
  }

  @Test("with its hash made right again, any words are refused or come back as they were")
  func hostile() {
    let fuzz = Fuzz("hostile configurations", cases: 10_000)
    let original = Self.words(of: Self.good)
    let failures = fuzz.run { random in
      var words = original
      for _ in 0...random.next(below: 3) { Self.mutate(&words, &random) }
      words[2] = UInt64(words.count - 4)
      var hash = FieldHash()
      for word in words[4...] { hash.mix(word) }
      words[3] = hash.hash
      let bytes = words.flatMap { word in
        (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
      }
      let size = heapBytes {
        _ = try? DriveConfiguration(decoding: bytes)
      }
      guard size < 64 * UInt64(bytes.count) else {
        return .broken("\(size) bytes of heap for a file of \(bytes.count)")
      }
      guard let read = try? DriveConfiguration(decoding: bytes) else { return .refused }
      return read.encoded() == bytes ? .accepted : .broken("it is not written as it was read")
    }
    #expect(failures == [])
  }

  private static func mutate(_ words: inout [UInt64], _ random: inout RandomWords) {
    let place = 4 + Int(random.next(below: UInt64(words.count - 4)))
    let special: [UInt64] = [
      0, 1, 2, .max, 1 << 63, 0x7FF0_0000_0000_0000, 0x7FF8_0000_0000_0001, 255, 256, 1 << 32,
      4_096, 1_024, 2_000_000,
    ]
    switch random.next(below: 6) {
    case 0: words[place] = random.next()
    case 1: words[place] = special[Int(random.next(below: UInt64(special.count)))]
    case 2: words[place] ^= 1 << random.next(below: 64)
    case 3: words[place] = words[place] &+ 1
    case 4: words.insert(words[place], at: place)
    default: words.removeSubrange(place..<min(words.count, place + 3))
    }
    if words.count < 6 { words += [0, 0] }
  }

  private static func words(of bytes: [UInt8]) -> [UInt64] {
    stride(from: 0, to: bytes.count, by: 8).map { start in
      (0..<8).reduce(0) { $0 | UInt64(bytes[start + $1]) << UInt64(8 * $1) }
    }
  }
}
