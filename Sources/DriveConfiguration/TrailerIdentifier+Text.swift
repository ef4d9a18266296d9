import Signals

extension TrailerIdentifier {
  package static var allowed: String { "1 to \(capacity) letters, digits and -" }

  /// Nil unless `allowed`.
  package init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard (1...Self.capacity).contains(bytes.count), bytes.allSatisfy(Self.allows) else {
      return nil
    }
    self.init()
    for (index, byte) in bytes.enumerated() { self[index] = byte }
  }

  package var text: String {
    String(decoding: (0..<Self.capacity).map { self[$0] }.prefix { $0 != 0 }, as: UTF8.self)
  }
}
