import CAN
import CLinux
import Glibc
import Plant
import SocketCAN

/// Runs a truck against the clock: frames in, physics, frames and sentences out.
struct PlantHost: ~Copyable {
  private var truck: Truck
  private let buses: PlantBuses
  private let settings: TruckSettings
  private var nmeaSocket: Int32 = -1
  private var nmeaAddress = sockaddr_in()
  private var logFile: Int32 = -1
  private var logText: [UInt8] = []
  private var commandSocket: Int32 = -1
  private var commandPath = ""
  private var readsInput = true
  private var inputLine: [UInt8] = []
  private var sentences: [UInt8] = []
  private var mustQuit = false
  private var lateMilliseconds: Int64 = 0

  init(truck: Truck, buses: PlantBuses, settings: TruckSettings) {
    self.truck = truck
    self.buses = buses
    self.settings = settings
    logText.reserveCapacity(65_536)
    sentences.reserveCapacity(4_096)
  }

  deinit {
    if nmeaSocket >= 0 { close(nmeaSocket) }
    if logFile > STDERR_FILENO { close(logFile) }
    if commandSocket >= 0 {
      close(commandSocket)
      unsafe _ = unlink(commandPath)
    }
  }

  /// Where the sentences go: udp://A.B.C.D:PORT.
  static func address(ofNMEA url: String) throws(CommandFailure) -> sockaddr_in {
    let problem = CommandFailure.badInput(
      "--nmea: read \"\(url)\", expected udp://A.B.C.D:PORT with a port of 1 to 65535")
    guard url.hasPrefix("udp://") else { throw problem }
    let parts = url.dropFirst(6).split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = UInt16(parts[1]), number > 0 else { throw problem }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = number.bigEndian
    guard unsafe inet_pton(AF_INET, String(parts[0]), &address.sin_addr) == 1 else {
      throw problem
    }
    return address
  }

  mutating func openNMEA(_ address: sockaddr_in) throws(CommandFailure) {
    nmeaAddress = address
    nmeaSocket = socket(
      AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard nmeaSocket >= 0 else { throw .failed("socket: \(systemError())") }
  }

  mutating func openLog(_ path: String) throws(CommandFailure) {
    if path == "-" {
      logFile = STDOUT_FILENO
      return
    }
    logFile = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard logFile >= 0 else { throw .badInput("\(path): \(systemError())") }
  }

  mutating func openCommands(_ path: String) throws(CommandFailure) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = Array(path.utf8)
    guard !name.isEmpty, name.count < MemoryLayout.size(ofValue: address.sun_path) else {
      throw .badInput("--commands: \(path): a socket path has 1 to 107 bytes")
    }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: name) }
    var status = stat()
    if unsafe lstat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFSOCK else {
        throw .badInput("--commands: \(path) exists and is not a socket")
      }
      unsafe _ = unlink(path)
    }
    commandSocket = socket(
      AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard commandSocket >= 0 else { throw .failed("socket: \(systemError())") }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    let bound = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(commandSocket, $0, size)
      }
    }
    guard bound == 0 else { throw .badInput("--commands: \(path): \(systemError())") }
    commandPath = path
  }

  mutating func run(period: Int64, duration: Double?, realtimePriority: Bool) {
    blockSignals()
    if realtimePriority { becomePhysics() }
    var begin = startInstant()
    truck.utcOffset = tl_realtime_ns() + (begin - tl_monotonic_ns())
    // To the millisecond, so that epochs lie on tenths of a second as a receiver's do.
    truck.utcOffset = (truck.utcOffset + 500_000) / 1_000_000 * 1_000_000
    let end = duration.map { Int64($0 * 1000) } ?? .max
    say("plant: running\n")
    while truck.now < end, !mustQuit, !isSignalled() {
      tl_sleep_until(begin + (truck.now + period) * 1_000_000)
      let late = tl_monotonic_ns() - begin - (truck.now + period) * 1_000_000
      lateMilliseconds = max(lateMilliseconds, late / 1_000_000)
      // A machine that stood still for a second did not drive meanwhile.
      if late > 1_000_000_000 {
        begin += late
        truck.utcOffset += late
      }
      takeCommands()
      takeFrames()
      truck.step(milliseconds: Int(period))
      publish(begin)
    }
    flushLog()
    report()
  }

  /// The next tenth of a second of UTC that leaves time to get there.
  private func startInstant() -> Int64 {
    let utc = tl_realtime_ns()
    let next = (utc / 100_000_000 + 2) * 100_000_000
    return tl_monotonic_ns() + (next - utc)
  }

  private func becomePhysics() {
    let result = tl_scheduler_fifo(98)
    if result != 0 {
      writeError(
        "plant: the kernel refuses FIFO priority 98 "
          + "(\(unsafe String(cString: strerror(-result)))): cycles may be late\n")
    }
    // Without the memory lock a page fault only makes a cycle late.
    _ = tl_memory_lock()
  }

  /// At most one second's worth of a full bus, so that nobody holds the truck up.
  private mutating func takeFrames() {
    for (index, port) in buses.ports.enumerated() {
      for _ in 0..<4_096 {
        do {
          guard let reception = try port.receive() else { break }
          // A controller that hangs on another bus does not hear it.
          guard !reception.isOwn, buses.carries(reception.frame, on: index) else { continue }
          truck.receive(reception.frame)
        } catch {
          // The link went down or came back; the port counts it and works again by itself.
          continue
        }
      }
    }
  }

  private mutating func publish(_ begin: Int64) {
    for frame in truck.sent { buses.send(frame) }
    if nmeaSocket >= 0 {
      for fix in truck.fixes { sendSentences(of: fix) }
    }
    guard logFile >= 0, truck.now % 10 == 0 else { return }
    var record = truck.record
    record.monotonic = Double(begin + truck.now * 1_000_000) * 1e-9
    record.appendLine(to: &logText)
    if truck.now % 50 == 0 { flushLog() }
  }

  private mutating func sendSentences(of fix: GNSSFix) {
    sentences.removeAll(keepingCapacity: true)
    appendNMEA(of: fix, geoidSeparation: settings.geoidSeparation, to: &sentences)
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = nmeaSocket
    let bytes = sentences
    _ = unsafe withUnsafePointer(to: &nmeaAddress) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe sendto(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT), $0, size)
      }
    }
  }

  private mutating func flushLog() {
    guard logFile >= 0, !logText.isEmpty else { return }
    let result = writeAll(logFile, logText)
    if result != 0 {
      writeError("plant: log: \(unsafe String(cString: strerror(result)))\n")
      mustQuit = true
    }
    logText.removeAll(keepingCapacity: true)
  }

  private func report() {
    let gaps = truck.longestGaps
    writeError(
      "plant: \(truck.now) ms, at most \(lateMilliseconds) ms late, longest gaps engine "
        + "\(gaps.engine) brake \(gaps.brake) steering \(gaps.steering) body \(gaps.body) ms\n")
  }
}

// Commands.
extension PlantHost {
  /// Messages stay out of a log on standard output.
  private func say(_ text: String) {
    if logFile == STDOUT_FILENO { writeError(text) } else { writeText(text) }
  }

  private mutating func takeCommands() {
    var buffer = [UInt8](repeating: 0, count: 1_024)
    for _ in 0..<16 {
      guard commandSocket >= 0 else { break }
      let count = unsafe recv(commandSocket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      guard count > 0 else { break }
      obey(buffer[..<count])
    }
    takeInput(&buffer)
  }

  private mutating func takeInput(_ buffer: inout [UInt8]) {
    guard readsInput else { return }
    var entry = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    guard unsafe poll(&entry, 1, 0) == 1 else { return }
    let count = unsafe read(STDIN_FILENO, &buffer, buffer.count)
    // The end of the input is not the end of the truck.
    guard count > 0 else {
      readsInput = false
      return
    }
    for byte in buffer[..<count] {
      if byte == UInt8(ascii: "\n") {
        obey(inputLine[...])
        inputLine.removeAll(keepingCapacity: true)
      } else if inputLine.count < 1_024 {
        inputLine.append(byte)
      }
    }
  }

  private mutating func obey(_ bytes: ArraySlice<UInt8>) {
    for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
      let text = String(line)
      if text == "quit" {
        mustQuit = true
        continue
      }
      do {
        truck.apply(try FaultCommand(text))
        say("plant: \(truck.now) ms: \(text)\n")
      } catch {
        writeError("plant: \(error.message)\n")
      }
    }
  }
}

private func blockSignals() {
  var signals = sigset_t()
  unsafe sigemptyset(&signals)
  unsafe sigaddset(&signals, SIGTERM)
  unsafe sigaddset(&signals, SIGINT)
  unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
}

/// Whether somebody asked for the end; the signal stays pending, and the process ends by itself.
private func isSignalled() -> Bool {
  var signals = sigset_t()
  unsafe sigpending(&signals)
  return unsafe sigismember(&signals, SIGTERM) == 1 || sigismember(&signals, SIGINT) == 1
}

/// Writes all bytes to a file or pipe; 0 or the error number.
private func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Int32 {
  var written = 0
  while written < bytes.count {
    let count = unsafe bytes.withUnsafeBytes {
      unsafe write(descriptor, $0.baseAddress?.advanced(by: written), bytes.count - written)
    }
    if count < 0, errno == EINTR { continue }
    guard count > 0 else { return count < 0 ? errno : EIO }
    written += count
  }
  return 0
}

private func writeText(_ text: String) {
  unsafe _ = write(STDOUT_FILENO, text, text.utf8.count)
}

private func writeError(_ text: String) {
  unsafe _ = write(STDERR_FILENO, text, text.utf8.count)
}
