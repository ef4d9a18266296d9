import CLinux
import Signals
import SocketCAN
import Synchronization
import Units

/// Reads what `tulpar-bus` says of each link; from the main thread, which has no deadline.
struct LinkWatch {
  private static let interval = Interval.milliseconds(100)
  /// The helper writes five times a second.
  private static let staleAfter = Interval.seconds(2)

  private let buses: [BusState]
  private let paths: [String]
  private var lookAt = Instant.never

  /// - Parameter folder: the runtime folder.
  init(_ buses: [BusState], folder: String) {
    self.buses = buses
    paths = buses.map { LinkReport.path(interface: $0.interface, folder: folder) }
  }

  mutating func look(at now: Instant) {
    guard now >= lookAt else { return }
    lookAt = now + Self.interval
    for (bus, path) in zip(buses, paths) {
      let report = read(path)
      // A file that a dead helper left says nothing of now.
      let isFresh = report.map { (.zero...Self.staleAfter).contains(now - $0.writtenAt) } ?? false
      bus.take(isFresh ? report : nil)
    }
  }

  private func read(_ path: String) -> LinkReport? {
    let descriptor = unsafe tl_open_read(path)
    guard descriptor >= 0 else { return nil }
    defer { tl_close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = unsafe tl_read(descriptor, &bytes, bytes.count)
    guard count > 0 else { return nil }
    return LinkReport(line: String(decoding: bytes[..<count], as: UTF8.self))
  }
}

extension BusState {
  /// What the helper says of this link, nil when it says nothing.
  func take(_ report: LinkReport?) {
    helperController.store((report?.controller ?? .unknown).rawValue, ordering: .relaxed)
    transmitErrors.store(report?.transmitErrors ?? 0, ordering: .relaxed)
    receiveErrors.store(report?.receiveErrors ?? 0, ordering: .relaxed)
    bitRate.store(report?.bitRate ?? 0, ordering: .relaxed)
    restarts.store(report?.restarts ?? 0, ordering: .relaxed)
    let phase = report.flatMap { LinkPhase.allCases.firstIndex(of: $0.phase) }
    linkPhase.store(phase.map { UInt8($0) } ?? .max, ordering: .relaxed)
  }

  /// The phase that the helper told last; nil without a helper.
  var phase: LinkPhase? {
    let index = Int(linkPhase.load(ordering: .relaxed))
    return LinkPhase.allCases.indices.contains(index) ? LinkPhase.allCases[index] : nil
  }
}
