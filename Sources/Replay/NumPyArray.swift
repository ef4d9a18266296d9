/// A numpy array of doubles as `.npy` files hold it (NEP 1): format 1.0 or 2.0, little-endian, in
/// rows or in columns.
package struct NumPyArray: Sendable {
  /// One or two entries.
  package let shape: [Int]
  /// Row by row.
  package let values: [Double]

  package var rows: Int { shape[0] }
  package var columns: Int { shape.count > 1 ? shape[1] : 1 }

  package subscript(_ row: Int, _ column: Int = 0) -> Double { values[row * columns + column] }

  private static var magic: [UInt8] { [0x93] + Array("NUMPY".utf8) }

  package init(_ bytes: [UInt8], name: String) throws(ReplayRefused) {
    guard bytes.starts(with: Self.magic), bytes.count >= 12 else {
      throw ReplayRefused("\(name): offset 0: no numpy array; one begins with \\x93NUMPY")
    }
    let version = bytes[6]
    guard version == 1 || version == 2 else {
      throw ReplayRefused("\(name): offset 6: format \(version), allowed: 1, 2")
    }
    let width = version == 1 ? 2 : 4
    let length = (0..<width).reduce(0) { $0 | Int(bytes[8 + $1]) << (8 * $1) }
    let begin = 8 + width
    guard length <= bytes.count - begin else {
      throw ReplayRefused(
        "\(name): offset 8: a header of \(length) bytes in a file of \(bytes.count)")
    }
    let header = String(decoding: bytes[begin..<begin + length], as: UTF8.self)
    func refuse(_ field: String, _ allowed: String) -> ReplayRefused {
      ReplayRefused("\(name): offset \(begin): \(field) in \(header), allowed: \(allowed)")
    }
    guard header.contains("'descr': '<f8'") else { throw refuse("descr", "'<f8'") }
    let isByColumn = header.contains("'fortran_order': True")
    guard isByColumn || header.contains("'fortran_order': False") else {
      throw refuse("fortran_order", "False, True")
    }
    guard let shape = Self.shape(header) else {
      throw refuse("shape", "(rows,) or (rows, columns)")
    }
    let (count, overflows) = shape.reduce((1, false)) {
      let (product, overflow) = $0.0.multipliedReportingOverflow(by: $1)
      return (product, $0.1 || overflow)
    }
    let data = bytes.count - begin - length
    guard !overflows, data % 8 == 0, count == data / 8 else {
      throw ReplayRefused("\(name): offset \(begin + length): \(data) bytes for shape \(shape)")
    }
    self.shape = shape
    var values: [Double] = []
    values.reserveCapacity(count)
    let columns = shape.count > 1 ? shape[1] : 1
    for i in 0..<count {
      let place = isByColumn ? i % columns * shape[0] + i / columns : i
      let at = begin + length + 8 * place
      values.append(
        Double(
          bitPattern: (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) }))
    }
    self.values = values
  }

  private static func shape(_ header: String) -> [Int]? {
    guard let key = header.range(of: "'shape': ("),
      let end = header[key.upperBound...].firstIndex(of: ")")
    else { return nil }
    var shape: [Int] = []
    for part in header[key.upperBound..<end].split(separator: ",") {
      let digits = part.drop { $0 == " " }
      guard let count = Int(digits), count >= 0 else { return nil }
      shape.append(count)
    }
    return (1...2).contains(shape.count) ? shape : nil
  }
}

extension String {
  /// Of the first occurrence; the standard library has none without Foundation.
  fileprivate func range(of text: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
