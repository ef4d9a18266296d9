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

  /// As in "message 0x18FEBF0B of can0 (frontAxleSpeed)"; a J1939 one with its sender.
  package func message(_ row: Int) -> String {
    guard (0..<min(frames.receiveCount, FrameTable.receiveCapacity)).contains(row) else {
      return "message \(row) of the profile"
    }
    let receive = frames.receive[row]
    let digits = String(receive.identifier & receive.mask, radix: 16, uppercase: true)
    // Masked identifiers leave the priority of J1939 open.
    let sender =
      receive.isExtended
      ? ", sender 0x\(String(receive.identifier & 0xFF, radix: 16, uppercase: true))" : ""
    var signals: [String] = []
    let end = min(receive.firstField + receive.fieldCount, FrameTable.fieldCapacity)
    for i in min(receive.firstField, end)..<end { signals.append("\(frames.fields[i].channel)") }
    return
      "message 0x\(digits) of \(bus(receive.bus))\(sender) (\(signals.joined(separator: ", ")))"
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
