import DBC
import DriveConfiguration

extension ProfileSchema {
  private static var text: [Key] {
    [
      Key("message", .text, "Its name in the DBC file."),
      Key("bus", .text, "Name of the bus."),
      Key(
        "part", .text, required: false,
        "DBC signal that numbers the parts of the text from 0; absent where a frame holds it all."),
      Key(
        "text", .list(.text, count: 1...8),
        "DBC signals of whole bytes that hold the text, in its order; it ends at a byte 0 or 255."),
    ]
  }

  /// Where J1939 does not tell who is who.
  static var identity: [Key] {
    [
      Key("vehicle_number", .mapping(text), required: false, "17 characters (ISO 3779)."),
      Key(
        "controllers",
        .dictionary(
          allowed: [],
          .mapping(
            [
              Key(
                "address", .integer(0...255),
                "By which the commissioning record names the controller.")
            ] + text)), required: false, "Software or part number of each."),
    ]
  }
}

extension ProfileBuilder {
  /// Of the longest frame that a bus carries; a DBC may say anything.
  private static let frameBits = 0..<512

  func readIdentity(_ section: CheckedValue) {
    var places: [(place: CheckedValue, address: Int?)] = []
    if let place = section["vehicle_number"] { places.append((place, nil)) }
    for (_, place) in section["controllers"]?.members ?? [] {
      places.append((place, place["address"]?.integer ?? 0))
    }
    if places.count > IdentitySource.capacity {
      section.refuse(
        read: "\(places.count) texts", allowed: "at most \(IdentitySource.capacity)")
    }
    for (place, address) in places {
      if let source = identitySource(place, address) { profile.identity.append(source) }
    }
  }

  private func identitySource(_ place: CheckedValue, _ address: Int?) -> IdentitySource? {
    let part = place["part"]
    let names = place["text"]?.elements ?? []
    guard let binding = binding(place) else {
      _ = part?.text
      for name in names { _ = name.text }
      return nil
    }
    var source = IdentitySource()
    source.address = address.map { UInt8(clamping: $0) }
    source.bus = Int(binding.bus)
    source.identifier = binding.message.identifier
    source.isExtended = binding.message.isExtended
    if let part, let name = part.text,
      let found = signal(name, of: binding.message, at: part)
    {
      let lowest = found.isBigEndian ? found.startBit - found.length + 1 : found.startBit
      guard found.length <= 8, Self.frameBits.contains(lowest),
        lowest / 8 == (lowest + found.length - 1) / 8
      else {
        part.refuse(read: "signal \(name)", allowed: "a signal of bits of one of 64 bytes")
        return nil
      }
      (source.partByte, source.partShift, source.partBits) = (lowest / 8, lowest % 8, found.length)
    }
    for value in names {
      guard let name = value.text, let found = signal(name, of: binding.message, at: value) else {
        continue
      }
      // Either order of bytes lies in the frame as it is read.
      let first = found.isBigEndian ? found.startBit - 7 : found.startBit
      guard found.length % 8 == 0, first % 8 == 0, Self.frameBits.contains(first),
        found.length <= Self.frameBits.upperBound - first
      else {
        value.refuse(read: "signal \(name)", allowed: "a signal of whole bytes, of 64 at most")
        return nil
      }
      source.textBytes += (0..<found.length / 8).map { UInt8(first / 8 + $0) }
    }
    return source
  }
}
