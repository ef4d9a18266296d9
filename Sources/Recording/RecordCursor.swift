/// Takes the fields of one record, and says where and why it cannot.
struct RecordCursor {
  private let bytes: ArraySlice<UInt8>
  private(set) var position: Int
  private let place: RecordPlace

  init(_ bytes: ArraySlice<UInt8>, _ place: RecordPlace) {
    self.bytes = bytes
    position = bytes.startIndex
    self.place = place
  }

  var remaining: Int { bytes.endIndex - position }

  func error(_ problem: String) -> RecordingError { place.error(problem) }

  mutating func number<I: FixedWidthInteger & UnsignedInteger>(
    _ field: StaticString, _ type: I.Type = I.self
  ) throws(RecordingError) -> I {
    let size = I.bitWidth / 8
    guard remaining >= size else {
      throw error("\(field) needs \(size) bytes, the record has \(remaining) more")
    }
    let place = position - bytes.startIndex
    position += size
    if size <= 8, place + 8 <= bytes.count {
      // Safety: eight bytes are there.
      let word = unsafe bytes.span.bytes.unsafeLoadUnaligned(
        fromByteOffset: place, as: UInt64.self)
      return I(truncatingIfNeeded: UInt64(littleEndian: word))
    }
    var value: I = 0
    for i in 0..<size { value |= I(bytes[bytes.startIndex + place + i]) << I(8 * i) }
    return value
  }

  /// So many bytes as the length before them says.
  mutating func counted<I: FixedWidthInteger & UnsignedInteger>(
    _ field: StaticString, _ length: I.Type
  ) throws(RecordingError) -> ArraySlice<UInt8> {
    let count = try number(field, length)
    guard let size = Int(exactly: count), size <= remaining else {
      throw error("\(field) is \(count) bytes long, the record has \(remaining) more")
    }
    position += size
    return bytes[position - size..<position]
  }

  mutating func rest() -> ArraySlice<UInt8> {
    defer { position = bytes.endIndex }
    return bytes[position...]
  }

  /// From the start of the record to here.
  var taken: ArraySlice<UInt8> { bytes[bytes.startIndex..<position] }

  mutating func text(_ field: StaticString) throws(RecordingError) -> String {
    let raw = try counted(field, UInt32.self)
    guard let text = String(validating: raw, as: UTF8.self) else {
      throw error("\(field) is not UTF-8")
    }
    return text
  }

  mutating func pairs(_ field: StaticString) throws(RecordingError) -> [MCAPPair] {
    var inner = RecordCursor(try counted(field, UInt32.self), place)
    var pairs: [MCAPPair] = []
    var keys: Set<String> = []
    while inner.remaining > 0 {
      let pair = MCAPPair(try inner.text("key"), try inner.text("value"))
      guard keys.insert(pair.key).inserted else {
        throw error("\(field) holds the key \"\(pair.key)\" twice")
      }
      pairs.append(pair)
    }
    return pairs
  }

  /// Pairs of a channel and a number of 64 bits.
  mutating func list<I: FixedWidthInteger & UnsignedInteger>(
    _ field: StaticString, _ first: I.Type
  ) throws(RecordingError) -> [(I, UInt64)] {
    var inner = RecordCursor(try counted(field, UInt32.self), place)
    var entries: [(I, UInt64)] = []
    while inner.remaining > 0 {
      entries.append((try inner.number(field, I.self), try inner.number(field)))
    }
    return entries
  }
}

extension RecordCursor {
  mutating func header() throws(RecordingError) -> MCAPHeader {
    MCAPHeader(profile: try text("profile"), library: try text("library"))
  }

  mutating func schema() throws(RecordingError) -> MCAPSchema {
    let identifier: UInt16 = try number("id")
    guard identifier != 0 else { throw error("id is 0, which stands for no schema") }
    return MCAPSchema(
      identifier: identifier, name: try text("name"), encoding: try text("encoding"),
      data: Array(try counted("data", UInt32.self)))
  }

  mutating func channel() throws(RecordingError) -> MCAPChannel {
    MCAPChannel(
      identifier: try number("id"), schema: try number("schema_id"), topic: try text("topic"),
      encoding: try text("message_encoding"), metadata: try pairs("metadata"))
  }

  mutating func message(offset: UInt64) throws(RecordingError) -> MCAPMessage {
    MCAPMessage(
      channel: try number("channel_id"), sequence: try number("sequence"),
      logTime: try number("log_time"), publishTime: try number("publish_time"), data: rest(),
      offset: offset)
  }

  mutating func attachment() throws(RecordingError) -> MCAPAttachment {
    let logTime: UInt64 = try number("log_time")
    let createTime: UInt64 = try number("create_time")
    var attachment = MCAPAttachment(
      name: try text("name"), mediaType: try text("media_type"), data: [])
    attachment.logTime = logTime
    attachment.createTime = createTime
    attachment.data = Array(try counted("data", UInt64.self))
    let computed = CRC32.of(taken)
    let crc: UInt32 = try number("crc")
    guard crc == 0 || crc == computed else {
      throw error(
        "\"\(attachment.name)\" is damaged: CRC \(hexadecimal(UInt64(crc), digits: 8)), computed "
          + hexadecimal(UInt64(computed), digits: 8))
    }
    return attachment
  }

  mutating func metadata() throws(RecordingError) -> MCAPMetadata {
    MCAPMetadata(name: try text("name"), pairs: try pairs("metadata"))
  }

  mutating func chunkIndex() throws(RecordingError) -> MCAPChunkIndex {
    MCAPChunkIndex(
      startTime: try number("message_start_time"), endTime: try number("message_end_time"),
      offset: try number("chunk_start_offset"), length: try number("chunk_length"),
      indexOffsets: try list("message_index_offsets", UInt16.self).map { ($0.0, $0.1) },
      indexLength: try number("message_index_length"), compression: try text("compression"),
      compressedSize: try number("compressed_size"), size: try number("uncompressed_size"))
  }

  mutating func attachmentIndex() throws(RecordingError) -> MCAPAttachmentIndex {
    MCAPAttachmentIndex(
      offset: try number("offset"), length: try number("length"), logTime: try number("log_time"),
      createTime: try number("create_time"), size: try number("data_size"),
      name: try text("name"), mediaType: try text("media_type"))
  }

  mutating func metadataIndex() throws(RecordingError) -> MCAPMetadataIndex {
    MCAPMetadataIndex(
      offset: try number("offset"), length: try number("length"), name: try text("name"))
  }

  mutating func statistics() throws(RecordingError) -> MCAPStatistics {
    var statistics = MCAPStatistics()
    statistics.messages = try number("message_count")
    statistics.schemas = try number("schema_count")
    statistics.channels = try number("channel_count")
    statistics.attachments = try number("attachment_count")
    statistics.metadata = try number("metadata_count")
    statistics.chunks = try number("chunk_count")
    statistics.startTime = try number("message_start_time")
    statistics.endTime = try number("message_end_time")
    for (channel, count) in try list("channel_message_counts", UInt16.self) {
      statistics.messagesByChannel[channel] = count
    }
    return statistics
  }

  mutating func footer() throws(RecordingError) -> MCAPFooter {
    MCAPFooter(
      summaryStart: try number("summary_start"),
      summaryOffsetStart: try number("summary_offset_start"), summaryCRC: try number("summary_crc"))
  }
}
