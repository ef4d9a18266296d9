import ArgumentParser
import CAN
import CLinux
import Foundation
import J1939
import NetworkManagement
import Signals
import SocketCAN
import Units
import WireCodec

/// The network side of the stack by itself, for tests against other J1939 stacks.
struct J1939Command: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "j1939",
    abstract: "Send, receive and claim on a J1939 network, beside other stacks.",
    discussion:
      "Whatever sends needs a virtual interface: on a truck only the guardian does (S-15).",
    subcommands: [Listen.self, Send.self, Claim.self])

  struct Listen: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print each message of more than eight bytes as a JSON object.",
      discussion: "Without --address nothing is sent; exit status 1 when --count was not reached.")
    @OptionGroup var station: Station
    @Option(help: "Take connections to this address.") var address: UInt8?
    @Option(help: ArgumentHelp("End after this many messages.", valueName: "N")) var count: Int?

    mutating func run() throws {
      let bus = try station.open(sends: address != nil)
      var transport = J1939Transport(address: address, blockLimit: 16)
      var messages = 0
      try bus.run { frame, now in
        var events: [J1939TransportEvent] = []
        if let frame, let event = transport.receive(frame, at: now) { events.append(event) }
        transport.tick(at: now) { events.append($0) }
        for case .completed(let transfer) in events {
          messages += 1
          print(transfer, transport.payload(of: transfer))
        }
        while let answer = transport.nextFrame() { bus.queue(answer) }
        return count.map { messages >= $0 } ?? false
      }
      if let count, messages < count {
        throw CommandFailure.failed("\(messages) messages came, \(count) were asked for")
      }
    }

    private func print(_ transfer: J1939Transfer, _ payload: [UInt8]) {
      let digits = payload.map { byte in
        let text = String(byte, radix: 16, uppercase: true)
        return byte < 16 ? "0" + text : text
      }
      say(
        "{\"pgn\":\(transfer.parameterGroup),\"source\":\(transfer.source),"
          + "\"destination\":\(transfer.destination),\"data\":\"\(digits.joined())\"}")
    }
  }

  struct Send: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Send one message of 9 to 1785 bytes; exit status 1 when it did not get through.")
    @OptionGroup var station: Station
    @Option(help: "Own address.") var address: UInt8
    @Option(help: "Address of the receiver, 255 for all.") var to: UInt8 = 255
    @Option(help: ArgumentHelp("Parameter group.", valueName: "N")) var pgn: UInt32
    @Argument(help: "The bytes as hexadecimal digits.") var data: String

    mutating func run() throws {
      var bytes: [UInt8] = []
      var digits = Substring(data)
      while digits.count >= 2, let byte = UInt8(digits.prefix(2), radix: 16) {
        bytes.append(byte)
        digits = digits.dropFirst(2)
      }
      guard digits.isEmpty else {
        throw CommandFailure.badInput("data: read \(digits.prefix(8)), allowed are pairs of digits")
      }
      let bus = try station.open(sends: true)
      var transport = J1939Transport(address: address)
      do throws(J1939SendError) {
        try transport.send(bytes, parameterGroup: pgn, to: to, at: tl_monotonic_ns())
      } catch {
        throw CommandFailure.badInput("data: read \(bytes.count) bytes, allowed are 9 to 1785")
      }
      var result: J1939TransportEvent?
      try bus.run { frame, now in
        if let frame, let event = transport.receive(frame, at: now) { result = event }
        transport.tick(at: now) { result = $0 }
        while let answer = transport.nextFrame() { bus.queue(answer) }
        return result != nil
      }
      if case .sent? = result { return }
      throw CommandFailure.failed("not sent: \(result.map { "\($0)" } ?? "time ran out")")
    }
  }

  struct Claim: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Claim an address as the guardian does, printing its state at each change.")
    @OptionGroup var station: Station
    @Option(help: "The address that is wanted.") var address: UInt8
    @Option(help: "The NAME, 16 hexadecimal digits.") var name: String
    @Option(help: "Faults that its DM1 tells, none by default.") var fault: [String] = []

    mutating func run() throws {
      var configuration = NetworkConfiguration()
      guard let value = UInt64(name, radix: 16) else {
        throw CommandFailure.badInput("--name: read \(name), allowed are 16 hexadecimal digits")
      }
      configuration.isPresent = true
      configuration.name = value
      configuration.address = address
      var faults = Faults()
      for name in fault {
        let known = (0..<UInt8(Reason.count)).compactMap { Reason(rawValue: $0) }
        guard let reason = known.first(where: { "\($0)" == name }) else {
          throw CommandFailure.badInput("--fault: read \(name), which is no reason")
        }
        faults.insert(reason)
      }
      let bus = try station.open(sends: true)
      var manager = NetworkManager()
      var waiting = FrameBatch()
      var state = AddressState.absent
      var due = tl_monotonic_ns()
      try bus.run { frame, now in
        if let frame { waiting.append(received(frame, now)) }
        guard now >= due else { return false }
        // The guardian's cycle.
        due = now + 10_000_000
        var circumstances = NetworkCircumstances()
        circumstances.now = Instant(nanoseconds: now)
        circumstances.wantsAddress = true
        circumstances.isParked = true
        manager.note(faults, isStopping: false)
        manager.step(circumstances, frames: waiting, configuration: configuration)
        waiting.removeAll()
        for i in 0..<manager.frameCount {
          var out = CANFrame(identifier: manager.frames[i].identifier, isExtended: true)
          out.setPayload(manager.frames[i].words, length: 8)
          bus.queue(out)
        }
        if manager.state != state {
          state = manager.state
          say("\(state)")
        }
        return false
      }
    }

    private func received(_ frame: CANFrame, _ now: Int64) -> ReceivedFrame {
      var received = ReceivedFrame()
      received.identifier = frame.identifier
      received.isExtended = frame.isExtended
      received.length = frame.length
      received.receivedAt = Instant(nanoseconds: now)
      received.words = frame.words
      return received
    }
  }
}

/// A line at once, for whoever waits for it.
private func say(_ line: String) {
  FileHandle.standardOutput.write(Data((line + "\n").utf8))
}

extension LinuxCANPort {
  /// In words, of a bus that is not up.
  var absence: String {
    interface.hasPrefix("unix:") ? "no tulpar bus listens there" : "the interface is down"
  }
}

/// Where the commands of `tulpar j1939` are, and for how long.
struct Station: ParsableArguments {
  @Option(help: "Interface, or unix:PATH of a `tulpar bus`.") var can: String
  @Option(help: ArgumentHelp("End after this many seconds.", valueName: "T")) var timeout = 10.0

  fileprivate func open(sends: Bool) throws -> StationBus {
    guard timeout > 0, timeout <= 1e6 else {
      throw CommandFailure.badInput(
        "--timeout: read \(timeout), allowed is above 0 up to 1000000 s")
    }
    if sends, unsafe tl_interface_is_virtual(can) == 0 {
      throw CommandFailure.badInput("\(can) is not a virtual interface")
    }
    let port: LinuxCANPort
    do { port = try LinuxCANPort(interface: can) } catch {
      throw CommandFailure.badInput("\(can): \(error)")
    }
    guard port.state == .up else { throw CommandFailure.failed("\(can): \(port.absence)") }
    return StationBus(port: port, endsAt: tl_monotonic_ns() + Int64(timeout * 1e9))
  }
}

private final class StationBus {
  private let port: LinuxCANPort
  private let endsAt: Int64
  private var waiting: [CANFrame] = []

  init(port: LinuxCANPort, endsAt: Int64) {
    self.port = port
    self.endsAt = endsAt
  }

  func queue(_ frame: CANFrame) { waiting.append(frame) }

  /// Gives each frame, and every millisecond nil, to `body` until it answers true.
  func run(_ body: (CANFrame?, Int64) throws -> Bool) throws {
    let stop = StopSignals()
    var isDone = false
    while !stop.requested, tl_monotonic_ns() < endsAt {
      while !isDone, let reception = try? port.receive() {
        isDone = try body(reception.frame, tl_monotonic_ns())
      }
      if !isDone { isDone = try body(nil, tl_monotonic_ns()) }
      // What the kernel does not take now is offered again.
      while let frame = waiting.first, port.send(frame) != .dropped { waiting.removeFirst() }
      if isDone, waiting.isEmpty { return }
      var descriptor = port.descriptor ?? -1
      unsafe _ = tl_poll(&descriptor, 1, tl_monotonic_ns() + 1_000_000)
    }
  }
}
