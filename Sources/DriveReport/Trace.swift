import Foundation

/// One quantity over the cycles of a drive, as a page carries it: whole numbers of steps, predicted
/// from those before, what is left of the prediction in variable length.
///
/// Tokens: 0 and a count: as predicted, so many times more; 1 and a count: missing, so many more;
/// from 2 on: the error of the prediction, its sign in the lowest bit. Order 1 predicts the number
/// before, order 2 the line through the two before; a missing number leaves them as they are.
struct Trace: Encodable {
  let step: Double
  let order: Int
  let count: Int
  let data: String

  init(_ values: [Double], step: Double) {
    let rounded = values.map { value in
      // Beyond 2^52 steps a page could not tell them apart either.
      let steps = (value / step).rounded()
      return steps.magnitude < 4_503_599_627_370_496 ? Int64(steps) : nil
    }
    let first = Self.encoded(rounded, order: 1)
    let second = Self.encoded(rounded, order: 2)
    self.step = step
    order = first.count <= second.count ? 1 : 2
    count = values.count
    data = Data(order == 1 ? first : second).base64EncodedString()
  }

  private static func encoded(_ steps: [Int64?], order: Int64) -> [UInt8] {
    var bytes: [UInt8] = []
    var (last, before) = (Int64(0), Int64(0))
    var run: (token: UInt64, count: UInt64)?
    func flush() {
      guard let ended = run else { return }
      put(ended.token, into: &bytes)
      put(ended.count, into: &bytes)
      run = nil
    }
    for step in steps {
      let predicted = order == 1 ? last : 2 * last - before
      let token: UInt64
      if let step {
        let error = step - predicted
        token = error == 0 ? 0 : UInt64(bitPattern: error << 1 ^ error >> 63) + 2
        (before, last) = (last, step)
      } else {
        token = 1
      }
      if token > 1 {
        flush()
        put(token, into: &bytes)
      } else if let current = run, current.token == token {
        run = (token, current.count + 1)
      } else {
        flush()
        run = (token, 0)
      }
    }
    flush()
    return bytes
  }

  /// Seven bits a byte, the lowest first; the highest bit says that more follow.
  private static func put(_ number: UInt64, into bytes: inout [UInt8]) {
    var rest = number
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
