/// A number of the file: whole ones are kept exactly.
struct DBCNumber: Equatable, Sendable {
  var real: Double
  var integer: Int64?

  static let zero = DBCNumber(real: 0, integer: 0)

  init(real: Double, integer: Int64?) {
    self.real = real
    self.integer = integer
  }

  /// Nil for what is no finite number.
  init?(text: String) {
    guard let real = Double(text), real.isFinite else { return nil }
    self.real = real
    integer = Int64(text) ?? Int64(exactly: real)
  }

  /// `[0|0]` means that a signal has no limits.
  var isLiteralZero: Bool { integer == 0 }
}
