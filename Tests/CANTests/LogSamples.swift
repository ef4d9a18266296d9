import CAN
import Foundation

/// Records with every kind of frame, on times that every format can tell.
enum LogSamples {
  static let start: Int64 = 1_436_509_052_250_000_000

  static func records(_ frames: [(CANFrame, CANDirection)]) -> [CANLogRecord] {
    frames.enumerated().map { index, item in
      CANLogRecord(
        nanoseconds: start + Int64(index) * 1_700_000 + Int64(index % 3) * 400_000,
        direction: item.1, frame: item.0)
    }
  }

  static let classic: [(CANFrame, CANDirection)] =
    (0...8).map { length in
      let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 9) }
      return (
        CANFrame(identifier: UInt32(0x7F8 - length), isExtended: false, bytes: bytes), .received
      )
    } + [
      (CANFrame(identifier: 0x1FFF_FFFF, isExtended: true, bytes: [255]), .transmitted),
      (CANFrame(identifier: 0x18FE_F100, isExtended: true, bytes: [1, 2, 3, 0xAB]), .received),
      (CANFrame(identifier: 0, isExtended: true), .received),
      (CANFrame(identifier: 0, isExtended: false, bytes: [0]), .transmitted),
    ]

  static let remote: [(CANFrame, CANDirection)] = [
    (.remote(identifier: 0x123, isExtended: false, length: 5), .received),
    (.remote(identifier: 0x1234_5678, isExtended: true, length: 0), .transmitted),
  ]

  static let flexible: [(CANFrame, CANDirection)] =
    [0, 3, 8, 12, 16, 20, 24, 32, 48, 64].enumerated().map { index, length in
      (
        .flexible(
          identifier: index % 2 == 0 ? 0x7FF : 0x1ABC_DEF0, isExtended: index % 2 == 1,
          bytes: (0..<length).map { UInt8(truncatingIfNeeded: $0 + 100) },
          bitRateSwitch: index % 3 != 0, errorStateIndicator: index % 4 == 1),
        index % 2 == 0 ? .received : .transmitted
      )
    }

  static let plainError: [(CANFrame, CANDirection)] = [
    (.error(classes: 0x80, bytes: [UInt8](repeating: 0, count: 8)), .unknown)
  ]
  /// A stuff error in the data field, while transmitting.
  static let codedError: [(CANFrame, CANDirection)] = [
    (.error(classes: 0x88, bytes: [0, 0, 0x84, 0x0A, 0, 0, 0, 0]), .unknown)
  ]
  static let countedError: [(CANFrame, CANDirection)] = [
    (.error(classes: 0x88, bytes: [0, 0, 0x01, 0x19, 0, 0, 8, 136]), .unknown)
  ]
  /// Error passive.
  static let controllerError: [(CANFrame, CANDirection)] = [
    (.error(classes: 4, bytes: [0, 0x30, 0, 0, 0, 0, 130, 0]), .unknown)
  ]
  static let longCode: [(CANFrame, CANDirection)] = {
    var frame = CANFrame(identifier: 0x55, isExtended: false, bytes: [UInt8](1...8))
    frame.rawLengthCode = 12
    return [(frame, .received)]
  }()

  static let all =
    classic + remote + flexible + plainError + codedError + countedError + controllerError
    + longCode
}

func readAll(
  _ bytes: [UInt8], name: String = "test.log", format: CANLogFormat? = nil
) throws -> (records: [CANLogRecord], reader: CANLogReader) {
  var reader = try CANLogReader(bytes: bytes, name: name, format: format)
  var records: [CANLogRecord] = []
  while let record = try reader.next() { records.append(record) }
  return (records, reader)
}

func readAll(_ text: String, format: CANLogFormat? = nil) throws -> [CANLogRecord] {
  try readAll([UInt8](text.utf8), format: format).records
}

/// Writes what the format can carry; returns the text, and the records written with what was lost.
func write(
  _ records: [CANLogRecord], _ format: CANLogFormat, interface: String = "can0"
) -> (bytes: [UInt8], kept: [(record: CANLogRecord, loss: CANLogLoss)]) {
  var writer = CANLogWriter(format: format)
  var kept: [(CANLogRecord, CANLogLoss)] = []
  for record in records {
    let loss = writer.append(record, interface: interface)
    if loss.isDisjoint(with: .serious) { kept.append((record, loss)) }
  }
  writer.finish()
  return (writer.bytes, kept)
}

/// A folder that lives as long as the test.
final class TemporaryFolder {
  let url: URL

  init() throws {
    url = FileManager.default.temporaryDirectory.appending(path: "tulpar-can-\(UUID())")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  func path(_ name: String) -> String { url.appending(path: name).path }

  func write(_ bytes: [UInt8], _ name: String) throws -> String {
    try Data(bytes).write(to: url.appending(path: name))
    return path(name)
  }

  func read(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: url.appending(path: name)))
  }
}
