import DBC
import Signals
import Units
import WireCodec

extension ProfileBuilder {
  func readTransmit(_ section: CheckedValue) {
    if section.members.count > FrameTable.transmitCapacity {
      section.refuse(
        read: "\(section.members.count) messages",
        allowed: "at most \(FrameTable.transmitCapacity) messages")
    }
    for (name, place) in section.members {
      guard let binding = binding(place) else {
        place.consumeAll()
        continue
      }
      var row = TransmitRow()
      row.bus = binding.bus
      row.isExtended = binding.message.isExtended
      row.length = UInt8(clamping: binding.message.length)
      row.identifier = sendIdentifier(binding)
      // J1939: the last byte is the source address, whatever the message.
      if binding.message.isJ1939 { row.senderMask = 0xFF }
      if let period = place["period"]?.number {
        row.period = .seconds(period)
        if row.period.nanoseconds % 10_000_000 != 0 {
          place["period"]?.refuse(
            read: formatted(period, .duration), allowed: "a multiple of 10 ms")
        }
      }
      (row.hasCounter, row.counter, row.counterModulus) = counter(binding)
      row.check = check(binding)
      row.fill = place["fill"]?.text == "zeros" ? 0 : .max
      row.isFD = binding.message.isFD || binding.message.length > 8
      row.bitRateSwitch = row.isFD && profile.buses[Int(binding.bus)].dataBitRate > 0
      checkLength(binding)
      row.firstField = profile.frames.transmitFieldCount
      for (channelName, value) in place["fields"]?.members ?? [] {
        guard let channel = CommandChannel.byName.first(where: { $0.name == channelName })?.channel,
          let field = commandField(value, channel, binding)
        else { continue }
        guard append(field, value) else { return }
      }
      for (signalName, value) in place["constants"]?.members ?? [] {
        guard let field = constant(signalName, value, binding) else { continue }
        guard append(field, value) else { return }
      }
      row.fieldCount = profile.frames.transmitFieldCount - row.firstField
      guard profile.frames.transmitCount < FrameTable.transmitCapacity else { return }
      profile.frames.transmit[profile.frames.transmitCount] = row
      profile.frames.transmitCount += 1
      profile.transmitNames.append(name)
    }
  }

  private func sendIdentifier(_ binding: MessageBinding) -> UInt32 {
    let message = binding.message
    let destination = binding.place["destination"]
    guard message.isJ1939 else {
      destination?.report("message \(message.name) is not a J1939 message and has no destination")
      return message.identifier
    }
    var identifier = message.identifier & 0xFFFF_FF00 | UInt32(profile.sourceAddress)
    if isPeerToPeer(message.identifier) {
      guard let address = destination?.integer else {
        if destination == nil {
          binding.place.report("message \(message.name) needs a destination (PDU1)")
        }
        return identifier
      }
      identifier = identifier & 0xFFFF_00FF | UInt32(clamping: address) << 8
    } else {
      destination?.report("message \(message.name) goes to all (PDU2) and has no destination")
    }
    return identifier
  }

  private func append(_ field: CommandField, _ value: CheckedValue) -> Bool {
    guard profile.frames.transmitFieldCount < FrameTable.transmitFieldCapacity else {
      value.report("more than \(FrameTable.transmitFieldCapacity) fields and constants")
      return false
    }
    profile.frames.transmitFields[profile.frames.transmitFieldCount] = field
    profile.frames.transmitFieldCount += 1
    return true
  }

  /// ISO 11898-1: the payloads that an FD frame can have.
  private func checkLength(_ binding: MessageBinding) {
    let lengths = Array(0...8) + [12, 16, 20, 24, 32, 48, 64]
    guard !lengths.contains(binding.message.length) else { return }
    binding.place["message"]?.refuse(
      read: "\(binding.message.name) of \(binding.message.length) bytes",
      allowed: "0 to 8, 12, 16, 20, 24, 32, 48 or 64 bytes")
  }

  /// A field whose limits leave one raw number.
  private func constant(
    _ name: String, _ value: CheckedValue, _ binding: MessageBinding
  ) -> CommandField? {
    guard let raw = value.integer, let found = signal(name, of: binding.message, at: value) else {
      return nil
    }
    if found.length < 62, UInt64(clamping: raw) >> UInt64(found.length) != 0 {
      value.refuse(read: "\(raw)", allowed: "what fits in \(found.length) bits")
    }
    var field = CommandField()
    field.channel = .constant
    field.bits = bitField(found)
    field.lowestRaw = Int64(raw)
    field.highestRaw = Int64(raw)
    return field
  }

  private func commandField(
    _ value: CheckedValue, _ channel: CommandChannel, _ binding: MessageBinding
  ) -> CommandField? {
    guard let name = value["signal"]?.text,
      let found = signal(name, of: binding.message, at: value["signal"])
    else { return nil }
    var field = CommandField()
    field.channel = channel
    field.bits = bitField(found)
    if value["codes"] != nil {
      field.codes = sentCodes(value, found, channel)
      return field
    }
    guard let factor = factor(value, found, channel.dimension) else { return nil }
    field.scale = found.scale * factor
    field.offset = found.offset * factor
    guard found.scale != 0 else {
      value.report("signal \(name) has scale zero")
      return nil
    }
    let width = min(found.length, 62)
    var low: Int64 = found.isSigned ? -(1 << Int64(width - 1)) : 0
    var high: Int64 = found.isSigned ? (1 << Int64(width - 1)) - 1 : (1 << Int64(width)) - 1
    if let minimum = found.minimum, let maximum = found.maximum {
      let ends = [minimum, maximum].map { (($0 - found.offset) / found.scale).rounded() }
      if let first = ends.min().flatMap({ Int64(exactly: $0) }) { low = max(low, first) }
      if let last = ends.max().flatMap({ Int64(exactly: $0) }) { high = min(high, last) }
    }
    guard low <= high else {
      value.report("signal \(name) has limits that no raw value meets")
      return nil
    }
    field.lowestRaw = low
    field.highestRaw = high
    return field
  }

  /// The listed codes the other way round; commands without unit are 0 or 1.
  private func sentCodes(
    _ value: CheckedValue, _ signal: DBCSignal, _ channel: CommandChannel
  ) -> CodeTable {
    let listed = codes(value, signal, channel.dimension)
    var sent = CodeTable()
    for wire in UInt64(0)..<15 {
      if let meaning = listed[wire] { sent[meaning] = wire }
    }
    if sent[0] == nil || sent[1] == nil {
      value["codes"]?.report("a code for 0 and one for 1 are due")
    }
    return sent
  }
}
