import DBC
import Signals
import Units
import WireCodec

/// A message with its place in the profile and its rows under construction.
private struct Binding {
  let place: CheckedValue
  let message: DBCMessage
  let bus: UInt8
}

extension ProfileBuilder {
  /// Finds message and bus of a `receive` or `transmit` entry.
  private func binding(_ place: CheckedValue) -> Binding? {
    let name = place["message"]?.text
    let busName = place["bus"]?.text
    guard let name, let busName else { return nil }
    let bus = profile.buses.firstIndex { $0.name == busName }
    if bus == nil {
      place["bus"]?.refuse(
        read: quoted(busName), allowed: profile.buses.map(\.name).joined(separator: " | "))
    }
    let found = databases.lazy.compactMap { $0.message(named: name) }.first
    if found == nil, !databases.isEmpty {
      let names = databases.flatMap { $0.messages.map(\.name) }
      let hint = nearest(name, of: names).map { "; did you mean \($0)?" } ?? ""
      place["message"]?.report("no message \(quoted(name)) in the DBC files\(hint)")
    }
    guard let bus, let found else { return nil }
    return Binding(place: place, message: found, bus: UInt8(bus))
  }

  private func signal(
    _ name: String, of message: DBCMessage, at place: CheckedValue?
  ) -> DBCSignal? {
    if let signal = message.signal(named: name) {
      if signal.floatKind != .none || signal.length > 64 {
        place?.report("signal \(name) is not an integer of at most 64 bits")
        return nil
      }
      if signal.multiplexing != nil {
        place?.report("signal \(name) is multiplexed; only plain signals can be bound")
        return nil
      }
      return signal
    }
    let hint = nearest(name, of: message.signals.map(\.name)).map { "; did you mean \($0)?" } ?? ""
    place?.report("no signal \(quoted(name)) in message \(message.name)\(hint)")
    return nil
  }

  func readReceive(_ section: CheckedValue) {
    if !(1...FrameTable.receiveCapacity).contains(section.members.count) {
      section.refuse(
        read: "\(section.members.count) messages",
        allowed: "1 to \(FrameTable.receiveCapacity) messages")
    }
    var bound: [SignalChannel: String] = [:]
    for (name, place) in section.members {
      var row = ReceiveRow()
      readTiming(place, into: &row)
      guard let binding = binding(place) else {
        _ = place["signals"]?.consumeAll()
        continue
      }
      identify(binding, into: &row)
      row.firstField = profile.frames.fieldCount
      (row.hasCounter, row.counter, row.counterModulus) = counter(binding)
      (row.checksum, row.checksumField) = checksum(binding)
      row.minimumLength = 0
      var needed = row.hasCounter ? bytes(of: row.counter) : 0
      if row.checksum != .none { needed = max(needed, bytes(of: row.checksumField)) }
      for (channelName, value) in place["signals"]?.members ?? [] {
        guard let channel = SignalChannel.byName.first(where: { $0.name == channelName })?.channel,
          let field = signalField(value, channel, binding)
        else { continue }
        if let other = bound.updateValue("receive.\(name)", forKey: channel) {
          value.report("\(channelName) is already bound under \(other)")
        }
        guard profile.frames.fieldCount < FrameTable.fieldCapacity else {
          value.report("more than \(FrameTable.fieldCapacity) signals")
          return
        }
        profile.frames.fields[profile.frames.fieldCount] = field
        profile.frames.fieldCount += 1
        needed = max(needed, bytes(of: field.bits))
      }
      row.minimumLength = UInt8(clamping: needed)
      row.fieldCount = profile.frames.fieldCount - row.firstField
      guard profile.frames.receiveCount < FrameTable.receiveCapacity else { return }
      refuseAmbiguity(row, name, place)
      profile.frames.receive[profile.frames.receiveCount] = row
      profile.frames.receiveCount += 1
      profile.receiveNames.append(name)
    }
  }

  /// A frame is given to the first row that matches; a second row would never see one.
  private func refuseAmbiguity(_ row: ReceiveRow, _ name: String, _ place: CheckedValue) {
    for i in 0..<profile.frames.receiveCount {
      let other = profile.frames.receive[i]
      let common = row.mask & other.mask
      if other.bus == row.bus, other.isExtended == row.isExtended,
        other.identifier & common == row.identifier & common
      {
        place.report(
          "the same frames as receive.\(profile.receiveNames[i]); bind its signals there")
      }
    }
  }

  private func readTiming(_ place: CheckedValue, into row: inout ReceiveRow) {
    if let period = place["period"]?.number { row.period = .seconds(period) }
    if let freshness = place["freshness"]?.number { row.freshness = .seconds(freshness) }
    // S-5: what is sent every 100 ms cannot be found missing after 60 ms.
    if row.freshness < row.period * 3 {
      place["freshness"]?.refuse(
        read: formatted(row.freshness.seconds, .duration),
        allowed: "at least three periods, \(formatted((row.period * 3).seconds, .duration)) (S-5)")
    }
    let levels: [(String, StopLevel)] = [
      ("nominal", .nominal), ("degraded", .degraded), ("comfort_stop", .comfortStop),
      ("emergency_stop", .emergencyStop),
    ]
    let level = place["on_loss"]?["level"]?.text
    if let level = levels.first(where: { $0.0 == level })?.1 { row.lossLevel = level }
    let reason = place["on_loss"]?["reason"]?.text
    if let reason = Reason.byName.first(where: { $0.name == reason })?.channel {
      row.lossReason = reason
    }
  }

  /// J1939 frames match by parameter group and addresses, whatever their priority.
  private func identify(_ binding: Binding, into row: inout ReceiveRow) {
    let message = binding.message
    row.bus = binding.bus
    row.isExtended = message.isExtended
    let source = binding.place["source"]
    let destination = binding.place["destination"]
    guard message.isJ1939 else {
      row.identifier = message.identifier
      row.mask = message.isExtended ? 0x1FFF_FFFF : 0x7FF
      for given in [source, destination] {
        given?.report("message \(message.name) is not a J1939 message and has no addresses")
      }
      return
    }
    guard let address = source?.integer else {
      if source == nil { binding.place.report("a J1939 message needs its source address") }
      return
    }
    row.mask = 0x03FF_FFFF
    row.identifier = message.identifier & 0x03FF_FF00 | UInt32(clamping: address)
    guard isPeerToPeer(message.identifier) else {
      destination?.report("message \(message.name) goes to all (PDU2) and has no destination")
      return
    }
    if let address = destination?.integer {
      row.identifier = row.identifier & 0xFFFF_00FF | UInt32(clamping: address) << 8
    } else {
      row.mask = 0x03FF_00FF
      row.identifier &= row.mask
    }
  }

  /// Whether the PDU format is below 240, so that the next byte is a destination.
  private func isPeerToPeer(_ identifier: UInt32) -> Bool { identifier >> 16 & 0xFF < 240 }

  private func bitField(_ signal: DBCSignal) -> BitField {
    var field = BitField(
      start: UInt16(clamping: signal.startBit), length: UInt8(clamping: signal.length))
    field.isBigEndian = signal.isBigEndian
    field.isSigned = signal.isSigned
    return field
  }

  /// Payload bytes that the field needs.
  private func bytes(of field: BitField) -> Int {
    for count in 1..<64 where field.fits(length: UInt8(count)) { return count }
    return 64
  }

  private func counter(_ binding: Binding) -> (Bool, BitField, UInt8) {
    guard let section = binding.place["counter"] else { return (false, BitField(), 16) }
    let modulus = section["modulus"]?.integer ?? 16
    guard let name = section["signal"]?.text,
      let found = signal(name, of: binding.message, at: section["signal"])
    else { return (false, BitField(), 16) }
    if found.length > 8 || modulus > 1 << found.length {
      section["modulus"]?.refuse(
        read: "\(modulus)", allowed: "what fits in \(min(found.length, 8)) bits")
    }
    return (true, bitField(found), UInt8(clamping: modulus))
  }

  private func checksum(_ binding: Binding) -> (ChecksumKind, BitField) {
    guard let section = binding.place["checksum"] else { return (.none, BitField()) }
    let kinds: [(String, ChecksumKind, Int)] = [
      ("tsc1", .tsc1, 4), ("xbr", .xbr, 4), ("crc8", .crc8, 8),
    ]
    guard let name = section["signal"]?.text, let kind = section["kind"]?.text,
      let found = signal(name, of: binding.message, at: section["signal"]),
      let match = kinds.first(where: { $0.0 == kind })
    else { return (.none, BitField()) }
    if found.length != match.2 {
      section["signal"]?.refuse(
        read: "\(name) of \(found.length) bits", allowed: "\(match.2) bits for \(kind)")
    }
    return (match.1, bitField(found))
  }

  // MARK: Received signals

  private func signalField(
    _ value: CheckedValue, _ channel: SignalChannel, _ binding: Binding
  ) -> SignalField? {
    guard let name = value["signal"]?.text,
      let found = signal(name, of: binding.message, at: value["signal"]),
      let factor = factor(value, found, channel.dimension)
    else { return nil }
    var field = SignalField()
    field.channel = channel
    field.bits = bitField(found)
    field.scale = found.scale * factor
    field.offset = found.offset * factor
    guard !(value["unchecked"]?.flag ?? false) else { return field }
    if binding.message.isJ1939, !found.isSigned {
      (field.errorFrom, field.notAvailableFrom) = Self.reservedRanges(bits: found.length)
    }
    if let minimum = found.minimum, let maximum = found.maximum {
      // Half a step of slack: limits in DBC files are rounded decimals.
      let slack = (field.scale / 2).magnitude
      field.lowest = min(minimum * factor, maximum * factor) - slack
      field.highest = max(minimum * factor, maximum * factor) + slack
    }
    return field
  }

  /// From which raw values a J1939 parameter says "error" and "not available" (SAE J1939-71: the
  /// top byte of a measured value, the last two codes of a discrete one).
  static func reservedRanges(bits: Int) -> (error: UInt64, notAvailable: UInt64) {
    switch bits {
    case ..<2: (.max, .max)
    case 2..<8: ((1 << UInt64(bits)) - 2, (1 << UInt64(bits)) - 1)
    default: (0xFE << UInt64(min(bits, 64) - 8), 0xFF << UInt64(min(bits, 64) - 8))
    }
  }

  /// What the DBC's physical value is multiplied by to become the channel's.
  private func factor(
    _ value: CheckedValue, _ signal: DBCSignal, _ dimension: Dimension?
  ) -> Double? {
    let sign = value["inverted"]?.flag ?? false ? -1.0 : 1.0
    if let text = value["per_unit"] { return perUnit(text, dimension).map { $0 * sign } }
    guard let dimension else {
      // Codes and flags have no unit; a signal with one was meant for another channel.
      guard signal.unit.isEmpty else {
        value.report("signal \(signal.name) has unit \(quoted(signal.unit)), this channel has none")
        return nil
      }
      return sign
    }
    guard let unit = UnitTable.unit(signal.unit), unit.dimension == dimension else {
      let units = UnitTable.units(of: dimension).map(\.symbol).joined(separator: ", ")
      value.report(
        "signal \(signal.name) has unit \(quoted(signal.unit)), which is no "
          + "\(dimension.description) (\(units)); correct the DBC or give per_unit")
      return nil
    }
    return unit.scale * sign
  }

  private func perUnit(_ place: CheckedValue, _ dimension: Dimension?) -> Double? {
    guard let text = place.text else { return nil }
    switch (QuantityText(text), dimension) {
    case (.quantity(let number, let unit), let dimension?)
    where unit.dimension == dimension && number != 0:
      return number * unit.scale
    case (.bare(let number), nil) where number != 0: return number
    default:
      place.refuse(
        read: quoted(text),
        allowed: dimension.map { "\($0.description) with its unit, not zero" }
          ?? "a number without unit, not zero")
      return nil
    }
  }

  // MARK: Sent messages

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
      if let period = place["period"]?.number {
        row.period = .seconds(period)
        if row.period.nanoseconds % 10_000_000 != 0 {
          place["period"]?.refuse(
            read: formatted(period, .duration), allowed: "a multiple of 10 ms")
        }
      }
      (row.hasCounter, row.counter, row.counterModulus) = counter(binding)
      (row.checksum, row.checksumField) = checksum(binding)
      row.fill = fill(binding)
      row.firstField = profile.frames.transmitFieldCount
      for (channelName, value) in place["fields"]?.members ?? [] {
        guard let channel = CommandChannel.byName.first(where: { $0.name == channelName })?.channel,
          let field = commandField(value, channel, binding)
        else { continue }
        guard profile.frames.transmitFieldCount < FrameTable.transmitFieldCapacity else {
          value.report("more than \(FrameTable.transmitFieldCapacity) fields")
          return
        }
        profile.frames.transmitFields[profile.frames.transmitFieldCount] = field
        profile.frames.transmitFieldCount += 1
      }
      row.fieldCount = profile.frames.transmitFieldCount - row.firstField
      guard profile.frames.transmitCount < FrameTable.transmitCapacity else { return }
      profile.frames.transmit[profile.frames.transmitCount] = row
      profile.frames.transmitCount += 1
      profile.transmitNames.append(name)
    }
  }

  private func sendIdentifier(_ binding: Binding) -> UInt32 {
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

  /// The payload before its fields: ones, and the constants.
  private func fill(_ binding: Binding) -> UInt64 {
    var words = InlineArray<8, UInt64>(repeating: .max)
    for (name, value) in binding.place["constants"]?.members ?? [] {
      guard let raw = value.integer,
        let found = signal(name, of: binding.message, at: value)
      else { continue }
      if found.length < 64, UInt64(clamping: raw) >> UInt64(found.length) != 0 {
        value.refuse(read: "\(raw)", allowed: "what fits in \(found.length) bits")
      }
      bitField(found).insert(UInt64(clamping: raw), into: &words)
    }
    if binding.message.length > 8 {
      binding.place["message"]?.report("only messages of at most 8 bytes can be sent")
    }
    return words[0]
  }

  private func commandField(
    _ value: CheckedValue, _ channel: CommandChannel, _ binding: Binding
  ) -> CommandField? {
    _ = value["unchecked"]?.flag
    guard let name = value["signal"]?.text,
      let found = signal(name, of: binding.message, at: value["signal"]),
      let factor = factor(value, found, channel.dimension)
    else { return nil }
    var field = CommandField()
    field.channel = channel
    field.bits = bitField(found)
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
}
