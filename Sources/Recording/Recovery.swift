/// Copies what is whole in a broken recording into a new, finished one.
package struct Recovery: Sendable {
  package private(set) var messages: UInt64 = 0
  package private(set) var attachments = 0
  package private(set) var start: UInt64 = 0
  package private(set) var end: UInt64 = 0
  /// What ended the copy; nil when nothing was wrong with the file.
  package private(set) var damage: RecordingError?
  /// Whether the file holds nothing that the copy has not.
  package var isComplete: Bool { damage?.isTruncation ?? true }

  /// The metadata record that says what was done.
  package static var metadata: String { "tulpar.recovered" }

  /// Fails when nothing can be read at all, or nothing can be written.
  package init(
    _ source: ByteSource, limits: ReaderLimits = ReaderLimits(),
    into sink: () throws(RecordingError) -> RecordingSink
  ) throws(RecordingError) {
    let reader = try MCAPReader(source, limits: limits)
    let writer = try MCAPWriter(
      try sink(), header: reader.header, chunkSize: Int(reader.limits.chunk))
    var chunk: UInt32 = 0
    var schemas: [UInt16: UInt16] = [0: 0]
    var channels: [UInt16: UInt16] = [:]
    while let record = next(of: reader) {
      switch record {
      case .schema(let schema) where schemas[schema.identifier] == nil:
        schemas[schema.identifier] = try writer.add(
          schema: schema.name, encoding: schema.encoding, data: schema.data)
      case .channel(let channel) where channels[channel.identifier] == nil:
        channels[channel.identifier] = try writer.add(
          channel: channel.topic, encoding: channel.encoding,
          schema: schemas[channel.schema] ?? 0, metadata: channel.metadata)
      case .schema, .channel: continue
      case .attachment(let attachment):
        try writer.attach(attachment)
        attachments += 1
      case .metadata(let metadata): try writer.add(metadata)
      case .message(let message):
        guard let channel = channels[message.channel] else { continue }
        // Each chunk begins with a cycle that can be read alone: the chunks stay what they are.
        if reader.chunksRead != chunk { try writer.flush() }
        chunk = reader.chunksRead
        try writer.write(
          channel: channel, logTime: message.logTime, publishTime: message.publishTime,
          data: message.data, sequence: message.sequence)
        start = messages == 0 ? message.logTime : min(start, message.logTime)
        end = max(end, message.logTime)
        messages += 1
      }
    }
    if let damage {
      try writer.add(
        MCAPMetadata(name: Self.metadata, pairs: [MCAPPair("damage", damage.description)]))
    }
    try writer.finish()
    try writer.sink.synchronise()
  }

  private mutating func next(of reader: MCAPReader) -> MCAPRecord? {
    do throws(RecordingError) { return try reader.next() } catch {
      damage = error
      return nil
    }
  }
}
