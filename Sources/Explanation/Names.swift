import BorderZone
import Control
import DriveConfiguration
import PathFollowing
import SafeStop
import Signals
import Units
import WireCodec

/// What an explanation calls things by.
package struct Names: Sendable {
  package let zones: [String]
  package let lines: [String]
  package let buses: [String]
  package let obstacles: [String]
  package var shadowHours = 0.0
  /// Parts that are not the commissioned ones, and what they void.
  package var replacedParts: [String] = []
  /// As the profile calls them, by row; empty where only the compiled table is known.
  package var messages: [String] = []
  /// What the buses are opened as, where that is not their name.
  package var interfaces: [String] = []
  package let frames: FrameTable
  package let zoneTable: ZoneTable
  package let health: HealthTable
  package let moveOffDistance: Metres

  package init(_ configuration: DriveConfiguration) {
    zones = configuration.zoneNames
    lines = configuration.holdLineNames
    buses = configuration.buses.map(\.interface)
    obstacles = configuration.armingObstacles
    frames = configuration.controller.frames
    zoneTable = configuration.controller.zones
    health = configuration.controller.safeStop.health
    moveOffDistance = configuration.controller.follower.moveOffDistance
  }

  package func bus(_ index: UInt8) -> String {
    buses.indices.contains(Int(index)) ? buses[Int(index)] : "bus \(index)"
  }

  func interface(_ index: Int) -> String {
    if interfaces.indices.contains(index) { return interfaces[index] }
    return buses.indices.contains(index) ? buses[index] : "another interface"
  }

  package func line(_ index: Int64) -> String? { name(lines, index) }
  package func zone(_ index: Int64) -> String? { name(zones, index) }

  private func name(_ names: [String], _ index: Int64) -> String? {
    Int(exactly: index).flatMap { names.indices.contains($0) ? names[$0] : nil }
  }

  /// As in "message wheel_speeds, xxFE6E0B (PGN 65134), of can0 (wheelSpeedFrontLeft)".
  package func message(_ row: Int) -> String {
    guard (0..<min(frames.receiveCount, FrameTable.receiveCapacity)).contains(row) else {
      return "message \(row) of the profile"
    }
    let receive = frames.receive[row]
    let name = messages.indices.contains(row) ? "\(messages[row]), " : ""
    var signals: [String] = []
    let end = min(receive.firstField + receive.fieldCount, FrameTable.fieldCapacity)
    for i in min(receive.firstField, end)..<end { signals.append("\(frames.fields[i].channel)") }
    return "message \(name)\(Self.identifier(receive)) of \(bus(receive.bus)) "
      + "(\(signals.joined(separator: ", ")))"
  }

  /// As candump writes it, with the parameter group of a J1939 one, whose priority is left open.
  private static func identifier(_ receive: ReceiveRow) -> String {
    let number = receive.identifier & receive.mask
    let digits = String(number, radix: 16, uppercase: true)
    let zeros = String(repeating: "0", count: max((receive.isExtended ? 8 : 3) - digits.count, 0))
    guard receive.isExtended, receive.mask & 0x1C00_0000 == 0 else { return zeros + digits }
    // Below 240 the format is followed by a destination, which is no part of the group.
    let group = number >> 8 & (number >> 16 & 0xFF < 240 ? 0x3FF00 : 0x3FFFF)
    return "xx\((zeros + digits).suffix(6)) (PGN \(group)),"
  }

  /// The first message that carries the signal.
  package func row(of channel: SignalChannel) -> Int? {
    for row in 0..<min(frames.receiveCount, FrameTable.receiveCapacity) {
      let receive = frames.receive[row]
      let end = min(receive.firstField + receive.fieldCount, FrameTable.fieldCapacity)
      for i in min(receive.firstField, end)..<end where frames.fields[i].channel == channel {
        return row
      }
    }
    return nil
  }
}
