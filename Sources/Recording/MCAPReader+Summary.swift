extension MCAPReader {
  /// What the file's end says of it; nil when it was written without a summary.
  package func summary() throws(RecordingError) -> MCAPSummary? {
    let least: UInt64 = 9 + 20 + 8
    guard source.size >= least + 8 else {
      throw error(source.size, "end", "the file is too short to end with a Footer")
    }
    let end = try source.slice(at: source.size - 8, count: 8)
    guard end.elementsEqual(MCAP.magic) else {
      var error = error(source.size - 8, "magic", "the file does not end with MCAP's magic bytes")
      error.isTruncation = true
      throw error
    }
    return try summary(footerAt: source.size - least)
  }

  func summary(footerAt place: UInt64) throws(RecordingError) -> MCAPSummary? {
    let last = try record(at: place)
    guard last.opcode == .footer else { throw cursor(last).error("a Footer must stand here") }
    var fields = cursor(last)
    let footer = try fields.footer()
    guard footer.summaryStart != 0 else { return nil }
    guard footer.summaryStart >= 8, footer.summaryStart <= place,
      footer.summaryOffsetStart == 0
        || (footer.summaryStart...place).contains(footer.summaryOffsetStart)
    else {
      throw fields.error(
        "the summary is said to begin at byte \(footer.summaryStart) and its offsets at "
          + "\(footer.summaryOffsetStart), the Footer is at \(place)")
    }
    try check(footer, place)
    var summary = MCAPSummary()
    summary.footer = footer
    var position = footer.summaryStart
    while position < place {
      let record = try record(at: position)
      position += 9 + UInt64(record.content.count)
      guard position <= place else {
        throw cursor(record).error("the record reaches into the Footer")
      }
      try add(record, to: &summary)
    }
    return summary
  }

  private func check(_ footer: MCAPFooter, _ place: UInt64) throws(RecordingError) {
    guard footer.summaryCRC != 0 else { return }
    var crc = CRC32()
    var position = footer.summaryStart
    let end = place + 9 + 16
    while position < end {
      let count = Int(min(end - position, 64 << 10))
      crc.update(try source.slice(at: position, count: count))
      position += UInt64(count)
    }
    guard crc.value == footer.summaryCRC else {
      throw error(
        footer.summaryStart, "summary",
        "the summary is damaged: CRC \(hexadecimal(UInt64(footer.summaryCRC), digits: 8)), computed "
          + hexadecimal(UInt64(crc.value), digits: 8))
    }
  }

  private func add(_ record: Raw, to summary: inout MCAPSummary) throws(RecordingError) {
    var fields = cursor(record)
    switch record.opcode {
    case .schema:
      let schema = try fields.schema()
      summary.schemas[schema.identifier] = schema
    case .channel:
      let channel = try fields.channel()
      summary.channels[channel.identifier] = channel
    case .statistics: summary.statistics = try fields.statistics()
    case .chunkIndex: summary.chunks.append(try fields.chunkIndex())
    case .attachmentIndex: summary.attachments.append(try fields.attachmentIndex())
    case .metadataIndex: summary.metadata.append(try fields.metadataIndex())
    case .summaryOffset, nil: break
    case .header, .footer, .message, .chunk, .messageIndex, .attachment, .metadata, .dataEnd:
      throw fields.error("not allowed in the summary section")
    }
  }

  /// The attachment that an index of the summary points at.
  package func attachment(
    _ index: MCAPAttachmentIndex
  ) throws(RecordingError) -> MCAPAttachment {
    let found = try record(at: index.offset)
    guard found.opcode == .attachment else {
      throw cursor(found).error("an Attachment must stand here")
    }
    var fields = cursor(found)
    return try fields.attachment()
  }
}

extension RecordCursor {
  /// The records of a chunk, unpacked and checked.
  mutating func chunk(
    limits: ReaderLimits, with zstandard: Zstandard
  ) throws(RecordingError) -> ArraySlice<UInt8> {
    let _: UInt64 = try number("message_start_time")
    let _: UInt64 = try number("message_end_time")
    let size: UInt64 = try number("uncompressed_size")
    let given: UInt32 = try number("uncompressed_crc")
    let compression = try text("compression")
    let packed = try counted("records", UInt64.self)
    guard size <= limits.chunk else {
      throw error("the chunk is \(size) bytes unpacked, allowed are \(limits.chunk)")
    }
    let content: ArraySlice<UInt8>
    switch compression {
    case "": content = packed
    case "zstd":
      switch zstandard.decompressed(packed, size: Int(size)) {
      case .success(let bytes): content = bytes[...]
      case .failure(let failure):
        throw error("cannot be unpacked to the \(size) bytes it says: \(failure.text)")
      }
    default:
      throw error("compression \"\(compression)\" is not read; allowed: none and zstd")
    }
    guard content.count == size else {
      throw error("holds \(content.count) bytes, says \(size)")
    }
    let computed = CRC32.of(content)
    guard given == 0 || given == computed else {
      throw error(
        "the chunk is damaged: CRC \(hexadecimal(UInt64(given), digits: 8)), computed "
          + hexadecimal(UInt64(computed), digits: 8))
    }
    return content
  }
}
