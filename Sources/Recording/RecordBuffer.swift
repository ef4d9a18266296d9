/// Bytes of records in the making; numbers little-endian, texts and lists with their length first.
struct RecordBuffer {
  private(set) var bytes: [UInt8] = []

  var count: Int { bytes.count }

  mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

  mutating func put<I: FixedWidthInteger>(_ number: I) {
    for shift in stride(from: 0, to: I.bitWidth, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: number >> I(shift)))
    }
  }

  mutating func put(_ text: String) {
    put(UInt32(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }

  mutating func put(_ pairs: [MCAPPair]) {
    counted(UInt32.self) { buffer in
      for pair in pairs {
        buffer.put(pair.key)
        buffer.put(pair.value)
      }
    }
  }

  mutating func put(raw: some Collection<UInt8>) { bytes.append(contentsOf: raw) }

  /// What `body` puts, after its length in bytes.
  mutating func counted<I: FixedWidthInteger>(
    _ length: I.Type, _ body: (inout RecordBuffer) -> Void
  ) {
    let place = bytes.count
    put(I.zero)
    body(&self)
    let count = I(bytes.count - place - I.bitWidth / 8)
    for i in 0..<I.bitWidth / 8 { bytes[place + i] = UInt8(truncatingIfNeeded: count >> I(8 * i)) }
  }

  mutating func record(_ opcode: MCAPOpcode, _ body: (inout RecordBuffer) -> Void) {
    put(opcode.rawValue)
    counted(UInt64.self, body)
  }
}

extension RecordBuffer {
  mutating func put(_ schema: MCAPSchema) {
    record(.schema) {
      $0.put(schema.identifier)
      $0.put(schema.name)
      $0.put(schema.encoding)
      $0.put(UInt32(schema.data.count))
      $0.put(raw: schema.data)
    }
  }

  mutating func put(_ channel: MCAPChannel) {
    record(.channel) {
      $0.put(channel.identifier)
      $0.put(channel.schema)
      $0.put(channel.topic)
      $0.put(channel.encoding)
      $0.put(channel.metadata)
    }
  }

  mutating func put(_ message: MCAPMessage) {
    record(.message) {
      $0.put(message.channel)
      $0.put(message.sequence)
      $0.put(message.logTime)
      $0.put(message.publishTime)
      $0.put(raw: message.data)
    }
  }

  mutating func put(_ attachment: MCAPAttachment) {
    record(.attachment) {
      let start = $0.count
      $0.put(attachment.logTime)
      $0.put(attachment.createTime)
      $0.put(attachment.name)
      $0.put(attachment.mediaType)
      $0.put(UInt64(attachment.data.count))
      $0.put(raw: attachment.data)
      $0.put(CRC32.of($0.bytes[start...]))
    }
  }

  mutating func put(_ index: MCAPChunkIndex) {
    record(.chunkIndex) {
      $0.put(index.startTime)
      $0.put(index.endTime)
      $0.put(index.offset)
      $0.put(index.length)
      $0.counted(UInt32.self) { buffer in
        for entry in index.indexOffsets {
          buffer.put(entry.channel)
          buffer.put(entry.offset)
        }
      }
      $0.put(index.indexLength)
      $0.put(index.compression)
      $0.put(index.compressedSize)
      $0.put(index.size)
    }
  }

  mutating func put(_ index: MCAPAttachmentIndex) {
    record(.attachmentIndex) {
      $0.put(index.offset)
      $0.put(index.length)
      $0.put(index.logTime)
      $0.put(index.createTime)
      $0.put(index.size)
      $0.put(index.name)
      $0.put(index.mediaType)
    }
  }

  mutating func put(_ statistics: MCAPStatistics) {
    record(.statistics) {
      $0.put(statistics.messages)
      $0.put(statistics.schemas)
      $0.put(statistics.channels)
      $0.put(statistics.attachments)
      $0.put(statistics.metadata)
      $0.put(statistics.chunks)
      $0.put(statistics.startTime)
      $0.put(statistics.endTime)
      $0.counted(UInt32.self) { buffer in
        for (channel, count) in statistics.messagesByChannel.sorted(by: { $0.key < $1.key }) {
          buffer.put(channel)
          buffer.put(count)
        }
      }
    }
  }
}
