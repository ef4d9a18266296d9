import CAN
import FrameSocket
import Foundation
import Signals
import SocketCAN
import TestSupport
import Testing
import Units
import WireCodec

/// The guardian's transmit socket: what went out, and who else speaks in our name (S-4).
@Suite(.realTime) struct SenderTests {
  @Test func everySentFrameIsConfirmedByItsEcho() throws {
    let bus = try Bus()
    try framesAreConfirmed(on: bus.interface)
  }

  @Test func aFrameInOurNameIsForeignWhateverItsMessage() throws {
    let bus = try Bus()
    try foreignFramesAreTold(on: bus.interface)
  }

  /// The keeper's last frames come back after the guardian's socket was opened.
  @Test func whatTheSocketBeforeLeftInTheQueueIsNotForeign() throws {
    let bus = try Bus()
    let other = try LinuxCANPort(interface: bus.interface)
    let sender = try Sender(bus.interface)
    #expect(other.send(frame(0x18FF_1127, [1])) == .sent)
    usleep(20_000)
    sender.socket.takeEchoes(budget: 16)
    #expect(sender.socket.echo.foreign == 0)
    #expect(sender.socket.echo.confirmed == 0)
  }

  @Test func aBusThatVanishesLeavesFramesUnconfirmedUntilItIsBack() throws {
    let bus = try Bus()
    let sender = try Sender(bus.interface)
    #expect(sender.send(0x0C04_0B27))
    sender.wait { $0.echo.confirmed == 1 }
    bus.kill()
    #expect(!sender.send(0x0C04_0B27))
    #expect(!sender.socket.isUp)
    let second = try Bus(path: bus.path)
    defer { second.kill() }
    // A client that is silent tells the new bus every 200 ms that it is there.
    sender.wait { $0.isUp }
    usleep(250_000)
    sender.socket.takeEchoes(budget: 16)
    #expect(sender.send(0x0C04_0B27))
    sender.wait { $0.echo.confirmed == 2 }
    #expect(sender.socket.echo.confirmed == 2)
  }

  @Test func flexibleDataRateFramesGoBothWays() throws {
    let bus = try Bus()
    try longFramesAreCarried(on: bus.interface)
  }
}

/// A socket as the guardian opens it: J1939 frames of source 0x27, and 0x123 of 11 bits.
final class Sender {
  var socket = FrameSocket()

  init(_ interface: String) throws {
    var table = FrameTable()
    let rows: [(UInt32, Bool, UInt32)] = [
      (0x0C04_0B27, true, 0xFF), (0x0C00_0027, true, 0xFF), (0x123, false, 0x1FFF_FFFF),
    ]
    for (index, row) in rows.enumerated() {
      table.transmit[index].identifier = row.0
      table.transmit[index].isExtended = row.1
      table.transmit[index].senderMask = row.2
    }
    table.transmitCount = rows.count
    let error = unsafe interface.withCString {
      unsafe socket.openForSending($0, bus: 0, table: table)
    }
    try #require(error == 0)
  }

  func send(_ identifier: UInt32, isExtended: Bool = true, length: UInt8 = 8) -> Bool {
    var frame = OutgoingFrame()
    frame.identifier = identifier
    frame.isExtended = isExtended
    frame.length = length
    frame.isFD = length > 8
    frame.words[Int(max(length, 1) - 1) / 8] = 0x11 << UInt64(8 * (Int(max(length, 1) - 1) % 8))
    return socket.send(frame)
  }

  /// Takes echoes until it holds, at most for a second.
  func wait(until holds: (FrameSocket) -> Bool) {
    let end = Date(timeIntervalSinceNow: 1)
    while !holds(socket), Date() < end {
      socket.takeEchoes(budget: 16)
      usleep(1_000)
    }
  }
}

// The same on the stand-in bus and on the kernel's.

func framesAreConfirmed(on interface: String) throws {
  let sender = try Sender(interface)
  #expect(sender.socket.echo.confirmedAt == .never)
  for count in 1...3 {
    #expect(sender.send(0x0C04_0B27))
    #expect(sender.socket.echo.unconfirmedSince != .never)
    sender.wait { $0.echo.confirmed == count }
    #expect(sender.socket.echo.confirmed == UInt64(count))
    #expect(sender.socket.echo.unconfirmedSince == .never)
  }
  var now = timespec()
  unsafe clock_gettime(CLOCK_MONOTONIC, &now)
  let age =
    Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    - sender.socket.echo.confirmedAt.nanoseconds
  #expect((0..<1_000_000_000).contains(age))
  #expect(sender.socket.echo.foreign == 0)
}

func foreignFramesAreTold(on interface: String) throws {
  let sender = try Sender(interface)
  let other = try LinuxCANPort(interface: interface)
  usleep(150_000)
  sender.socket.takeEchoes(budget: 16)
  // Another message from our source address, and our 11-bit identifier.
  let foreign = [frame(0x18FE_CA27, [1]), frame(0x123, [2], extended: false)]
  // Other sources, another 11-bit identifier with the same last byte, our identifier in 29 bits.
  let innocent = [
    frame(0x0C04_0B28, [3]), frame(0x027, [4], extended: false), frame(0x123, [5]),
  ]
  for one in innocent { #expect(other.send(one) == .sent) }
  #expect(sender.send(0x0C04_0B27))
  sender.wait { $0.echo.confirmed == 1 }
  #expect(sender.socket.echo.foreign == 0)
  for (index, one) in foreign.enumerated() {
    #expect(other.send(one) == .sent)
    sender.wait { $0.echo.foreign > index }
    #expect(sender.socket.echo.foreign == UInt64(index + 1))
    #expect(sender.socket.echo.foreignIdentifier == one.identifier)
  }
  #expect(sender.socket.echo.confirmed == 1)
}

func longFramesAreCarried(on interface: String) throws {
  let sender = try Sender(interface)
  var table = FrameTable()
  table.receive[0].identifier = 0x123
  table.receive[0].mask = 0x7FF
  table.receiveCount = 1
  var receiver = FrameSocket()
  let error = unsafe interface.withCString {
    unsafe receiver.openForReceiving($0, bus: 0, table: table)
  }
  try #require(error == 0)
  #expect(sender.send(0x123, isExtended: false, length: 24))
  sender.wait { $0.echo.confirmed == 1 }
  #expect(sender.socket.echo.confirmed == 1)
  var budget = 16
  let received = receiver.receive(budget: &budget)
  let got = try #require(received)
  #expect(got.length == 24)
  #expect(got.words[2] == 0x11 << 56)
}
