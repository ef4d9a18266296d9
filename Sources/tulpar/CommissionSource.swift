import CAN
import CLinux
import Commissioning
import Control
import DriveConfiguration
import Foundation
import GPSD
import Realtime
import Recording
import Records
import Replay
import Signals
import SocketCAN
import Units

/// Where the samples of a procedure come from.
protocol CommissionSource {
  var isRecorded: Bool { get }
  var identity: IdentityWatch { get }
  /// Of the truck, as it tells it; nil where it does not.
  var vehicleNumber: String? { get }
  mutating func listenForIdentity(seconds: Double) throws
  /// From the beginning again, where there is one.
  mutating func rewind() throws
  /// Nil at the end; a live truck has none.
  mutating func next() throws -> CommissioningSample?
  /// What the person typed; nil while nothing.
  mutating func word() -> String?
}

/// The truck on its buses.
///
/// Nothing here can send: ports are only read.
struct CommissionTruck: CommissionSource {
  let isRecorded = false
  private(set) var identity: IdentityWatch
  private let ports: [LinuxCANPort]
  private let receiver: GPSDClient
  private var feed: CommissioningFeed
  private var due: Int64
  private var line: [UInt8] = []
  private var hasInput = true

  init(
    _ drive: DriveConfiguration, _ context: CommissioningContext, _ interfaces: [String: String],
    _ gpsd: (host: String, port: UInt16)
  ) throws {
    let names = drive.buses.map(\.interface)
    for name in interfaces.keys where !names.contains(name) {
      throw CommandFailure.badInput(
        "--can: the profile has no bus '\(name)'; it has \(names.joined(separator: ", "))")
    }
    identity = IdentityWatch(buses: names, sources: drive.identity)
    var options = SocketOptions()
    options.errorFrames = false
    options.flexibleDataRate = drive.buses.contains(where: \.isFD)
    ports = try names.map { name in
      let interface = interfaces[name] ?? name
      do throws(CANPortError) {
        return try LinuxCANPort(interface: interface, options: options)
      } catch {
        throw CommandFailure.failed("\(interface): cannot be opened (\(error))")
      }
    }
    var policy = GNSSPolicy()
    policy.accuracy = drive.gnss
    receiver = GPSDClient(host: gpsd.host, port: gpsd.port, policy: policy)
    do { _ = try receiver.start() } catch {
      throw CommandFailure.failed("cannot start a thread: error \(error.errno)")
    }
    feed = CommissioningFeed(context)
    due = tl_monotonic_ns()
  }

  var vehicleNumber: String? { identity.vehicleNumber }
  mutating func rewind() {}

  mutating func listenForIdentity(seconds: Double) {
    for _ in 0..<Int(seconds * 100) { _ = next() }
  }

  mutating func next() -> CommissioningSample? {
    let period: Int64 = 10_000_000
    due = max(due + period, tl_monotonic_ns() - 10 * period)
    tl_sleep_until(due)
    var frames: [ReceivedFrame] = []
    for (bus, port) in ports.enumerated() {
      for _ in 0..<1_024 {
        guard let reception = try? port.receive() else { break }
        identity.receive(reception.frame, bus: bus, at: reception.receivedAt)
        frames.append(ReceivedFrame(reception, bus: bus))
      }
    }
    if let told = receiver.receiver { identity.receive(receiver: told) }
    var reports: [GNSSReport] = []
    while let event = receiver.next() {
      if case .report(let report) = event { reports.append(report) }
    }
    return feed.sample(
      at: Instant(nanoseconds: tl_monotonic_ns()), frames: frames, gnss: reports)
  }

  mutating func word() -> String? {
    var entry = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    guard hasInput, unsafe poll(&entry, 1, 0) == 1 else { return nil }
    var byte: UInt8 = 0
    guard unsafe read(STDIN_FILENO, &byte, 1) == 1 else {
      // Nobody is there; the steps end by themselves.
      hasInput = false
      return nil
    }
    guard byte == UInt8(ascii: "\n") else {
      if line.count < 80 { line.append(byte) }
      return nil
    }
    defer { line.removeAll() }
    return String(decoding: line, as: UTF8.self)
  }
}

extension ReceivedFrame {
  fileprivate init(_ reception: CANReception, bus: Int) {
    self.init()
    identifier = reception.frame.identifier
    isExtended = reception.frame.isExtended
    self.bus = UInt8(clamping: bus)
    length = reception.frame.length
    receivedAt = Instant(nanoseconds: reception.receivedAt)
    words = reception.frame.words
  }
}

/// A recorded drive, its commands as the daemon gave them.
struct CommissionRecording: CommissionSource {
  let isRecorded = true
  private(set) var identity: IdentityWatch
  let vehicleNumber: String?
  private var samples: [CommissioningSample] = []
  private var position = 0

  init(
    _ path: String, _ drive: DriveConfiguration, _ context: CommissioningContext, computer: UInt64
  ) throws {
    do {
      let log = try DriveLog(ByteSource(opening: path))
      let replay = try DriveReplay(log)
      let recorder = log.facts[DriveSchema.computer] ?? "no computer that it names"
      guard recorder == hexadecimal(computer) else {
        throw CommandFailure.badInput(
          "\(path): recorded on \(recorder), this computer is \(hexadecimal(computer)); a record "
            + "is made of what its own computer recorded")
      }
      guard replay.configuration.profileHash == drive.profileHash else {
        throw CommandFailure.badInput(
          "\(path): recorded with profile \(replay.configuration.profileName) "
            + "\(String(replay.configuration.profileHash, radix: 16)), --profile is "
            + "\(drive.profileName) \(String(drive.profileHash, radix: 16))")
      }
      var watch = IdentityWatch(
        buses: drive.buses.map(\.interface), sources: drive.identity)
      var feed = CommissioningFeed(context)
      var taken: [CommissioningSample] = []
      var walk = try replay.walk()
      while try walk.next() {
        var frames: [ReceivedFrame] = []
        for index in 0..<walk.cycle.inputs.frames.count {
          let frame = walk.cycle.inputs.frames[index]
          frames.append(frame)
          watch.receive(
            CANFrame(frame), bus: Int(frame.bus), at: frame.receivedAt.nanoseconds)
        }
        let reports = (0..<walk.cycle.inputs.gnssCount).map { walk.cycle.inputs.gnss[$0] }
        taken.append(
          feed.sample(
            at: walk.cycle.inputs.now, frames: frames, gnss: reports,
            command: HeardCommand(walk.outputs, context)))
      }
      // A drive of one truck, and heard is what it told on the way.
      let numbers = Set([log.vehicleNumber, watch.vehicleNumber].compactMap { $0 })
      guard numbers.count < 2 else {
        throw CommandFailure.badInput(
          "\(path): the drive of two trucks: \(numbers.sorted().joined(separator: " and "))")
      }
      vehicleNumber = numbers.first
      identity = watch
      samples = taken
    } catch let error as RecordingError {
      throw CommandFailure.badInput("\(error)")
    } catch let error as ReplayRefused {
      throw CommandFailure.badInput("\(path): \(error)")
    }
  }

  mutating func listenForIdentity(seconds: Double) {}
  mutating func rewind() { position = 0 }

  mutating func next() -> CommissioningSample? {
    guard position < samples.count else { return nil }
    defer { position += 1 }
    return samples[position]
  }

  func word() -> String? { nil }
}

extension CANFrame {
  fileprivate init(_ frame: ReceivedFrame) {
    self.init(identifier: frame.identifier, isExtended: frame.isExtended)
    for byte in 0..<Int(frame.length) {
      append(UInt8(truncatingIfNeeded: frame.words[byte >> 3] >> UInt64(8 * (byte & 7))))
    }
  }
}
