import ArgumentParser
import CAN
import CLinux
import Glibc

struct BusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bus",
    abstract: "A CAN bus over AF_UNIX datagrams, for machines whose kernel has none.",
    discussion: """
      Every datagram goes to all other clients ("unix:PATH" as their interface). With --rate the \
      bus carries that many bits per second and, as on a wire, the lowest identifier goes first; \
      the payload of FD frames with a bit rate switch goes at --data-rate. All kinds of frames pass: \
      classic, remote, FD and error reports.
      """)

  @Argument(help: "The socket to listen on.") var path: String
  @Option(help: ArgumentHelp("Bits per second; without it nothing is paced.", valueName: "N"))
  var rate: Int?
  @Option(help: ArgumentHelp("Bits per second of FD payloads; --rate if absent.", valueName: "N"))
  var dataRate: Int?

  mutating func run() throws {
    for (name, value) in [("--rate", rate), ("--data-rate", dataRate)] {
      guard let value, !(1_000...10_000_000).contains(value) else { continue }
      throw CommandFailure.badInput(
        "\(name): read \(value), allowed is 1000 to 10000000 bits per second")
    }
    if let dataRate, rate == nil {
      throw CommandFailure.badInput("--data-rate: read \(dataRate), allowed is only beside --rate")
    }
    var bus = try DatagramBus(path: path, rate: rate, dataRate: dataRate ?? rate)
    try bus.run()
  }
}

/// The frames and clients of one bus.
///
/// Everything is bounded: clients, frames waiting for the wire, frames waiting for a slow client.
private struct DatagramBus {
  private static let clientLimit = 64
  private static let wireLimit = 1024
  private static let backlogLimit = 512
  private let descriptor: Int32
  private let path: String
  private let rate: Int?
  private let dataRate: Int?
  private var clients: [Client] = []
  private var wire: [Waiting] = []
  private var wireFreeAt = 0
  private var nextReport = 0
  private var lost = 0

  private struct Client {
    var address: sockaddr_un
    var length: socklen_t
    var name: [UInt8]
    var wantsOwn: Bool
    var backlog: [[UInt8]] = []
  }

  private struct Waiting {
    var bytes: [UInt8]
    var frame: CANFrame
    var sender: [UInt8]
  }

  init(path: String, rate: Int?, dataRate: Int?) throws(CommandFailure) {
    guard let address = unixAddress(path) else {
      throw .badInput("\(path): a socket path has 1 to 107 bytes")
    }
    self.path = path
    self.rate = rate
    self.dataRate = dataRate
    // The kernel's default lets ten datagrams wait, less than one cycle of a truck's bus. Only
    // root may raise it; without that the bursts wait in the clients' backlogs.
    raiseDatagramQueue()
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    guard descriptor >= 0 else { throw .failed("socket: \(errorText())") }
    raiseSendBuffer(descriptor)
    try removeDeadSocket(path)
    guard bindSocket(descriptor, address) == 0 else {
      throw .failed("\(path): \(errorText())")
    }
    writeText("bus: \(path)\n", to: STDOUT_FILENO)
  }

  mutating func run() throws(CommandFailure) {
    while true {
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = unsafe poll(&entry, 1, waitMilliseconds())
      if ready < 0, errno != EINTR { throw .failed("poll: \(errorText())") }
      let now = nanoseconds()
      if ready > 0 { try takeWaiting(now) }
      transmit(now)
      for index in clients.indices where !clients[index].backlog.isEmpty { flush(index) }
      clients.removeAll { $0.length == 0 }
      if lost > 0, now >= nextReport {
        writeText("bus: \(lost) frames lost to full queues\n", to: STDERR_FILENO)
        lost = 0
        nextReport = now + 1_000_000_000
      }
    }
  }

  private func waitMilliseconds() -> Int32 {
    if !wire.isEmpty || clients.contains(where: { !$0.backlog.isEmpty }) { return 1 }
    return lost > 0 ? 1_000 : -1
  }

  /// Takes what has arrived, at most one queue's worth so that nobody can hold the bus.
  private mutating func takeWaiting(_ now: Int) throws(CommandFailure) {
    for _ in 0..<Self.wireLimit {
      guard let (bytes, address, length) = receiveDatagram(descriptor) else { return }
      guard length > UInt32(MemoryLayout<sa_family_t>.size) else { continue }
      let sender = nameBytes(address, length)
      let known = clients.firstIndex { $0.name == sender }
      if bytes.count <= 1 {
        if let known {
          clients[known].wantsOwn = bytes.count == 1
        } else if clients.count < Self.clientLimit {
          clients.append(
            Client(address: address, length: length, name: sender, wantsOwn: bytes.count == 1))
        }
        continue
      }
      guard let frame = CANFrame(kernelBytes: bytes.span) else { continue }
      if rate == nil {
        deliver(bytes, from: sender)
      } else if wire.count < Self.wireLimit {
        if wire.isEmpty { wireFreeAt = max(wireFreeAt, now) }
        wire.append(Waiting(bytes: bytes, frame: frame, sender: sender))
      } else {
        lost += 1
      }
    }
  }

  /// Sends what the wire had time for since the last call.
  private mutating func transmit(_ now: Int) {
    guard let rate, let dataRate else { return }
    while !wire.isEmpty, wireFreeAt <= now {
      var chosen = 0
      for index in wire.indices
      where wire[index].frame.arbitrationKey < wire[chosen].frame.arbitrationKey {
        chosen = index
      }
      let next = wire.remove(at: chosen)
      wireFreeAt += next.frame.wireNanoseconds(bitsPerSecond: rate, dataBitsPerSecond: dataRate)
      deliver(next.bytes, from: next.sender)
    }
  }

  private mutating func deliver(_ bytes: [UInt8], from sender: [UInt8]) {
    for index in clients.indices where clients[index].length > 0 {
      let isOwn = clients[index].name == sender
      if isOwn, !clients[index].wantsOwn { continue }
      if clients[index].backlog.count >= Self.backlogLimit {
        clients[index].backlog.removeFirst()
        lost += 1
      }
      clients[index].backlog.append(isOwn ? bytes + [1] : bytes)
      flush(index)
    }
  }

  private mutating func flush(_ index: Int) {
    var sent = 0
    for bytes in clients[index].backlog {
      let result = sendDatagram(descriptor, bytes, clients[index].address, clients[index].length)
      if result == EAGAIN || result == ENOBUFS { break }
      if result == ECONNREFUSED || result == ENOENT {
        // Dead: removed after the round, when no index is in use.
        clients[index].length = 0
        clients[index].backlog = []
        return
      }
      sent += 1
    }
    clients[index].backlog.removeFirst(sent)
  }
}

// MARK: - System calls

private func errorText() -> String { unsafe String(cString: strerror(errno)) }

private func writeText(_ text: String, to descriptor: Int32) {
  unsafe _ = write(descriptor, text, text.utf8.count)
}

private func nanoseconds() -> Int {
  var now = timespec()
  unsafe clock_gettime(CLOCK_MONOTONIC, &now)
  return now.tv_sec * 1_000_000_000 + now.tv_nsec
}

private func raiseDatagramQueue() {
  let file = unsafe open("/proc/sys/net/unix/max_dgram_qlen", O_WRONLY)
  guard file >= 0 else { return }
  unsafe _ = write(file, "512", 3)
  close(file)
}

/// Frames that a stopped client has not read are charged to the bus.
///
/// With the default they would soon keep it from sending to anybody. Only root may ask for as much
/// as full queues need.
private func raiseSendBuffer(_ descriptor: Int32) {
  var bytes: Int32 = 64 << 20
  let size = socklen_t(MemoryLayout<Int32>.size)
  unsafe _ = setsockopt(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, size)
}

/// A bus that was killed leaves its name behind; anything else at that path stays.
private func removeDeadSocket(_ path: String) throws(CommandFailure) {
  var status = stat()
  guard unsafe lstat(path, &status) == 0 else { return }
  guard status.st_mode & S_IFMT == S_IFSOCK else {
    throw .badInput("\(path): exists and is not a socket")
  }
  guard unsafe tl_can_is_up("unix:" + path) != 1 else {
    throw .badInput("\(path): another bus is running there")
  }
  unsafe _ = unlink(path)
}

private func unixAddress(_ path: String) -> sockaddr_un? {
  let bytes = Array(path.utf8)
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  let capacity = MemoryLayout.size(ofValue: address.sun_path)
  guard !bytes.isEmpty, bytes.count < capacity else { return nil }
  unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
  return address
}

private func bindSocket(_ descriptor: Int32, _ address: sockaddr_un) -> Int32 {
  var address = address
  let size = socklen_t(MemoryLayout<sockaddr_un>.size)
  return unsafe withUnsafePointer(to: &address) {
    unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      unsafe bind(descriptor, $0, size)
    }
  }
}

private func nameBytes(_ address: sockaddr_un, _ length: socklen_t) -> [UInt8] {
  unsafe withUnsafeBytes(of: address) { unsafe Array($0.prefix(Int(length))) }
}

private func receiveDatagram(_ descriptor: Int32) -> ([UInt8], sockaddr_un, socklen_t)? {
  var address = sockaddr_un()
  var length = socklen_t(MemoryLayout<sockaddr_un>.size)
  var bytes = [UInt8](repeating: 0, count: 80)
  let size = unsafe withUnsafeMutablePointer(to: &address) {
    unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      unsafe recvfrom(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT), $0, &length)
    }
  }
  guard size >= 0 else { return nil }
  return (Array(bytes.prefix(size)), address, length)
}

/// 0 or the error number.
private func sendDatagram(
  _ descriptor: Int32, _ bytes: [UInt8], _ address: sockaddr_un, _ length: socklen_t
) -> Int32 {
  var address = address
  let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
  let sent = unsafe withUnsafePointer(to: &address) {
    unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      unsafe sendto(descriptor, bytes, bytes.count, flags, $0, length)
    }
  }
  return sent == bytes.count ? 0 : errno
}
