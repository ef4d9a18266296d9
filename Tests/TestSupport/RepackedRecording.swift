import Recording

/// What a copy of a recording has in the place of what was recorded; all of it by default.
package struct RecordingChanges {
  package var schema: (MCAPSchema) throws -> [UInt8] = { $0.data }
  package var metadata: (MCAPMetadata) throws -> MCAPMetadata = { $0 }
  /// Of each cycle, by its number from 0.
  package var cycle: (_ number: Int, inout [UInt8]) throws -> Void = { _, _ in }
  /// So many from the start.
  package var cycles = Int.max

  package init() {}

  /// Another text as the layout of its cycles, which the header vouches for.
  ///
  /// - Parameter hash: in the header, where it is not that of the text.
  package mutating func tell(layout text: String, hash: String? = nil) {
    let text = Array(text.utf8)
    schema = { $0.name == DriveSchema.cycleTopic ? text : $0.data }
    metadata = { metadata in
      let pairs = metadata.pairs.map {
        $0.key == "layout" ? MCAPPair("layout", hash ?? SHA256.hex(of: text)) : $0
      }
      return MCAPMetadata(name: metadata.name, pairs: pairs)
    }
  }
}

/// Writes a recording again, its sums and indexes made right.
///
/// - Parameter chunkSize: nil for the chunks that it has.
package func repack(
  _ source: ByteSource, into sink: RecordingSink, chunkSize: Int? = nil, _ changes: RecordingChanges
) throws {
  let reader = try MCAPReader(source)
  let writer = try MCAPWriter(sink, header: reader.header, chunkSize: chunkSize ?? 1 << 20)
  var chunk: UInt32 = 0
  var number = 0
  while number < changes.cycles, let record = try reader.next() {
    switch record {
    case .schema(let schema):
      _ = try writer.add(
        schema: schema.name, encoding: schema.encoding, data: changes.schema(schema))
    case .channel(let channel):
      _ = try writer.add(
        channel: channel.topic, encoding: channel.encoding, schema: channel.schema)
    case .attachment(let attachment): try writer.attach(attachment)
    case .metadata(let metadata): try writer.add(changes.metadata(metadata))
    case .message(let message):
      if chunkSize == nil, reader.chunksRead != chunk { try writer.flush() }
      chunk = reader.chunksRead
      var data = Array(message.data)
      if reader.channels[message.channel]?.topic == DriveSchema.cycleTopic {
        try changes.cycle(number, &data)
        number += 1
      }
      try writer.write(
        channel: message.channel, logTime: message.logTime, publishTime: message.publishTime,
        data: data)
    }
  }
  try writer.finish()
}
