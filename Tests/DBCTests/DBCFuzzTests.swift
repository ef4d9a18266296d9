import DBC
import Foundation
import TestSupport
import Testing

@Suite struct DBCFuzzTests {
  /// The project's own files, and the conformance files where they are.
  private static let corpus: FuzzCorpus = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    let profiles =
      (try? FileManager.default.subpathsOfDirectory(atPath: root + "/hw-profiles")) ?? []
    let own = profiles.filter { $0.hasSuffix(".dbc") }.sorted().map { root + "/hw-profiles/" + $0 }
    let paths = own + ((try? conformanceFiles()) ?? [])
    let entries = paths.compactMap { FileManager.default.contents(atPath: $0).map { [UInt8]($0) } }
    return FuzzCorpus(
      entries.filter { $0.count < 16_000 },
      tokens: [
        "BO_ ", "SG_ ", "BU_:", "VAL_ ", "BA_DEF_ ", "BA_ ", "CM_ ", "SIG_GROUP_ ", "SG_MUL_VAL_ ",
        "SIG_VALTYPE_ ", "VAL_TABLE_ ", "EV_ ", "BO_TX_BU_ ", "BA_DEF_DEF_ ", "BA_REL_ ",
        " : 0|64@1+ ", " : 7|8@0- ", " m0", " M", " m0M", "(1,0)", "[0|0]", "@1+", "@0-", "|", ";",
        "\"", "0-0,5-7", "\n", "2147483648", "3221225472", "VERSION \"\"\n",
      ], longest: 20_000, depth: 6)
  }()

  @Test("DBC files: what is loaded decodes and encodes back the same, the rest is refused by line")
  func files() {
    let fuzz = Fuzz("DBC files", cases: 10_000, heapBase: 8 << 20)
    let failures = fuzz.run(Self.corpus) { bytes, random in
      let lenient = random.next(below: 2) == 0
      do throws(DBCError) {
        let database = try DBCDatabase(bytes: bytes, file: "fuzz.dbc", lenient: lenient)
        for index in database.messages.indices {
          if let broken = Self.differs(database, index, lenient, &random) {
            return .broken(broken)
          }
        }
        return .accepted
      } catch {
        let lines = bytes.count { $0 == 0x0A } + 1
        let isExplained =
          error.file == "fuzz.dbc" && (1...lines).contains(error.line) && error.column >= 0
          && !error.reason.isEmpty
        return isExplained ? .refused : .broken("unexplained: \(error)")
      }
    }
    #expect(failures == [])
  }

  /// Any payload decodes; where every value is a whole number it encodes to what it was.
  private static func differs(
    _ database: DBCDatabase, _ index: Int, _ lenient: Bool, _ random: inout RandomWords
  ) -> String? {
    let message = database.messages[index]
    let payload = (0..<message.length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    let values = decodeAll(database, index, payload)
    var quantities: [String: DBCQuantity] = [:]
    for (signal, value) in zip(message.signals, values) where value.state != .absent {
      guard value.state == .value, case .integer = signal.exact(value) else { return nil }
      quantities[signal.name] = signal.exact(value)
    }
    // Signals may share bits, or wait for a multiplexer in a circle, when a file is taken leniently.
    guard !lenient, !quantities.isEmpty else { return nil }
    do throws(DBCEncodeError) {
      let again = try message.encode(quantities, checkLimits: false)
      let second = decodeAll(database, index, again)
      for (a, b) in zip(values, second) where a.raw != b.raw || a.state != b.state {
        return "\(message.name): \(values) encode to \(second)"
      }
      return nil
    } catch {
      return "\(message.name): decoded values are refused: \(error)"
    }
  }
}
