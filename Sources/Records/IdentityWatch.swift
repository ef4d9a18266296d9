import CAN
import DriveConfiguration
import J1939
import Signals

/// Listens for who is on the buses: vehicle number, NAMEs and software of the controllers (S-25), as
/// J1939 tells them and as the profile says of messages of the maker's own.
///
/// It never asks: in MANUAL and SHADOW nothing is transmitted. What nobody tells stays unknown.
package struct IdentityWatch: Sendable {
  /// PGN 65260, 65242: longer than a frame, so mostly by the transport protocol (J1939-71).
  package static var vehicleIdentification: UInt32 { 65_260 }
  package static var softwareIdentification: UInt32 { 65_242 }

  /// One controller of one bus.
  private struct Place: Hashable, Sendable {
    var bus: Int
    var address: UInt8
  }

  /// Where the record has the receiver, of which no bus tells.
  package static var receiverBus: String { "gpsd" }
  /// In place of a number, where two were told.
  package static var contradiction: String { "contradiction" }
  private static let receiver = Place(bus: -1, address: 0)

  private let buses: [String]
  private var transports: [J1939Transport]
  private var texts: [IdentityText]
  private var names: [Place: UInt64] = [:]
  private var software: [Place: String] = [:]
  package private(set) var vehicleNumber: String?

  /// - Parameters:
  ///   - buses: names as in the profile, in its order.
  ///   - sources: messages of the maker's own.
  package init(buses: [String], sources: [IdentitySource] = []) {
    self.buses = buses
    texts = sources.map(IdentityText.init)
    transports = buses.map { _ in J1939Transport() }
  }

  /// Takes any frame of a bus.
  package mutating func receive(_ frame: CANFrame, bus: Int, at nanoseconds: Int64) {
    // A message may carry more than one text.
    var isBound = false
    for index in texts.indices where texts[index].matches(frame, bus: bus) {
      isBound = true
      if let text = texts[index].take(frame) { note(text, from: texts[index].source) }
    }
    if isBound { return }
    guard transports.indices.contains(bus), frame.isExtended, !frame.isError, !frame.isRemote
    else { return }
    let identifier = J1939Identifier(frame.identifier)
    let bytes = frame.bytes
    switch identifier.parameterGroup {
    case J1939Group.addressClaimed:
      // From the null address a controller says that it has none.
      guard identifier.source < J1939Identifier.nullAddress, let name = J1939Name(bytes) else {
        return
      }
      names[Place(bus: bus, address: identifier.source)] = name.value
    case Self.vehicleIdentification, Self.softwareIdentification:
      take(identifier.parameterGroup, bytes, Place(bus: bus, address: identifier.source))
    default:
      transports[bus].tick(at: nanoseconds) { _ in }
      guard case .completed(let transfer) = transports[bus].receive(frame, at: nanoseconds) else {
        return
      }
      take(
        transfer.parameterGroup, transports[bus].payload(of: transfer),
        Place(bus: bus, address: transfer.source))
    }
  }

  /// Takes what gpsd tells of its receiver.
  package mutating func receive(receiver text: String) {
    // One space between words, as the record keeps it.
    let plain = text.utf8.map { (0x21...0x7E).contains($0) ? $0 : UInt8(ascii: " ") }
    software[Self.receiver] = String(decoding: plain, as: UTF8.self).split(separator: " ")
      .joined(separator: " ")
  }

  private mutating func take(_ group: UInt32, _ payload: [UInt8], _ place: Place) {
    switch group {
    case Self.vehicleIdentification:
      note(vehicle: Self.field(payload[...]))
    case Self.softwareIdentification:
      // The first byte counts the fields.
      guard payload.count > 1 else { return }
      software[place] = Self.field(payload[1...])
    default: break
    }
  }

  private mutating func note(_ text: String, from source: IdentitySource) {
    guard let address = source.address else { return note(vehicle: text) }
    software[Place(bus: source.bus, address: address)] = text
  }

  private mutating func note(vehicle number: String) {
    // Two controllers that tell two numbers: the truck is none that anybody knows.
    if let known = vehicleNumber, known != number {
      vehicleNumber = Self.contradiction
    } else {
      vehicleNumber = number
    }
  }

  /// Text up to the delimiter, without what pads it.
  private static func field(_ bytes: ArraySlice<UInt8>) -> String {
    let text = bytes.prefix { $0 != UInt8(ascii: "*") && $0 != 0 && $0 != 0xFF }
    let plain = text.map { (0x20...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }
    return String(decoding: plain, as: UTF8.self).trimmed
  }

  package func vehicle(against record: CommissioningRecord) -> IdentityMatch {
    guard let vehicleNumber else { return .unknown }
    return vehicleNumber == record.vehicleNumber ? .matches : .differs
  }

  /// The controllers that told a name or a software, by bus and address; a label is that of the
  /// preferred address (J1939, table B2), or tells the address.
  package var components: [CommissioningRecord.Component] {
    let places = Set(names.keys).union(software.keys)
    return places.sorted { ($0.bus, $0.address) < ($1.bus, $1.address) }.compactMap { place in
      if place == Self.receiver {
        var component = CommissioningRecord.Component(
          label: "gnss", bus: Self.receiverBus, address: place.address)
        component.software = software[place]
        return component
      }
      guard buses.indices.contains(place.bus) else { return nil }
      var component = CommissioningRecord.Component(
        label: Self.label(of: place.address, bus: place.bus), bus: buses[place.bus],
        address: place.address)
      component.name = names[place]
      component.software = software[place]
      return component
    }
  }

  /// Of the controller at an address, the same for what names it and for what depends on it.
  package static func label(of address: UInt8, bus: Int) -> String {
    let name: String
    switch address {
    case 0x00: name = "engine"
    case 0x03: name = "transmission"
    case 0x0B: name = "brakes"
    case 0x13: name = "steering"
    case 0x21: name = "body"
    default: name = "controller_0x" + String(address, radix: 16)
    }
    return bus == 0 ? name : "\(name)_\(bus)"
  }

  private func place(of component: CommissioningRecord.Component) -> Place? {
    if component.bus == Self.receiverBus { return Self.receiver }
    return buses.firstIndex(of: component.bus).map { Place(bus: $0, address: component.address) }
  }

  /// What a component that is not the commissioned one voids, in words.
  package func replacements(against record: CommissioningRecord) -> [String] {
    let seen = components
    return replaced(against: record).map { part in
      let steps = record.steps(restingOn: part.label).map(\.rawValue).joined(separator: ", ")
      let now = seen.first { $0.label == part.label }.map { ", now \($0.text)" } ?? ""
      return "\(part.label) is not the one that was commissioned (\(part.text)\(now)); to be done "
        + "again: \(steps.isEmpty ? "nothing but its identity" : steps)"
    }
  }

  /// Components of the record that told something else here.
  package func replaced(against record: CommissioningRecord) -> [CommissioningRecord.Component] {
    record.components.filter { component in
      guard let place = place(of: component) else { return true }
      let hasOtherName =
        component.name != nil && names[place] != nil && names[place] != component.name
      let hasOtherSoftware =
        component.software != nil && software[place] != nil
        && software[place] != component.software
      return hasOtherName || hasOtherSoftware
    }
  }

  /// Every component with a name or a software must have shown the same; one that differs decides.
  package func components(against record: CommissioningRecord) -> IdentityMatch {
    var result = IdentityMatch.matches
    var isAnyIdentifiable = false
    for component in record.components {
      guard let place = place(of: component) else { return .differs }
      for (expected, seen) in [
        (component.name.map { String($0, radix: 16) }, names[place].map { String($0, radix: 16) }),
        (component.software, software[place]),
      ] {
        guard let expected else { continue }
        isAnyIdentifiable = true
        guard let seen else {
          result = .unknown
          continue
        }
        if seen != expected { return .differs }
      }
    }
    return isAnyIdentifiable ? result : .unknown
  }
}

extension String {
  var trimmed: String {
    var text = self[...]
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
