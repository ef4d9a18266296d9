/// How much of a foreign file is taken into memory at once.
package struct ReaderLimits: Sendable {
  /// Of one chunk, unpacked.
  package var chunk: UInt64 = 64 << 20
  /// Of any other record: attachments, mostly.
  package var record: UInt64 = 256 << 20

  package init() {}
}

/// What a reader hands on, in the order of the file.
package enum MCAPRecord {
  case schema(MCAPSchema)
  case channel(MCAPChannel)
  case message(MCAPMessage)
  case attachment(MCAPAttachment)
  case metadata(MCAPMetadata)
}

/// Reads an MCAP file from its start to its end, or from a chunk on; every CRC that is given is
/// checked.
///
/// A file that breaks off gives all that is whole, then an error with `isTruncation`.
package final class MCAPReader {
  package let source: ByteSource
  package private(set) var header = MCAPHeader(profile: "", library: "")
  package private(set) var schemas: [UInt16: MCAPSchema] = [:]
  package private(set) var channels: [UInt16: MCAPChannel] = [:]
  /// Whether there is a channel with this number: asked for each message.
  private var isDefined: [Bool] = []
  let limits: ReaderLimits
  private let zstandard = Zstandard()
  private var position: UInt64 = 0
  private var chunk: ChunkCursor?
  private var lastChunkSize: UInt64 = 0
  private var stage = Stage.data
  /// Over the file up to here; nil after a jump.
  private var crc: CRC32? = CRC32()
  private var counted = MCAPStatistics()

  private enum Stage { case data, summary, ended }

  package init(
    _ source: ByteSource, limits: ReaderLimits = ReaderLimits()
  ) throws(RecordingError) {
    self.source = source
    self.limits = limits
    try takeMagic("start")
    let first = try record()
    guard first.opcode == .header else {
      throw cursor(first).error("the first record must be a Header")
    }
    var fields = cursor(first)
    header = try fields.header()
  }

  /// Chunks up to here, that of the last message among them.
  package var chunksRead: UInt32 { counted.chunks }

  func error(
    _ offset: UInt64, _ record: StaticString, _ problem: String
  ) -> RecordingError {
    place(offset, .part(record)).error(problem)
  }

  func place(_ offset: UInt64, _ kind: RecordPlace.Kind) -> RecordPlace {
    RecordPlace(source: source, offset: offset, kind: kind)
  }

  private func truncated(_ place: RecordPlace, _ problem: String) -> RecordingError {
    var error = place.error(problem)
    error.isTruncation = true
    return error
  }

  /// The next record of the data section; nil at the end of a whole file.
  package func next() throws(RecordingError) -> MCAPRecord? {
    while true {
      if let found = try nextInChunk() { return found }
      guard stage != .ended else { return nil }
      let record = try record()
      if let found = try take(record) { return found }
    }
  }

  /// Goes on with a chunk of the summary's index; what is counted or summed over the whole file is
  /// not checked any more.
  package func seek(to index: MCAPChunkIndex, of summary: MCAPSummary) {
    // They may have been defined in a chunk that is now left out.
    schemas.merge(summary.schemas) { $1 }
    channels.merge(summary.channels) { $1 }
    for number in summary.channels.keys { define(number) }
    position = index.offset
    chunk = nil
    crc = nil
    stage = .data
  }

  // MARK: - Records of the file

  struct Raw {
    let offset: UInt64
    let code: UInt8
    let content: ArraySlice<UInt8>
    var opcode: MCAPOpcode? { MCAPOpcode(rawValue: code) }
  }

  func cursor(_ record: Raw) -> RecordCursor {
    RecordCursor(record.content, place(record.offset, .record(record.code)))
  }

  /// The record at a place, within the file and the limits.
  func record(at offset: UInt64) throws(RecordingError) -> Raw {
    guard offset < source.size else {
      throw truncated(place(offset, .part("end")), "the file ends without a Footer")
    }
    let left = source.size - offset
    guard left >= 9 else {
      throw truncated(
        place(offset, .part("end")), "the file breaks off: \(left) bytes are no record")
    }
    var head = RecordCursor(
      try source.slice(at: offset, count: 9), place(offset, .part("record")))
    let code: UInt8 = try head.number("opcode")
    let size: UInt64 = try head.number("length")
    guard code != 0 else { throw head.error("opcode 0 is not allowed") }
    let place = place(offset, .record(code))
    guard size <= left - 9 else {
      throw truncated(
        place, "the record is \(size) bytes long, the file has \(left - 9) more")
    }
    guard size <= limits.record else {
      throw place.error("the record is \(size) bytes long, allowed are \(limits.record)")
    }
    return Raw(
      offset: offset, code: code, content: try source.slice(at: offset + 9, count: Int(size)))
  }

  private func record() throws(RecordingError) -> Raw {
    let found = try record(at: position)
    // The CRC of the data section ends before its last record.
    if stage == .data, found.opcode != .dataEnd { try sum(found) }
    position += 9 + UInt64(found.content.count)
    return found
  }

  private func sum(_ record: Raw) throws(RecordingError) {
    guard var sum = crc else { return }
    crc = nil
    var head = RecordBuffer()
    head.put(record.code)
    head.put(UInt64(record.content.count))
    sum.update(head.bytes[...])
    sum.update(record.content)
    crc = sum
  }

  private func takeMagic(_ which: String) throws(RecordingError) {
    let count = Int(min(8, source.size - min(position, source.size)))
    let found = try source.slice(at: position, count: count)
    guard found.elementsEqual(MCAP.magic) else {
      guard which != "start" else { throw error(position, "magic", "not an MCAP file") }
      throw truncated(
        place(position, .part("magic")), "the file does not end with MCAP's magic bytes")
    }
    crc?.update(found)
    position += 8
  }

  private func take(_ record: Raw) throws(RecordingError) -> MCAPRecord? {
    if stage == .summary { return try takeSummary(record) }
    guard let opcode = record.opcode else { return nil }
    var fields = cursor(record)
    switch opcode {
    case .schema: return .schema(try take(schema: try fields.schema(), fields))
    case .channel: return .channel(try take(channel: try fields.channel(), fields))
    case .message:
      return .message(try take(message: try fields.message(offset: record.offset), fields))
    case .attachment:
      counted.attachments += 1
      return .attachment(try fields.attachment())
    case .metadata:
      counted.metadata += 1
      return .metadata(try fields.metadata())
    case .chunk:
      counted.chunks += 1
      chunk = try open(record)
      return nil
    case .messageIndex:
      try check(messageIndex: &fields)
      return nil
    case .dataEnd:
      try end(&fields)
      return nil
    case .header, .footer, .chunkIndex, .attachmentIndex, .statistics, .metadataIndex,
      .summaryOffset:
      throw fields.error("not allowed in the data section")
    }
  }

  private func end(_ fields: inout RecordCursor) throws(RecordingError) {
    let given: UInt32 = try fields.number("data_section_crc")
    if given != 0, let crc, crc.value != given {
      throw fields.error(
        "the data section is damaged: CRC \(hexadecimal(UInt64(given), digits: 8)), computed "
          + hexadecimal(UInt64(crc.value), digits: 8))
    }
    stage = .summary
  }

  /// What follows the data is checked, not handed on.
  private func takeSummary(_ record: Raw) throws(RecordingError) -> MCAPRecord? {
    var fields = cursor(record)
    switch record.opcode {
    case .statistics:
      let given = try fields.statistics()
      guard crc != nil else { return nil }
      try check("messages", given.messages, counted.messages, fields)
      try check("chunks", UInt64(given.chunks), UInt64(counted.chunks), fields)
      try check("attachments", UInt64(given.attachments), UInt64(counted.attachments), fields)
      try check("metadata records", UInt64(given.metadata), UInt64(counted.metadata), fields)
    case .footer:
      _ = try summary(footerAt: record.offset)
      try takeMagic("end")
      guard position == source.size else {
        throw error(position, "end", "\(source.size - position) bytes follow the end")
      }
      stage = .ended
    case .header, .message, .chunk, .messageIndex, .attachment, .metadata, .dataEnd:
      throw fields.error("not allowed in the summary section")
    case .schema, .channel, .chunkIndex, .attachmentIndex, .metadataIndex, .summaryOffset, nil:
      break
    }
    return nil
  }

  private func check(
    _ what: String, _ given: UInt64, _ found: UInt64, _ fields: RecordCursor
  ) throws(RecordingError) {
    guard given == found else { throw fields.error("says \(given) \(what), the file has \(found)") }
  }

  // MARK: - Within the data

  private func take(schema: MCAPSchema, _ fields: RecordCursor) throws(RecordingError) -> MCAPSchema
  {
    guard schemas[schema.identifier] ?? schema == schema else {
      throw fields.error("schema \(schema.identifier) is defined again, differently")
    }
    schemas[schema.identifier] = schema
    return schema
  }

  private func take(
    channel: MCAPChannel, _ fields: RecordCursor
  ) throws(RecordingError) -> MCAPChannel {
    guard channels[channel.identifier] ?? channel == channel else {
      throw fields.error("channel \(channel.identifier) is defined again, differently")
    }
    guard channel.schema == 0 || schemas[channel.schema] != nil else {
      throw fields.error("schema \(channel.schema) was not defined before")
    }
    channels[channel.identifier] = channel
    define(channel.identifier)
    return channel
  }

  private func define(_ channel: UInt16) {
    let missing = Int(channel) + 1 - isDefined.count
    if missing > 0 { isDefined.append(contentsOf: repeatElement(false, count: missing)) }
    isDefined[Int(channel)] = true
  }

  private func take(
    message: MCAPMessage, _ fields: RecordCursor
  ) throws(RecordingError) -> MCAPMessage {
    let number = Int(message.channel)
    guard number < isDefined.count, isDefined[number] else {
      throw fields.error("channel \(number) was not defined before")
    }
    counted.messages += 1
    return message
  }

  private func check(messageIndex fields: inout RecordCursor) throws(RecordingError) {
    let channel: UInt16 = try fields.number("channel_id")
    for (_, offset) in try fields.list("records", UInt64.self) where offset >= lastChunkSize {
      throw fields.error(
        "channel \(channel) points at byte \(offset) of a chunk of \(lastChunkSize)")
    }
  }

  private func open(_ record: Raw) throws(RecordingError) -> ChunkCursor {
    var fields = cursor(record)
    let content = try fields.chunk(limits: limits, with: zstandard)
    lastChunkSize = UInt64(content.count)
    return ChunkCursor(content: content, offset: record.offset)
  }

  private struct ChunkCursor {
    let content: ArraySlice<UInt8>
    let offset: UInt64
    var position: Int

    init(content: ArraySlice<UInt8>, offset: UInt64) {
      self.content = content
      self.offset = offset
      position = content.startIndex
    }
  }

  private func nextInChunk() throws(RecordingError) -> MCAPRecord? {
    while let open = chunk {
      guard open.position < open.content.endIndex else {
        chunk = nil
        return nil
      }
      var head = RecordCursor(
        open.content[open.position...],
        place(open.offset, .chunkByte(open.position - open.content.startIndex)))
      let code: UInt8 = try head.number("opcode")
      let content = try head.counted("record", UInt64.self)
      chunk?.position = content.endIndex
      var fields = RecordCursor(content, place(open.offset, .inChunk(code)))
      switch MCAPOpcode(rawValue: code) {
      case .schema: return .schema(try take(schema: try fields.schema(), fields))
      case .channel: return .channel(try take(channel: try fields.channel(), fields))
      case .message:
        return .message(try take(message: try fields.message(offset: open.offset), fields))
      case .header, .footer, .chunk, .messageIndex, .chunkIndex, .attachment, .attachmentIndex,
        .statistics, .metadata, .metadataIndex, .summaryOffset, .dataEnd:
        throw fields.error("only Schema, Channel and Message are allowed")
      case nil:
        guard code != 0 else { throw fields.error("opcode 0 is not allowed") }
      }
    }
    return nil
  }
}
