import Signals

/// A recording of a drive, opened for replay: versions, layout and hashes hold, or it is refused.
package final class DriveLog {
  package let facts: MCAPMetadata
  package let attachments: [MCAPAttachment]
  private let reader: MCAPReader
  private var pending: MCAPMessage?
  private var decoder = CycleDecoder()
  private var expected: UInt32 = 0

  package init(
    _ source: ByteSource, limits: ReaderLimits = ReaderLimits()
  ) throws(RecordingError) {
    reader = try MCAPReader(source, limits: limits)
    var facts: MCAPMetadata?
    var attachments: [MCAPAttachment] = []
    opening: while let record = try reader.next() {
      switch record {
      case .metadata(let metadata) where metadata.name == DriveSchema.metadata:
        try Self.check(metadata, reader)
        facts = metadata
      case .attachment(let attachment): attachments.append(attachment)
      case .message(let message):
        pending = message
        break opening
      case .metadata, .schema, .channel: continue
      }
    }
    guard let facts else {
      throw reader.error(
        0, "file",
        "an MCAP file of \"\(reader.header.library)\" without the metadata \(DriveSchema.metadata): "
          + "not a drive that Tulpar recorded")
    }
    self.facts = facts
    self.attachments = attachments
    try checkHashes()
  }

  private static func check(
    _ metadata: MCAPMetadata, _ reader: MCAPReader
  ) throws(RecordingError) {
    let text = metadata["schema"] ?? "none"
    guard let version = Int(text), version >= 1 else {
      throw reader.error(
        0, "Metadata", "schema is \(text), allowed: \(DriveSchema.version)")
    }
    guard version == DriveSchema.version else {
      let other = version > DriveSchema.version ? "newer" : "older"
      throw reader.error(
        0, "Metadata",
        "recorded by \(other) software (\(reader.header.library)): schema \(version), this build "
          + "reads \(DriveSchema.version)")
    }
    guard metadata["layout"] == CycleLayout.hash else {
      throw reader.error(
        0, "Metadata",
        "recorded by other software (\(reader.header.library)), whose core has other inputs or "
          + "outputs (layout \((metadata["layout"] ?? "none").prefix(16))); this build's are "
          + "\(CycleLayout.hash.prefix(16)): replay it with the build that recorded it")
    }
  }

  /// The header names every attachment with its hash, and there is no other.
  private func checkHashes() throws(RecordingError) {
    var named: [String: String] = [:]
    for pair in facts.pairs where pair.key.hasPrefix(DriveSchema.hashPrefix) {
      named[String(pair.key.dropFirst(DriveSchema.hashPrefix.count))] = pair.value
    }
    for attachment in attachments {
      let found = SHA256.hex(of: attachment.data)
      guard let expected = named.removeValue(forKey: attachment.name) else {
        throw reader.error(
          0, "Attachment", "\"\(attachment.name)\" is not named in the header, or stands twice")
      }
      guard expected == found else {
        throw reader.error(
          0, "Attachment",
          "\"\(attachment.name)\" is not what was recorded: SHA-256 \(found), the header says "
            + expected)
      }
    }
    guard let missing = named.keys.min() else { return }
    throw reader.error(0, "Attachment", "\"\(missing)\" is named in the header, but not there")
  }

  package subscript(attachment name: String) -> [UInt8]? {
    attachments.first { $0.name == name }?.data
  }

  /// The next cycle; false at the end of a whole file.
  package func next(_ cycle: inout RecordedCycle) throws(RecordingError) -> Bool {
    while let message = try nextMessage() {
      guard reader.channels[message.channel]?.topic == DriveSchema.cycleTopic else { continue }
      guard message.sequence == expected else {
        throw reader.error(
          message.offset, "Message",
          "cycle message \(message.sequence) follows \(Int64(expected) - 1): cycles are missing")
      }
      expected &+= 1
      try decoder.decode(message, of: reader.source, into: &cycle)
      return true
    }
    return false
  }

  private func nextMessage() throws(RecordingError) -> MCAPMessage? {
    if let message = pending {
      pending = nil
      return message
    }
    while let record = try reader.next() {
      if case .message(let message) = record { return message }
    }
    return nil
  }
}
