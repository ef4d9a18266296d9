/// Writes an MCAP file: chunks with zstd, CRC and message indexes, then the summary.
///
/// Everything written before the last `flush` can be read though the file is never finished.
package final class MCAPWriter {
  package let sink: RecordingSink
  package private(set) var statistics = MCAPStatistics()
  private let compresses: Bool
  private let zstandard = Zstandard()
  private var chunk = RecordBuffer()
  private var chunkStart: UInt64 = 0
  private var chunkEnd: UInt64 = 0
  /// Time and place in the chunk of each message, by channel.
  private var messageIndexes: [[(time: UInt64, offset: UInt64)]] = []
  private var sequences: [UInt32] = []
  private var schemas: [MCAPSchema] = []
  private var channels: [MCAPChannel] = []
  private var chunkIndexes: [MCAPChunkIndex] = []
  private var attachmentIndexes: [MCAPAttachmentIndex] = []
  private var metadataIndexes: [MCAPMetadataIndex] = []

  /// A chunk that has grown so far is closed.
  private let chunkSize: Int

  package init(
    _ sink: RecordingSink, header: MCAPHeader, compresses: Bool = true, chunkSize: Int = 1 << 20
  ) throws(RecordingError) {
    self.sink = sink
    self.compresses = compresses
    self.chunkSize = chunkSize
    try sink.write(MCAP.magic)
    var buffer = RecordBuffer()
    buffer.record(.header) {
      $0.put(header.profile)
      $0.put(header.library)
    }
    try sink.write(buffer.bytes)
  }

  /// Whether the next message begins a chunk.
  package var chunkIsEmpty: Bool { chunk.count == 0 }
  package var chunksWritten: UInt32 { UInt32(clamping: chunkIndexes.count) }
  /// When the first message of the chunk in hand was logged.
  package var chunkStartTime: UInt64 { chunkStart }

  /// The number of a new schema, from 1.
  package func add(
    schema name: String, encoding: String, data: [UInt8]
  ) throws(RecordingError) -> UInt16 {
    let number = UInt16(clamping: schemas.count + 1)
    let schema = MCAPSchema(identifier: number, name: name, encoding: encoding, data: data)
    schemas.append(schema)
    var buffer = RecordBuffer()
    buffer.put(schema)
    try sink.write(buffer.bytes)
    return number
  }

  /// The number of a new channel, from 1.
  package func add(
    channel topic: String, encoding: String, schema: UInt16, metadata: [MCAPPair] = []
  ) throws(RecordingError) -> UInt16 {
    let number = UInt16(clamping: channels.count + 1)
    let channel = MCAPChannel(
      identifier: number, schema: schema, topic: topic, encoding: encoding, metadata: metadata)
    channels.append(channel)
    messageIndexes.append([])
    sequences.append(0)
    var buffer = RecordBuffer()
    buffer.put(channel)
    try sink.write(buffer.bytes)
    return number
  }

  /// Adds a message of a channel that was added before; others are refused.
  ///
  /// - Parameter sequence: its number in the channel; nil counts on.
  package func write(
    channel: UInt16, logTime: UInt64, publishTime: UInt64, data: some Collection<UInt8>,
    sequence: UInt32? = nil
  ) throws(RecordingError) {
    let slot = Int(channel) - 1
    guard channels.indices.contains(slot) else {
      throw RecordingError(
        file: sink.name, offset: sink.offset, record: "Message",
        problem: "channel \(channel) was never added")
    }
    if let sequence { sequences[slot] = sequence }
    chunkStart = chunkIsEmpty ? logTime : min(chunkStart, logTime)
    chunkEnd = chunkIsEmpty ? logTime : max(chunkEnd, logTime)
    messageIndexes[slot].append((logTime, UInt64(chunk.count)))
    chunk.put(
      MCAPMessage(
        channel: channel, sequence: sequences[slot], logTime: logTime, publishTime: publishTime,
        data: Array(data)[...]))
    sequences[slot] &+= 1
    statistics.startTime = statistics.messages == 0 ? logTime : min(statistics.startTime, logTime)
    statistics.endTime = max(statistics.endTime, logTime)
    statistics.messages += 1
    statistics.messagesByChannel[channel, default: 0] += 1
    if chunk.count >= chunkSize { try flush() }
  }

  package func attach(_ attachment: MCAPAttachment) throws(RecordingError) {
    try flush()
    var buffer = RecordBuffer()
    buffer.put(attachment)
    attachmentIndexes.append(
      MCAPAttachmentIndex(
        offset: sink.offset, length: UInt64(buffer.count), logTime: attachment.logTime,
        createTime: attachment.createTime, size: UInt64(attachment.data.count),
        name: attachment.name, mediaType: attachment.mediaType))
    try sink.write(buffer.bytes)
  }

  package func add(_ metadata: MCAPMetadata) throws(RecordingError) {
    try flush()
    var buffer = RecordBuffer()
    buffer.record(.metadata) {
      $0.put(metadata.name)
      $0.put(metadata.pairs)
    }
    metadataIndexes.append(
      MCAPMetadataIndex(
        offset: sink.offset, length: UInt64(buffer.count), name: metadata.name))
    try sink.write(buffer.bytes)
  }

  /// Closes the chunk in hand.
  package func flush() throws(RecordingError) {
    guard !chunkIsEmpty else { return }
    // Without memory for the compressor the drive is still recorded.
    let packed = compresses ? zstandard.compressed(chunk.bytes) : nil
    let content = packed ?? chunk.bytes
    let compression = packed == nil ? "" : "zstd"
    var buffer = RecordBuffer()
    buffer.record(.chunk) {
      $0.put(chunkStart)
      $0.put(chunkEnd)
      $0.put(UInt64(chunk.count))
      $0.put(CRC32.of(chunk.bytes[...]))
      $0.put(compression)
      $0.put(UInt64(content.count))
      $0.put(raw: content)
    }
    var index = MCAPChunkIndex(
      startTime: chunkStart, endTime: chunkEnd, offset: sink.offset, length: UInt64(buffer.count),
      indexOffsets: [], indexLength: 0, compression: compression,
      compressedSize: UInt64(content.count), size: UInt64(chunk.count))
    for (slot, entries) in messageIndexes.enumerated() where !entries.isEmpty {
      let channel = UInt16(slot + 1)
      index.indexOffsets.append((channel, sink.offset + UInt64(buffer.count)))
      buffer.record(.messageIndex) {
        $0.put(channel)
        $0.counted(UInt32.self) { list in
          for entry in entries {
            list.put(entry.time)
            list.put(entry.offset)
          }
        }
      }
      messageIndexes[slot].removeAll(keepingCapacity: true)
    }
    index.indexLength = UInt64(buffer.count) - index.length
    chunkIndexes.append(index)
    chunk.removeAll()
    try sink.write(buffer.bytes)
  }

  /// Closes the file; nothing may be written after it.
  package func finish() throws(RecordingError) {
    try flush()
    var end = RecordBuffer()
    let crc = sink.crc.value
    end.record(.dataEnd) { $0.put(crc) }
    try sink.write(end.bytes)
    try sink.write(summary(at: sink.offset))
    try sink.write(MCAP.magic)
  }

  /// The records from here to the end of the footer.
  private func summary(at start: UInt64) -> [UInt8] {
    statistics.schemas = UInt16(clamping: schemas.count)
    statistics.channels = UInt32(channels.count)
    statistics.attachments = UInt32(attachmentIndexes.count)
    statistics.metadata = UInt32(metadataIndexes.count)
    statistics.chunks = UInt32(chunkIndexes.count)
    var buffer = RecordBuffer()
    var groups: [(opcode: MCAPOpcode, start: Int, end: Int)] = []
    func group(_ opcode: MCAPOpcode, _ body: (inout RecordBuffer) -> Void) {
      let begin = buffer.count
      body(&buffer)
      if buffer.count > begin { groups.append((opcode, begin, buffer.count)) }
    }
    group(.schema) { for schema in schemas { $0.put(schema) } }
    group(.channel) { for channel in channels { $0.put(channel) } }
    group(.statistics) { $0.put(statistics) }
    group(.chunkIndex) { for index in chunkIndexes { $0.put(index) } }
    group(.attachmentIndex) { for index in attachmentIndexes { $0.put(index) } }
    group(.metadataIndex) {
      for index in metadataIndexes {
        $0.record(.metadataIndex) {
          $0.put(index.offset)
          $0.put(index.length)
          $0.put(index.name)
        }
      }
    }
    let offsets = start + UInt64(buffer.count)
    for group in groups {
      buffer.record(.summaryOffset) {
        $0.put(group.opcode.rawValue)
        $0.put(start + UInt64(group.start))
        $0.put(UInt64(group.end - group.start))
      }
    }
    var footer = RecordBuffer()
    footer.record(.footer) {
      $0.put(start)
      $0.put(offsets)
      $0.put(UInt32.zero)
    }
    // The CRC ends before its own field.
    var crc = CRC32()
    crc.update(buffer.bytes[...])
    crc.update(footer.bytes.dropLast(4))
    buffer.put(raw: footer.bytes.dropLast(4))
    buffer.put(crc.value)
    return buffer.bytes
  }
}
