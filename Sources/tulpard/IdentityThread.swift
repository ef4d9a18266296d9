import CAN
import CLinux
import DriveConfiguration
import GPSD
import Logbook
import Realtime
import Records
import Signals
import SocketCAN
import Synchronization

/// Listens on every bus for the truck's number and its controllers' names, without a deadline.
final class IdentityThread: @unchecked Sendable {
  private let state: DaemonState
  private let record: CommissioningRecord?
  private let keeper: DriveKeeper?
  private let gnss: GPSDClient
  // Used by the one thread that `start` makes.
  private let ports: [LinuxCANPort]
  private var watch: IdentityWatch
  private var toldReplaced: [String] = []

  /// - Parameters:
  ///   - sources: messages of the maker's own that tell who is who.
  ///   - record: what is compared with; without one only the number is noted.
  ///   - keeper: notes it in the drives.
  ///   - gnss: tells of the receiver.
  init(
    _ buses: [BusState], sources: [IdentitySource], record: CommissioningRecord?,
    keeper: DriveKeeper?, gnss: GPSDClient, state: DaemonState
  ) throws(StartFailure) {
    self.state = state
    self.gnss = gnss
    self.keeper = keeper
    self.record = record
    watch = IdentityWatch(buses: buses.map(\.name), sources: sources)
    // Address claims and both kinds of transport frames to anyone, vehicle and software
    // identification in one frame.
    let network = [
      (UInt32(0x00EE_0000), UInt32(0x03FF_0000)), (0x00EC_0000, 0x03FF_0000),
      (0x00EB_0000, 0x03FF_0000), (0x00FE_EC00, 0x03FF_FF00), (0x00FE_DA00, 0x03FF_FF00),
    ].map { SocketFilter(identifier: $0.0, mask: $0.1, isExtended: true) }
    var options = SocketOptions()
    options.flexibleDataRate = true
    var ports: [LinuxCANPort] = []
    for bus in buses {
      let own = sources.filter { $0.bus == Int(bus.index) }.map {
        SocketFilter(
          identifier: $0.identifier, mask: $0.isExtended ? 0x1FFF_FFFF : 0x7FF,
          isExtended: $0.isExtended)
      }
      do throws(CANPortError) {
        ports.append(
          try LinuxCANPort(interface: bus.interface, filters: network + own, options: options))
      } catch {
        throw .failed("bus '\(bus.name)': \(bus.interface) cannot be opened (\(error))")
      }
    }
    self.ports = ports
  }

  func start() throws(RealtimeThread.Failure) -> RealtimeThread {
    try RealtimeThread(.init(name: "identity")) { [self] in run() }
  }

  private func run() {
    while true {
      let now = tl_monotonic_ns()
      let descriptors = ports.map { $0.descriptor ?? -1 }
      _ = unsafe tl_poll(descriptors, UInt32(descriptors.count), now + 500_000_000)
      for (bus, port) in ports.enumerated() { drain(port, bus) }
      if let receiver = gnss.receiver { watch.receive(receiver: receiver) }
      publish()
      // A socket whose interface is down is readable at once, every time.
      if ports.contains(where: { $0.state != .up }) { tl_sleep_until(now + 50_000_000) }
    }
  }

  private func drain(_ port: LinuxCANPort, _ bus: Int) {
    for _ in 0..<256 {
      guard let reception = try? port.receive() else { return }
      watch.receive(reception.frame, bus: bus, at: reception.receivedAt)
    }
  }

  private func publish() {
    if let number = watch.vehicleNumber {
      let hash =
        number == IdentityWatch.contradiction
        ? ShadowLedger.contradiction : ShadowRecord.hash(ofVehicle: number)
      state.vehicleHash.store(hash, ordering: .relaxed)
      keeper?.note(vehicle: number)
    }
    guard let record else { return }
    state.vehicleMatch.store(watch.vehicle(against: record).rawValue, ordering: .relaxed)
    state.componentMatch.store(watch.components(against: record).rawValue, ordering: .relaxed)
    let replaced = watch.replacements(against: record)
    guard replaced != toldReplaced else { return }
    for text in replaced where !toldReplaced.contains(text) {
      Journal.warning("\(text); tulpar commission --resume")
    }
    toldReplaced = replaced
    state.replacedParts.withLock { $0 = replaced }
  }
}
