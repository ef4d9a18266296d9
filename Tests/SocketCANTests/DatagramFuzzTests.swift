import CAN
import Foundation
import SocketCAN
import TestSupport
import Testing

/// The other end of one client: a bus that sends what it likes.
private final class HostileBus {
  let path = NSTemporaryDirectory() + "tulpar-hostile-\(getpid())"
  private let descriptor: Int32
  private var client = sockaddr_un()
  private var clientLength = socklen_t(MemoryLayout<sockaddr_un>.size)

  init() throws {
    unsafe _ = unlink(path)
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    try #require(bytes.count < MemoryLayout.size(ofValue: address.sun_path))
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let bound = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(bound == 0)
  }

  /// The next datagram; its sender is whom `send` then speaks to.
  func receive() -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 128)
    clientLength = socklen_t(MemoryLayout<sockaddr_un>.size)
    let size = unsafe withUnsafeMutablePointer(to: &client) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe recvfrom(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT), $0, &clientLength)
      }
    }
    return size < 0 ? nil : Array(bytes.prefix(size))
  }

  func send(_ bytes: [UInt8]) -> Bool {
    let sent = unsafe withUnsafePointer(to: &client) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe sendto(descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT), $0, clientLength)
      }
    }
    return sent == bytes.count
  }

  /// Past the port, which sends frames only.
  static func send(_ bytes: [UInt8], from descriptor: Int32, to path: String) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { field in
      unsafe field.copyBytes(from: Array(path.utf8).prefix(field.count - 1))
    }
    let sent = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe sendto(
          descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT), $0,
          socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    return sent == bytes.count
  }

  deinit {
    close(descriptor)
    unsafe _ = unlink(path)
  }
}

@Suite struct DatagramFuzzTests {
  @Test("datagrams of the stand-in bus: none is a frame that could not be sent as it came")
  func datagrams() throws {
    let bus = try HostileBus()
    var options = SocketOptions()
    options.flexibleDataRate = true
    let port = try LinuxCANPort(interface: "unix:" + bus.path, options: options)
    try #require(bus.receive() == [], "the client did not register")
    let fuzz = Fuzz("datagrams", cases: 1_000_000)
    let failures = fuzz.run { random in
      let bytes = Self.datagram(&random)
      guard bus.send(bytes) else { return .broken("the datagram was not taken") }
      do throws(CANPortError) {
        guard let reception = try port.receive() else { return .refused }
        let frame = reception.frame
        let isOwn = bytes.count == 17 || bytes.count == 73
        guard reception.isOwn == isOwn, frame.length <= (frame.isFD ? 64 : 8) else {
          return .broken("\(bytes) became \(frame)")
        }
        guard !frame.isError else { return .accepted }
        return Self.returns(frame, bytes, port, bus)
      } catch {
        return .broken("\(bytes): \(error)")
      }
    }
    #expect(failures == [])
  }

  @Test("a bus that is sent anything goes on to carry frames")
  func bus() throws {
    let bus = try Bus()
    let listener = try LinuxCANPort(interface: bus.interface)
    let hostile = try LinuxCANPort(interface: bus.interface)
    let descriptor = try #require(hostile.descriptor)
    let fuzz = Fuzz("datagrams to the bus", cases: 100_000)
    let failures = fuzz.run { random in
      let bytes = Self.datagram(&random)
      for _ in 0..<1_000 {
        if HostileBus.send(bytes, from: descriptor, to: bus.path) { break }
        usleep(100)
      }
      return bytes.count == 16 || bytes.count == 72 ? .accepted : .refused
    }
    #expect(failures == [])
    while try listener.receive() != nil {}
    #expect(hostile.sendPatiently(frame(0x18FE_F100, [1, 2, 3])) == .sent)
    var arrived = false
    for _ in 0..<5_000 where !arrived {
      guard let reception = try listener.next(within: 1) else { break }
      arrived = reception.frame == frame(0x18FE_F100, [1, 2, 3])
    }
    #expect(arrived)
  }

  private static func returns(
    _ frame: CANFrame, _ bytes: [UInt8], _ port: LinuxCANPort, _ bus: HostileBus
  ) -> FuzzVerdict {
    let outcome = port.send(frame)
    var again = bus.receive()
    // Between frames the client says now and then that it is there.
    while let short = again, short.count <= 1 { again = bus.receive() }
    // What no controller sends is refused at the port.
    guard outcome == .sent, let again else { return .refused }
    let isFD = frame.isFD
    guard again.count == (isFD ? 72 : 16), again[4] == bytes[4] else {
      return .broken("\(bytes) goes out as \(again)")
    }
    let data = 8..<8 + (frame.isRemote ? 0 : Int(frame.length))
    guard again[data] == bytes[data] else { return .broken("\(bytes) goes out as \(again)") }
    let mask: UInt8 = frame.isExtended ? 0xDF : 0xC7
    let high: UInt8 = frame.isExtended ? again[3] & mask : again[3] & 0xC0
    guard again[0] == bytes[0], high == (frame.isExtended ? bytes[3] & mask : bytes[3] & 0xC0)
    else {
      return .broken("\(bytes) goes out as \(again)")
    }
    return .accepted
  }

  private static func datagram(_ random: inout RandomWords) -> [UInt8] {
    let sizes: [UInt64] = [16, 16, 16, 72, 72, 17, 73, 0, 1, 2, 15, 18, 71, 74, 100]
    let size =
      random.next(below: 8) == 0
      ? random.next(below: 120) : sizes[Int(random.next(below: UInt64(sizes.count)))]
    var bytes: [UInt8] = []
    for _ in 0..<size { bytes.append(UInt8(truncatingIfNeeded: random.next())) }
    guard size >= 16, random.next(below: 4) != 0 else { return bytes }
    let lengths: [UInt8] = [0, 1, 7, 8, 8, 8, 9, 12, 48, 63, 64, 65, 255]
    bytes[4] = lengths[Int(random.next(below: UInt64(lengths.count)))]
    if random.next(below: 2) == 0 { bytes[3] = bytes[3] & 0x1F | 0x80 }
    if random.next(below: 2) == 0 { bytes[5] &= 3 }
    return bytes
  }
}
