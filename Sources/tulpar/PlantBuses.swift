import CAN
import Signals
import SocketCAN
import WireCodec

/// The buses that the simulated truck hangs on: each of its controllers on one of them.
package struct PlantBuses {
  package struct Mistake: Error {
    package let message: String
  }

  private struct Place {
    let identifier: UInt32
    let mask: UInt32
    let isExtended: Bool
    let bus: Int
  }

  let ports: [LinuxCANPort]
  private let places: [Place]

  /// - Parameter table: which message the truck's wiring has on which bus.
  init(_ ports: [LinuxCANPort], table: borrowing FrameTable) {
    self.ports = ports
    var places: [Place] = []
    let receive = table.receive.span
    for index in 0..<min(max(table.receiveCount, 0), FrameTable.receiveCapacity) {
      places.append(
        Place(
          identifier: receive[index].identifier, mask: receive[index].mask,
          isExtended: receive[index].isExtended, bus: Int(receive[index].bus)))
    }
    let transmit = table.transmit.span
    for index in 0..<min(max(table.transmitCount, 0), FrameTable.transmitCapacity) {
      places.append(
        Place(
          identifier: transmit[index].identifier, mask: 0x1FFF_FFFF,
          isExtended: transmit[index].isExtended, bus: Int(transmit[index].bus)))
    }
    self.places = places
  }

  /// Where the frames of each bus of the profile go.
  package static func interfaces(_ words: [String], buses: [String]) throws(Mistake) -> [String] {
    if words.count == 1, !words[0].contains("=") { return words }
    var found: [String: String] = [:]
    for word in words {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, buses.contains(parts[0]), found[parts[0]] == nil else {
        throw Mistake(
          message: "read '\(word)', expected BUS=INTERFACE once for each of "
            + "\(buses.isEmpty ? "the configuration's buses" : buses.joined(separator: ", "))")
      }
      found[parts[0]] = parts[1]
    }
    var interfaces: [String] = []
    for bus in buses {
      guard let interface = found[bus] else {
        throw Mistake(message: "bus '\(bus)' is missing, as in \(bus)=v\(bus)")
      }
      interfaces.append(interface)
    }
    return interfaces
  }

  func send(_ frame: CANFrame) {
    let bus = ports.count > 1 ? bus(of: frame) ?? 0 : 0
    if ports.indices.contains(bus) { _ = ports[bus].send(frame) }
  }

  /// Whether a frame on one of the ports is where its controllers listen; one of nobody's is heard
  /// everywhere.
  func carries(_ frame: CANFrame, on port: Int) -> Bool {
    ports.count == 1 || bus(of: frame).map { $0 == port } ?? true
  }

  private func bus(of frame: CANFrame) -> Int? {
    let place = places.first {
      $0.isExtended == frame.isExtended && frame.identifier & $0.mask == $0.identifier & $0.mask
    }
    return place?.bus
  }
}
