import Signals

/// A recording of a drive, opened for replay: versions, layout and hashes hold, or it is refused.
package final class DriveLog {
  package let facts: MCAPMetadata
  /// Whether its cycles have the fields of this build's core.
  package let hasOurLayout: Bool
  package let attachments: [MCAPAttachment]
  /// Of the truck, where it was told up to the cycle last read.
  package private(set) var vehicleNumber: String?
  /// What wrote it.
  package var software: String { reader.header.library }
  private let reader: MCAPReader
  private var pending: MCAPMessage?
  private var decoder = CycleDecoder()
  /// Of the recording's own layout, once a cycle was read by it.
  private var namedDecoder: NamedCycleDecoder?
  /// What the channels with these numbers carry; nil until the first message of each.
  private var topics: [Topic?] = []
  /// Nil after a jump: the next message tells.
  private var expected: UInt32? = 0
  /// Of the broken file that this one was recovered from; known at the end of the file.
  package private(set) var damage: String?
  /// The state that the cycle last read started from, where it is recorded.
  package private(set) var keyframe: RecordedKeyframe?

  /// - Parameter byName: takes also a recording with the layout of another build, of which only
  ///   `NamedCycle`s can be read.
  package init(
    _ source: ByteSource, limits: ReaderLimits = ReaderLimits(), byName: Bool = false
  ) throws(RecordingError) {
    reader = try MCAPReader(source, limits: limits)
    var hasOurLayout = false
    var facts: MCAPMetadata?
    var attachments: [MCAPAttachment] = []
    opening: while let record = try reader.next() {
      switch record {
      case .metadata(let metadata) where metadata.name == DriveSchema.metadata:
        try Self.check(metadata, reader)
        hasOurLayout = metadata["layout"] == CycleLayout.hash
        guard hasOurLayout || byName else { throw Self.otherLayout(metadata, reader) }
        facts = metadata
      case .attachment(let attachment): attachments.append(attachment)
      case .metadata(let metadata) where metadata.name == Recovery.metadata:
        damage = metadata["damage"]
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
    self.hasOurLayout = hasOurLayout
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
  }

  private static func otherLayout(_ facts: MCAPMetadata, _ reader: MCAPReader) -> RecordingError {
    reader.error(
      0, "Metadata",
      "recorded by other software (\(reader.header.library)), whose core has other inputs or "
        + "outputs (layout \((facts["layout"] ?? "none").prefix(16))); this build's are "
        + "\(CycleLayout.hash.prefix(16)): replay it with the build that recorded it")
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
    guard hasOurLayout else { throw Self.otherLayout(facts, reader) }
    guard let message = try nextCycle() else { return false }
    try decoder.decode(message, of: reader.source, into: &cycle)
    return true
  }

  /// The next cycle by the names that the recording itself gives its fields; false at the end of a
  /// whole file.
  ///
  /// A log is read in one of the two ways, from its start on.
  package func next(_ cycle: inout NamedCycle) throws(RecordingError) -> Bool {
    guard let message = try nextCycle() else { return false }
    var decoder: NamedCycleDecoder
    if let namedDecoder { decoder = namedDecoder } else { decoder = .init(try ownLayout(message)) }
    // What it holds is moved, not copied.
    namedDecoder = nil
    try decoder.decode(message, of: reader.source, into: &cycle)
    namedDecoder = decoder
    return true
  }

  private func ownLayout(_ message: MCAPMessage) throws(RecordingError) -> RecordedLayout {
    let schema = reader.channels[message.channel].flatMap { reader.schemas[$0.schema] }
    let text = Array(schema?.data ?? [])
    let (found, named) = (SHA256.hex(of: text), facts["layout"] ?? "none")
    guard found == named else {
      throw reader.error(
        message.offset, "Message",
        "the schema of \(DriveSchema.cycleTopic) is not the layout that the header names: SHA-256 "
          + "\(found), the header says \(named)")
    }
    do { return try RecordedLayout(String(decoding: text, as: UTF8.self)) } catch {
      throw reader.error(
        message.offset, "Message", "the schema of \(DriveSchema.cycleTopic) \(error.text)")
    }
  }

  /// The field of each word of a cycle's inputs, whose lists have so many elements each, one where
  /// nothing is said; known after the first cycle.
  package func inputFields(_ counts: [Int]) -> [NamedField] {
    namedDecoder.map { RecordedLayout.fields($0.layout.inputs, counts) } ?? []
  }

  package func outputFields(_ counts: [Int]) -> [NamedField] {
    namedDecoder.map { RecordedLayout.fields($0.layout.outputs, counts) } ?? []
  }

  private func nextCycle() throws(RecordingError) -> MCAPMessage? {
    keyframe = nil
    while let message = try nextMessage() {
      switch topic(of: message.channel) {
      case .other: continue
      case .keyframe:
        try take(message)
        continue
      case .cycle: break
      }
      let number = expected ?? message.sequence
      guard message.sequence == number else {
        throw reader.error(
          message.offset, "Message",
          "cycle message \(message.sequence) follows \(Int64(number) - 1): cycles are missing")
      }
      guard expected != nil || keyframe != nil else {
        throw reader.error(
          message.offset, "Message", "the summary says that a keyframe stands before this cycle")
      }
      expected = number &+ 1
      return message
    }
    return nil
  }

  private enum Topic { case cycle, keyframe, other }

  /// A channel stays what it is once it was defined.
  private func topic(of channel: UInt16) -> Topic {
    let number = Int(channel)
    if number < topics.count, let known = topics[number] { return known }
    let missing = number + 1 - topics.count
    if missing > 0 { topics.append(contentsOf: repeatElement(nil, count: missing)) }
    let found: Topic =
      switch reader.channels[channel]?.topic {
      case DriveSchema.cycleTopic: .cycle
      case DriveSchema.keyframeTopic: .keyframe
      default: .other
      }
    topics[number] = found
    return found
  }

  private func take(_ message: MCAPMessage) throws(RecordingError) {
    let schema = reader.channels[message.channel].flatMap { reader.schemas[$0.schema] }
    let isOurs = schema?.data.elementsEqual(KeyframeLayout.text.utf8)
    let found = try KeyframeCodec.decode(message, of: reader.source, isOurs: isOurs ?? false)
    if !decoder.hasBegun { decoder = CycleDecoder(continuing: found.hashes) }
    keyframe = found
  }

  /// Goes on with the cycle of the last keyframe at or before a time.
  ///
  /// - Parameter seconds: since the first cycle of the recording; so is the answer.
  package func seek(to seconds: Double) throws(RecordingError) -> Double {
    guard let summary = try reader.summary() else {
      throw reader.error(reader.source.size, "end", "has no summary to find a time by")
    }
    func chunks(with topic: String) -> [MCAPChunkIndex] {
      let channel = summary.channels.values.first { $0.topic == topic }?.identifier
      return summary.chunks.filter { $0.indexOffsets.contains { $0.channel == channel } }
    }
    let cycles = chunks(with: DriveSchema.cycleTopic)
    guard let start = cycles.map(\.startTime).min(), let end = cycles.map(\.endTime).max(),
      end >= start
    else { throw reader.error(0, "summary", "the recording has no cycle") }
    func since(_ time: UInt64) -> Double { Double(time - start) / 1e9 }
    guard seconds >= 0, seconds <= since(end) else {
      throw reader.error(
        0, "summary", "no cycle is \(seconds) s after the first; allowed is 0 to \(since(end)) s")
    }
    let reached = chunks(with: DriveSchema.keyframeTopic).filter {
      $0.startTime >= start && since($0.startTime) <= seconds
    }
    guard let chunk = reached.max(by: { $0.startTime < $1.startTime }) else {
      throw reader.error(
        0, "summary", "has no state of the core at or before \(seconds) s: replay it from the start"
      )
    }
    reader.seek(to: chunk, of: summary)
    pending = nil
    decoder = CycleDecoder()
    expected = nil
    return since(chunk.startTime)
  }

  private func nextMessage() throws(RecordingError) -> MCAPMessage? {
    if let message = pending {
      pending = nil
      return message
    }
    while let record = try reader.next() {
      switch record {
      case .message(let message): return message
      case .metadata(let metadata) where metadata.name == DriveSchema.truck:
        vehicleNumber = metadata[DriveSchema.vehicle]
      case .metadata(let metadata) where metadata.name == Recovery.metadata:
        damage = metadata["damage"]
      case .metadata, .schema, .channel, .attachment: continue
      }
    }
    return nil
  }
}
