import CAN
import Foundation
import SocketCAN
import TestSupport
import Testing

/// The stand-in bus behaves as an interface does.
@Suite(.realTime) struct BusTests {
  @Test func framesOfEveryKindArriveUnchangedAndOnlyElsewhere() throws {
    let bus = try Bus()
    var options = SocketOptions()
    options.flexibleDataRate = true
    let sender = try LinuxCANPort(interface: bus.interface, options: options)
    let receiver = try LinuxCANPort(interface: bus.interface, options: options)
    var remote = frame(0x7FF, extended: false)
    remote.isRemote = true
    remote.setLength(5)
    var flexible = frame(0x1234_5678, (0..<64).map { UInt8($0) })
    flexible.isFD = true
    flexible.bitRateSwitch = true
    let frames = [
      frame(0x18FE_F100, [1, 2, 3, 4, 5, 6, 7, 8]), frame(0x123, [], extended: false),
      frame(0x123, [0xFF]), remote, flexible,
    ]
    for one in frames { #expect(sender.send(one) == .sent) }
    for one in frames {
      let got = try #require(try receiver.next())
      #expect(got.frame == one)
      #expect(!got.isOwn)
      #expect(got.receivedAt > 0)
    }
    #expect(try sender.next(within: 0.2) == nil)
    #expect(sender.statistics.sent == 5)
    #expect(receiver.statistics.received == 5)
  }

  @Test func ownFramesComeBackMarkedWhenAskedFor() throws {
    let bus = try Bus()
    var options = SocketOptions()
    options.echo = true
    let port = try LinuxCANPort(interface: bus.interface, options: options)
    let other = try LinuxCANPort(interface: bus.interface)
    #expect(port.send(frame(0x0C04_0B27, [9])) == .sent)
    let echo = try #require(try port.next())
    #expect(echo.isOwn)
    #expect(echo.frame == frame(0x0C04_0B27, [9]))
    #expect(other.send(frame(0x18FE_F100, [7])) == .sent)
    #expect(try #require(try port.next()).isOwn == false)
  }

  @Test func filtersTellExtendedFromStandard() throws {
    let bus = try Bus()
    let sender = try LinuxCANPort(interface: bus.interface)
    let receiver = try LinuxCANPort(
      interface: bus.interface,
      filters: [
        SocketFilter(identifier: 0x100, mask: 0x7FF, isExtended: false),
        SocketFilter(identifier: 0x00FE_F100, mask: 0x03FF_FF00, isExtended: true),
      ])
    for one in filterProbes { #expect(sender.sendPatiently(one) == .sent) }
    #expect(try receiver.drain().map(\.frame) == filterProbesPassing)
  }

  @Test func aVanishedBusIsSaidOnceAndComesBack() throws {
    let bus = try Bus()
    let port = try LinuxCANPort(interface: bus.interface)
    bus.kill()
    #expect(port.linkError() == .interfaceDown)
    #expect(port.linkError(within: 0.6) == nil)
    #expect(port.state == .down)
    #expect(port.send(frame(1)) == .down)
    #expect(port.statistics.timesDown == 1)

    let second = try Bus(path: bus.path)
    defer { second.kill() }
    #expect(port.linkError(within: 0.6) == nil)
    let other = try LinuxCANPort(interface: bus.interface)
    #expect(other.send(frame(0x55, [1])) == .sent)
    #expect(try port.next()?.frame == frame(0x55, [1]))
    #expect(port.state == .up)
    #expect(port.send(frame(2)) == .sent)
  }

  /// On a wire the lowest identifier goes first, and a frame takes its time.
  @Test func aPacedBusArbitrates() throws {
    let bus = try Bus(rate: 20_000)
    let sender = try LinuxCANPort(interface: bus.interface)
    let receiver = try LinuxCANPort(interface: bus.interface)
    let began = Date()
    for identifier in [0x18FE_F100, 0x0CFF_1027, 0x18FF_1121, 0x0C00_0027] as [UInt32] {
      #expect(sender.send(frame(identifier, [UInt8](repeating: 0, count: 8))) == .sent)
    }
    var order: [UInt32] = []
    while order.count < 4, let got = try receiver.next() { order.append(got.frame.identifier) }
    // The first may be on the wire before the others come.
    #expect(Set(order.prefix(2)).contains(0x0C00_0027))
    #expect(order.last == (order.first == 0x18FF_1121 ? 0x18FE_F100 : 0x18FF_1121))
    // Three frames of 131 bits and stuffing at 20 kbit/s; the first goes at once.
    #expect(Date().timeIntervalSince(began) >= 0.0195)
  }

  @Test func nothingIsReplacedThatIsNotADeadBus() throws {
    let file = NSTemporaryDirectory() + "tulpar-not-a-bus-\(getpid())"
    try Data("precious".utf8).write(to: URL(filePath: file))
    defer { try? FileManager.default.removeItem(atPath: file) }
    let tulpar = productFolder.appending(path: "tulpar").path
    #expect(try run(tulpar, "bus", file) == 2)
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "precious")
    let bus = try Bus()
    #expect(try run(tulpar, "bus", bus.path) == 2)
    #expect(try run(tulpar, "bus", bus.path, "--rate", "3") == 2)
    #expect(try run(tulpar, "bus", String(repeating: "x", count: 200)) == 2)
  }
}

/// Frames of which a filter for standard 0x100 and for the PGN FEF1 passes only some.
let filterProbes = [
  frame(0x100, [1], extended: false), frame(0x101, [2], extended: false), frame(0x100, [3]),
  frame(0x18FE_F100, [4]), frame(0x0CFE_F121, [5]), frame(0x18FE_F200, [6]),
  frame(0x0FE_F100 & 0x7FF, [7], extended: false),
]
let filterProbesPassing = [
  filterProbes[0], filterProbes[3], filterProbes[4], filterProbes[6],
]
