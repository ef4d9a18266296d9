import Foundation
import Signals
import TestSupport
import Testing
import Units
import Vehicle
import WireCodec

@Suite struct FrameFuzzTests {
  /// The table of every profile of the project.
  static let tables: [(name: String, table: FrameTable)] = {
    let folder = repository + "/hw-profiles"
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    return names.compactMap { name in
      VehicleProfile.load(folder: folder + "/" + name, findings: Findings()).map {
        (name, $0.frames)
      }
    }
  }()

  /// A case is eight frames, so that counters run: 10^6 frames in all.
  @Test("frames: each value is the one that its bits say, found bit by bit, or has its reason")
  func frames() {
    #expect(Self.tables.count >= 2)
    let fuzz = Fuzz("frame decoder", cases: 125_000)
    let failures = fuzz.run { random in
      let (name, table) = Self.tables[Int(random.next(below: UInt64(Self.tables.count)))]
      var decoder = FrameDecoder()
      var store = SignalStore()
      var valid = 0
      for index in 0..<8 {
        var frame = Self.frame(table, &random)
        frame.receivedAt = Instant(nanoseconds: Int64(index) * 10_000_000)
        let row = decoder.decode(frame, table: table, into: &store)
        guard row == Self.row(of: frame, table) else {
          return .broken("\(name): row \(row) for \(frame)")
        }
        guard row >= 0 else { continue }
        if decoder.rows[row].validAt == frame.receivedAt { valid += 1 }
        if let broken = Self.differs(frame, table, row, decoder, store) {
          return .broken("\(name): row \(row): \(broken)")
        }
      }
      return valid == 8 ? .accepted : .refused
    }
    #expect(failures == [])
  }

  // MARK: - Frames

  static func frame(_ table: FrameTable, _ random: inout RandomWords) -> ReceivedFrame {
    var frame = ReceivedFrame()
    frame.identifier = UInt32(truncatingIfNeeded: random.next()) & 0x1FFF_FFFF
    frame.isExtended = random.next(below: 2) == 0
    frame.bus = UInt8(random.next(below: 5))
    frame.length = UInt8(random.next(below: 65))
    for i in 0..<8 { frame.words[i] = word(&random) }
    guard table.receiveCount > 0, random.next(below: 16) != 0 else { return frame }
    let row = table.receive[Int(random.next(below: UInt64(table.receiveCount)))]
    frame.identifier = row.identifier | frame.identifier & ~row.mask
    frame.isExtended = row.isExtended
    frame.bus = row.bus
    if random.next(below: 8) != 0 { frame.length = max(row.minimumLength, frame.length & 8) }
    guard random.next(below: 4) != 0 else { return frame }
    let counter = row.hasCounter ? row.counter.extract(frame.words) : 0
    row.check.seal(
      &frame.words, identifier: frame.identifier, length: frame.length, counter: counter)
    return frame
  }

  private static func word(_ random: inout RandomWords) -> UInt64 {
    switch random.next(below: 8) {
    case 0: 0
    case 1: .max
    // J1939's codes above the valid range.
    case 2: 0xFEFE_FEFE_FEFE_FEFE
    case 3: 0xFAFF_FAFF_FAFF_FAFF
    default: random.next()
    }
  }

  // MARK: - The same a second way

  private static func row(of frame: ReceivedFrame, _ table: FrameTable) -> Int {
    (0..<table.receiveCount).first {
      let row = table.receive[$0]
      return frame.identifier & row.mask == row.identifier && frame.bus == row.bus
        && frame.isExtended == row.isExtended
    } ?? -1
  }

  private static func differs(
    _ frame: ReceivedFrame, _ table: FrameTable, _ index: Int, _ decoder: FrameDecoder,
    _ store: SignalStore
  ) -> String? {
    let row = table.receive[index]
    let isAccepted = decoder.rows[index].validAt == frame.receivedAt
    if isAccepted, frame.length < row.minimumLength { return "a short frame is taken: \(frame)" }
    for position in row.firstField..<(row.firstField + row.fieldCount) {
      let field = table.fields[position]
      let sample = store[field.channel]
      guard sample.receivedAt == frame.receivedAt else { return "\(field.channel) is not told" }
      let state = isAccepted ? expected(field, frame) : sample.state
      guard sample.state == state else { return "\(field.channel) is \(sample), not \(state)" }
      guard state == .valid else { continue }
      guard isAccepted, sample.value == value(field, frame), sample.value.isFinite else {
        return "\(field.channel) is \(sample.value), not \(value(field, frame)), of \(frame)"
      }
    }
    return nil
  }

  private static func expected(_ field: SignalField, _ frame: ReceivedFrame) -> SignalState {
    let raw = bits(field.bits, frame)
    if raw >= field.notAvailableFrom { return .notAvailable }
    if raw >= field.errorFrom { return .errorIndicated }
    if !field.codes.isEmpty { return field.codes[raw] == nil ? .notAvailable : .valid }
    let value = value(field, frame)
    return value >= field.lowest && value <= field.highest ? .valid : .outOfRange
  }

  private static func value(_ field: SignalField, _ frame: ReceivedFrame) -> Double {
    let raw = bits(field.bits, frame)
    if !field.codes.isEmpty { return Double(field.codes[raw] ?? 0) }
    let length = UInt64(field.bits.length)
    let isNegative = field.bits.isSigned && raw >> (length - 1) & 1 == 1
    let magnitude = isNegative ? (length == 64 ? 0 &- raw : (1 << length) - raw) : raw
    return (isNegative ? -Double(magnitude) : Double(magnitude)) * field.scale + field.offset
  }

  /// Bit by bit, as a DBC numbers them.
  private static func bits(_ field: BitField, _ frame: ReceivedFrame) -> UInt64 {
    var raw: UInt64 = 0
    var bit = Int(field.start)
    for i in 0..<Int(field.length) {
      let value = bit < 512 ? frame.words[bit / 64] >> UInt64(bit % 64) & 1 : 0
      if field.isBigEndian {
        raw = raw << 1 | value
        bit = bit % 8 == 0 ? bit + 15 : bit - 1
      } else {
        raw |= value << UInt64(i)
        bit += 1
      }
    }
    return raw
  }
}
