/// The records of MCAP by the number that begins each (https://mcap.dev/spec).
package enum MCAPOpcode: UInt8 {
  case header = 1
  case footer, schema, channel, message, chunk, messageIndex, chunkIndex, attachment
  case attachmentIndex, statistics, metadata, metadataIndex, summaryOffset, dataEnd

  /// As the specification writes it.
  var name: String {
    let text = "\(self)"
    return text.prefix(1).uppercased() + text.dropFirst()
  }
}

package enum MCAP {
  package static var magic: [UInt8] { [0x89, 0x4D, 0x43, 0x41, 0x50, 0x30, 0x0D, 0x0A] }
}

package struct MCAPHeader: Equatable, Sendable {
  package var profile = ""
  package var library = ""

  package init(profile: String, library: String) {
    self.profile = profile
    self.library = library
  }
}

package struct MCAPSchema: Equatable, Sendable {
  package var identifier: UInt16
  package var name: String
  package var encoding: String
  package var data: [UInt8]
}

package struct MCAPChannel: Equatable, Sendable {
  package var identifier: UInt16
  /// 0 for none.
  package var schema: UInt16
  package var topic: String
  package var encoding: String
  package var metadata: [MCAPPair] = []
}

/// An entry of a map of texts; the file's order is kept.
package struct MCAPPair: Equatable, Sendable {
  package var key: String
  package var value: String

  package init(_ key: String, _ value: String) {
    self.key = key
    self.value = value
  }
}

package struct MCAPMessage: Equatable, Sendable {
  package var channel: UInt16
  package var sequence: UInt32
  /// Nanoseconds.
  package var logTime: UInt64
  package var publishTime: UInt64
  package var data: ArraySlice<UInt8>
  /// Of the record, or of the chunk that holds it.
  package var offset: UInt64 = 0
}

package struct MCAPAttachment: Equatable, Sendable {
  package var logTime: UInt64 = 0
  package var createTime: UInt64 = 0
  package var name: String
  package var mediaType: String
  package var data: [UInt8]

  package init(name: String, mediaType: String, data: [UInt8]) {
    self.name = name
    self.mediaType = mediaType
    self.data = data
  }
}

package struct MCAPMetadata: Equatable, Sendable {
  package var name: String
  package var pairs: [MCAPPair]

  package init(name: String, pairs: [MCAPPair]) {
    self.name = name
    self.pairs = pairs
  }

  package subscript(_ key: String) -> String? { pairs.first { $0.key == key }?.value }
}

package struct MCAPChunkIndex: Equatable, Sendable {
  package var startTime: UInt64
  package var endTime: UInt64
  package var offset: UInt64
  package var length: UInt64
  /// Where the message index of each channel stands.
  package var indexOffsets: [(channel: UInt16, offset: UInt64)]
  package var indexLength: UInt64
  package var compression: String
  package var compressedSize: UInt64
  package var size: UInt64

  package static func == (a: Self, b: Self) -> Bool {
    a.startTime == b.startTime && a.endTime == b.endTime && a.offset == b.offset
      && a.length == b.length && a.indexLength == b.indexLength && a.compression == b.compression
      && a.compressedSize == b.compressedSize && a.size == b.size
      && a.indexOffsets.elementsEqual(b.indexOffsets) { $0 == $1 }
  }
}

package struct MCAPAttachmentIndex: Equatable, Sendable {
  package var offset: UInt64
  package var length: UInt64
  package var logTime: UInt64
  package var createTime: UInt64
  package var size: UInt64
  package var name: String
  package var mediaType: String
}

package struct MCAPMetadataIndex: Equatable, Sendable {
  package var offset: UInt64
  package var length: UInt64
  package var name: String
}

package struct MCAPStatistics: Equatable, Sendable {
  package var messages: UInt64 = 0
  package var schemas: UInt16 = 0
  package var channels: UInt32 = 0
  package var attachments: UInt32 = 0
  package var metadata: UInt32 = 0
  package var chunks: UInt32 = 0
  package var startTime: UInt64 = 0
  package var endTime: UInt64 = 0
  package var messagesByChannel: [UInt16: UInt64] = [:]

  package init() {}
}

package struct MCAPFooter: Equatable, Sendable {
  package var summaryStart: UInt64 = 0
  package var summaryOffsetStart: UInt64 = 0
  package var summaryCRC: UInt32 = 0
}

/// What a file says of itself at its end.
package struct MCAPSummary: Equatable, Sendable {
  package var footer = MCAPFooter()
  package var schemas: [UInt16: MCAPSchema] = [:]
  package var channels: [UInt16: MCAPChannel] = [:]
  package var statistics: MCAPStatistics?
  package var chunks: [MCAPChunkIndex] = []
  package var attachments: [MCAPAttachmentIndex] = []
  package var metadata: [MCAPMetadataIndex] = []
}
