import DBC
import Signals
import Units
import WireCodec

/// A message with its place in the profile and its rows under construction.
struct MessageBinding {
  let place: CheckedValue
  let message: DBCMessage
  let bus: UInt8
}

extension ProfileBuilder {
  /// Finds message and bus of a `receive` or `transmit` entry.
  func binding(_ place: CheckedValue) -> MessageBinding? {
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
    if found.isFD || found.length > 8, !profile.buses[bus].isFD {
      place["bus"]?.report(
        "message \(name) of \(found.length) bytes is an FD message; allowed: a bus with fd: true")
    }
    return MessageBinding(place: place, message: found, bus: UInt8(bus))
  }

  func signal(
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
      row.check = check(binding)
      var needed = row.hasCounter ? bytes(of: row.counter) : 0
      if row.check.kind != .none { needed = max(needed, bytes(of: row.check.field)) }
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
  private func identify(_ binding: MessageBinding, into row: inout ReceiveRow) {
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
  func isPeerToPeer(_ identifier: UInt32) -> Bool { identifier >> 16 & 0xFF < 240 }

  func bitField(_ signal: DBCSignal) -> BitField {
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

  func counter(_ binding: MessageBinding) -> (Bool, BitField, UInt8) {
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

  func check(_ binding: MessageBinding) -> FrameCheck {
    guard let section = binding.place["checksum"] else { return FrameCheck() }
    let given = section["data_id"]
    guard let name = section["signal"]?.text, let word = section["kind"]?.text,
      let kind = ChecksumKind.byName.first(where: { $0.name == word })?.kind,
      let found = signal(name, of: binding.message, at: section["signal"])
    else { return FrameCheck() }
    if found.length != kind.width {
      section["signal"]?.refuse(
        read: "\(name) of \(found.length) bits", allowed: "\(kind.width) bits for \(word)")
    }
    let field = bitField(found)
    if kind.isCyclic, !field.fillsBytes {
      section["signal"]?.refuse(
        read: "\(name) at bit \(found.startBit)", allowed: "whole bytes for \(word)")
    }
    if given != nil, !kind.isCyclic { given?.report("\(word) has no data_id") }
    let identifier = given?.integer ?? Int(binding.message.identifier & 0xFFFF)
    return FrameCheck(kind, field: field, dataIdentifier: UInt16(clamping: identifier))
  }

  private func signalField(
    _ value: CheckedValue, _ channel: SignalChannel, _ binding: MessageBinding
  ) -> SignalField? {
    guard let name = value["signal"]?.text,
      let found = signal(name, of: binding.message, at: value["signal"])
    else { return nil }
    var field = SignalField()
    field.channel = channel
    field.bits = bitField(found)
    field.codes = codes(value, found, channel.dimension)
    guard field.codes.isEmpty else {
      if value["unchecked"] != nil { value.report("codes and unchecked exclude each other") }
      return field
    }
    guard let factor = factor(value, found, channel.dimension) else { return nil }
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

  /// What each listed code of the bus stands for; empty without a list.
  func codes(_ value: CheckedValue, _ signal: DBCSignal, _ dimension: Dimension?) -> CodeTable {
    var table = CodeTable()
    guard let section = value["codes"] else { return table }
    guard dimension == nil, !signal.isSigned else {
      section.report("codes are for unsigned signals of channels without unit")
      return table
    }
    for (code, meaning) in section.members {
      guard let wire = UInt64(code), wire < 15, signal.length >= 4 || wire >> signal.length == 0
      else {
        meaning.refuse(
          read: "code \(quoted(code))",
          allowed: "0 to 14 that fits in \(signal.length) bits of \(signal.name)")
        continue
      }
      if let meaning = meaning.integer { table[wire] = UInt64(clamping: meaning) }
    }
    return table
  }

  /// What the DBC's physical value is multiplied by to become the channel's.
  func factor(
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
}
