import ArgumentParser
import CAN
import DBC
import Foundation

struct DecodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode", abstract: "Decode a CAN log, one JSON object a frame.",
    discussion: """
      The log is of any format that "tulpar convert" reads; - reads standard input. A log with an \
      unreadable line is refused as a whole, with the line's number. J1939 messages match by parameter group, \
      others by identifier. Values that are not available or in error are null, with the reason in \
      "status"; frames of no message have "message" null and the reason in "why".
      """)

  @Option(name: .customLong("dbc"), help: "A DBC file; may be given several times.")
  var files: [String]
  @Flag(help: "Load DBC files with overlapping or misfit signals.") var lenient = false
  @Flag(name: .customLong("j1939"), help: "Treat every 29-bit message as a J1939 group.")
  var isJ1939 = false
  @Argument(help: "The log.") var log: String

  mutating func run() throws {
    var databases: [DBCDatabase] = []
    for file in files {
      databases.append(try loadDatabase(file, lenient: lenient, extendedIsJ1939: isJ1939))
    }
    let file = try LogFile(log)
    do {
      // Read once before anything is printed: a bad line leaves no half output.
      var reader = try file.reader()
      while try reader.next() != nil {}
      var printer = DecodedFramePrinter(databases)
      reader = try file.reader()
      while let record = try reader.next() {
        printer.append(record, interface: reader.interfaces[record.interface])
        if printer.json.bytes.count > 1 << 20 { printer.flush() }
      }
      printer.flush()
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw CommandFailure.badInput("\(error)")
    }
  }
}

/// Turns frames into lines of JSON; what repeats is prepared once.
struct DecodedFramePrinter {
  private(set) var json = JSONBytes()
  private let databases: [DBCDatabase]
  private let prepared: [[PreparedMessage]]
  private var values: [DBCValue]
  private var reasons: [UInt64: [UInt8]] = [:]

  private struct PreparedMessage {
    var name: [UInt8]
    var keys: [[UInt8]]
    var isWhole: [Bool]
  }

  init(_ databases: [DBCDatabase]) {
    self.databases = databases
    prepared = databases.map { $0.messages.map(Self.prepare) }
    let count = databases.map(\.codec.largestSignalCount).max() ?? 0
    values = [DBCValue](repeating: .absent, count: count)
  }

  private static func prepare(_ message: DBCMessage) -> PreparedMessage {
    func bytes(_ write: (inout JSONBytes) -> Void) -> [UInt8] {
      var json = JSONBytes()
      write(&json)
      return json.bytes
    }
    return PreparedMessage(
      name: bytes { $0.string(message.name) },
      keys: message.signals.map { signal in bytes { $0.key(signal.name) } },
      isWhole: message.signals.map(\.isWhole))
  }

  mutating func append(_ record: CANLogRecord, interface: String) {
    json.open("{")
    json.key("t")
    json.seconds(record.nanoseconds)
    json.key("if")
    json.string(interface)
    json.key("id")
    json.raw(Self.identifier(record.frame))
    var unknown: (database: Int, match: DBCMatch)?
    var isDecoded = false
    for (index, database) in databases.enumerated() {
      let match = database.match(record.frame)
      if case .message(let message) = match {
        append(record.frame, index, message)
        isDecoded = true
        break
      }
      // A message that is known but cut short says more than one that is not known.
      if case .short = match { unknown = (index, match) }
      if unknown == nil { unknown = (index, match) }
    }
    if !isDecoded, let unknown { append(record.frame, unknown.database, unknown.match) }
    json.close("}")
    json.endLine()
  }

  private mutating func append(_ frame: CANFrame, _ database: Int, _ message: Int) {
    let codec = databases[database].codec
    var span = values.mutableSpan
    let count = codec.decode(message, frame.words.span, into: &span)
    json.key("message")
    json.raw(prepared[database][message].name)
    json.key("signals")
    json.open("{")
    var hasStatus = false
    for slot in 0..<count where values[slot].state != .absent {
      json.key(prepared: prepared[database][message].keys[slot])
      let value = values[slot]
      if value.state == .value, prepared[database][message].isWhole[slot] {
        switch databases[database].messages[message].signals[slot].exact(value) {
        case .integer(let number): json.integer(number)
        case .real(let number): json.number(number)
        }
      } else {
        json.number(value.physical)
        if !value.physical.isFinite { hasStatus = true }
      }
    }
    json.close("}")
    guard hasStatus else { return }
    json.key("status")
    json.open("{")
    for slot in 0..<count where values[slot].state != .absent && !values[slot].physical.isFinite {
      json.key(prepared: prepared[database][message].keys[slot])
      json.string(Self.status(values[slot]))
    }
    json.close("}")
  }

  private static func status(_ value: DBCValue) -> String {
    switch value.state {
    case .notAvailable: "not available"
    case .error: "error"
    case .reserved: "reserved"
    case .value: value.physical.isNaN ? "not a number" : "infinite"
    case .absent: "absent"
    }
  }

  private mutating func append(_ frame: CANFrame, _ database: Int, _ match: DBCMatch) {
    json.key("message")
    json.null()
    json.key("why")
    let flags: UInt64 =
      (frame.isExtended ? 1 : 0) | (frame.isError ? 2 : 0) | (frame.isRemote ? 4 : 0)
    let key = UInt64(frame.identifier) << 16 | UInt64(frame.length) << 8 | flags
    if let reason = reasons[key] {
      json.raw(reason)
      return
    }
    var text = JSONBytes()
    text.string(databases[database].reason(match, frame) ?? "")
    // A hostile log may hold every identifier there is.
    if reasons.count < 10_000 { reasons[key] = text.bytes }
    json.raw(text.bytes)
  }

  private static func identifier(_ frame: CANFrame) -> [UInt8] {
    let value = frame.identifier | (frame.isError ? 0x2000_0000 : 0)
    let width = frame.isExtended || frame.isError ? 8 : 3
    var bytes: [UInt8] = [UInt8(ascii: "\"")]
    for place in stride(from: width - 1, through: 0, by: -1) {
      let digit = UInt8(truncatingIfNeeded: value >> UInt32(4 * place) & 15)
      bytes.append(digit < 10 ? 0x30 + digit : 0x41 + digit - 10)
    }
    bytes.append(UInt8(ascii: "\""))
    return bytes
  }

  mutating func flush() {
    FileHandle.standardOutput.write(Data(json.bytes))
    json.removeAll()
  }
}
