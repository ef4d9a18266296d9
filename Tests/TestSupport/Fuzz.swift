import CFuzzCase
import CHeapFence
import Foundation

/// What a parser made of a case.
package enum FuzzVerdict {
  /// Taken, and what was promised of it held.
  case accepted
  /// Refused, with a reason that names where and what.
  case refused
  /// A promise was broken.
  case broken(String)
}

/// Seeded cases for one parser: none may trap, hang, allocate without bound or break a promise.
///
/// A failure prints the seed of its case. `TULPAR_FUZZ_CASE=0x...` with `swift test --filter` runs
/// that case alone; `TULPAR_FUZZ=10` runs ten times as many, `TULPAR_FUZZ_SEED=n` others. Debug
/// builds, and with them the sanitizers, run a fiftieth.
package struct Fuzz {
  private let name: StaticString
  private let count: Int
  /// Heap calls and bytes that a case may use, beside what each of its bytes may.
  private let heapBase: UInt64
  private let heapShare: UInt64
  private let isParser: Bool

  /// - Parameter isParser: whether some cases must be accepted and some refused.
  package init(
    _ name: StaticString, cases: Int, heapBase: UInt64 = 1 << 20, heapShare: UInt64 = 1 << 10,
    isParser: Bool = true
  ) {
    self.name = name
    self.isParser = isParser
    self.heapBase = heapBase
    self.heapShare = heapShare
    let wanted = Double(cases) * FuzzSettings.factor
    count = max(Int(wanted.rounded()), 1)
  }

  /// Runs the cases of a corpus; what went wrong, empty when nothing did.
  package func run(
    _ corpus: FuzzCorpus, _ check: (_ bytes: [UInt8], _ random: inout RandomWords) -> FuzzVerdict
  ) -> [String] {
    var bytes: [UInt8] = []
    return run(describe: { Self.quoted(bytes) }) { random in
      bytes = corpus.mutated(&random)
      let before = (heap_fence_calls(), heap_fence_bytes())
      let verdict = check(bytes, &random)
      let calls = heap_fence_calls() &- before.0
      let size = heap_fence_bytes() &- before.1
      let limit = heapBase + heapShare * UInt64(bytes.count)
      guard calls <= limit, size <= limit else {
        return .broken("\(calls) heap calls for \(size) bytes; \(limit) of either are allowed")
      }
      return verdict
    }
  }

  /// Runs cases that make their own input from random numbers.
  package func run(_ check: (inout RandomWords) -> FuzzVerdict) -> [String] {
    run(describe: { "" }, check)
  }

  private func run(
    describe: () -> String, _ check: (inout RandomWords) -> FuzzVerdict
  ) -> [String] {
    unsafe _ = fuzz_test_begin(UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self))
    defer { fuzz_test_end() }
    var failures: [String] = []
    var accepted = 0
    var refused = 0
    var seeds = RandomWords(seed: FuzzSettings.seed ^ nameHash)
    for _ in 0..<(FuzzSettings.singleCase == nil ? count : 1) {
      let seed = FuzzSettings.singleCase ?? seeds.next()
      fuzz_case_begin(seed)
      var random = RandomWords(seed: seed)
      switch check(&random) {
      case .accepted: accepted += 1
      case .refused: refused += 1
      case .broken(let reason):
        failures.append(
          "\(name): \(reason); this case alone: TULPAR_FUZZ_CASE=0x\(String(seed, radix: 16)) "
            + describe())
      }
      if failures.count >= 5 { return failures }
    }
    // Cases that all end at the first byte would test nothing.
    let least = isParser && FuzzSettings.singleCase == nil ? count / 200 : 0
    if accepted < least || refused < least {
      failures.append(
        "\(name): \(accepted) accepted and \(refused) refused, at least \(least) of each are due")
    }
    return failures
  }

  private var nameHash: UInt64 {
    "\(name)".utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  package static func quoted(_ bytes: [UInt8]) -> String {
    var text = "\""
    for byte in bytes.prefix(600) {
      switch byte {
      case 0x20...0x7E where byte != 0x22 && byte != 0x5C:
        text.unicodeScalars.append(Unicode.Scalar(byte))
      default: text += "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }
    }
    return text + (bytes.count > 600 ? "\"... (\(bytes.count) bytes)" : "\"")
  }
}

private enum FuzzSettings {
  private static let environment = ProcessInfo.processInfo.environment

  static let factor: Double = {
    let asked = environment["TULPAR_FUZZ"].flatMap { Double($0) } ?? 1
    #if DEBUG
      return asked / 50
    #else
      return asked
    #endif
  }()

  static let seed: UInt64 = environment["TULPAR_FUZZ_SEED"].flatMap { UInt64($0) } ?? 0

  static let singleCase: UInt64? = environment["TULPAR_FUZZ_CASE"].flatMap {
    $0.hasPrefix("0x") ? UInt64($0.dropFirst(2), radix: 16) : UInt64($0)
  }
}
