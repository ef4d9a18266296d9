import CAN
import DBC
import Foundation
import TestSupport

func load(_ path: String, lenient: Bool = false) throws -> DBCDatabase {
  let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
  return try DBCDatabase(
    bytes: bytes, file: URL(filePath: path).lastPathComponent, lenient: lenient)
}

/// A file written in a test: the shortest head and these lines.
func parse(
  _ lines: String, lenient: Bool = false, file: String = "test.dbc"
) throws(DBCError) -> DBCDatabase {
  try DBCDatabase(
    bytes: [UInt8](("VERSION \"\"\nBU_: A B\n" + lines).utf8), file: file, lenient: lenient)
}

func conformanceFiles() throws -> [String] {
  let folder = sharedData("data/cantools-dbc") ?? ""
  return try FileManager.default.contentsOfDirectory(atPath: folder)
    .filter { $0.hasSuffix(".dbc") }.sorted().map { folder + "/" + $0 }
}

/// Every signal of one payload, in the order of the message's signals.
func decodeAll(_ database: DBCDatabase, _ message: Int, _ payload: [UInt8]) -> [DBCValue] {
  var words = [UInt64](repeating: 0, count: max(8, (payload.count + 7) / 8))
  for (index, byte) in payload.enumerated() {
    words[index / 8] |= UInt64(byte) << UInt64(index % 8 * 8)
  }
  let count = database.messages[message].signals.count
  var values = [DBCValue](repeating: .absent, count: count)
  var span = values.mutableSpan
  _ = database.codec.decode(message, words.span, into: &span)
  return values
}
