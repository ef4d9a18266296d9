import CAN
import CLinux
import Foundation
import FrameSocket
import Signals
import SocketCAN
import Testing

/// Real SocketCAN: run where the kernel has vcan and links may be made, which the rig is.
private let kernelHasCAN =
  ProcessInfo.processInfo.environment["TULPAR_KERNEL_CAN"] == "1"

@Suite(
  .serialized,
  .enabled(if: kernelHasCAN, "TULPAR_KERNEL_CAN=1 is set in the rig, whose kernel has vcan"))
struct KernelTests {
  private let name = "vcan9"

  init() throws {
    _ = try run("ip", "link", "del", name)
    try #require(try run("ip", "link", "add", "dev", name, "type", "vcan") == 0)
    try #require(try run("ip", "link", "set", "up", name) == 0)
  }

  @Test func tenThousandFramesArriveInOrderWithTheirTimes() throws {
    let sender = try LinuxCANPort(interface: name)
    let receiver = try LinuxCANPort(interface: name)
    var received = 0
    for index in 0..<10_000 {
      let bytes = (0..<4).map { UInt8(truncatingIfNeeded: index >> (8 * $0)) }
      try #require(sender.send(frame(0x18FE_F100, bytes)) == .sent)
      while let got = try receiver.receive() {
        #expect(got.frame.bytes == (0..<4).map { UInt8(truncatingIfNeeded: received >> (8 * $0)) })
        #expect(abs(Double(got.kernelTime) / 1e9 - Date().timeIntervalSince1970) < 5)
        received += 1
      }
    }
    received += try receiver.drain().count
    #expect(received == 10_000)
    #expect(receiver.statistics.receiveDropped == 0)
  }

  @Test func filtersTellExtendedFromStandardAndRemote() throws {
    let sender = try LinuxCANPort(interface: name)
    let receiver = try LinuxCANPort(
      interface: name,
      filters: [
        SocketFilter(identifier: 0x100, mask: 0x7FF, isExtended: false),
        SocketFilter(identifier: 0x00FE_F100, mask: 0x03FF_FF00, isExtended: true),
      ])
    for one in filterProbes { #expect(sender.send(one) == .sent) }
    var remote = frame(0x100, extended: false)
    remote.isRemote = true
    #expect(sender.send(remote) == .sent)
    #expect(try receiver.drain().map(\.frame) == filterProbesPassing)
  }

  @Test func ownFramesComeBackMarkedWhenAskedFor() throws {
    var options = SocketOptions()
    options.echo = true
    let port = try LinuxCANPort(interface: name, options: options)
    let silent = try LinuxCANPort(interface: name)
    #expect(port.send(frame(0x0C04_0B27, [9])) == .sent)
    #expect(try #require(try port.next()).isOwn)
    #expect(try #require(try silent.next()).isOwn == false)
    #expect(silent.send(frame(0x18FE_F100)) == .sent)
    #expect(try #require(try port.next()).isOwn == false)
    #expect(try silent.next(within: 0.1) == nil)
  }

  @Test func droppedReceptionsAreCounted() throws {
    let sender = try LinuxCANPort(interface: name)
    let receiver = try LinuxCANPort(interface: name)
    for _ in 0..<5_000 { #expect(sender.send(frame(0x18FE_F100, [1])) == .sent) }
    let read = try receiver.drain().count
    #expect(read < 5_000)
    // The count comes with the next frame that finds room.
    #expect(sender.send(frame(0x18FE_F100, [2])) == .sent)
    #expect(try receiver.next()?.frame.bytes == [2])
    #expect(receiver.statistics.receiveDropped == UInt64(5_000 - read))
  }

  @Test func aFullQueueDropsAndCounts() throws {
    // vcan has no queue of its own: a slow one is put before it.
    let command = ["tc", "qdisc", "add", "dev", name, "root", "tbf", "rate", "8kbit"]
    try #require(
      try run(
        command[0], command[1], command[2], command[3], command[4], command[5], command[6],
        command[7], command[8], "burst", "80", "limit", "80") == 0)
    let port = try LinuxCANPort(interface: name)
    let outcomes = (0..<200).map { _ in port.send(frame(0x0C00_0027, [1, 2, 3])) }
    #expect(outcomes.contains(.dropped))
    #expect(!outcomes.contains(.down))
    #expect(port.statistics.sendDropped == UInt64(outcomes.count { $0 == .dropped }))
    #expect(port.statistics.sent == UInt64(outcomes.count { $0 == .sent }))
  }

  @Test func errorFramesAreDecodedAndCounted() throws {
    let port = try LinuxCANPort(interface: name)
    var without = SocketOptions()
    without.errorFrames = false
    let deaf = try LinuxCANPort(interface: name, options: without)
    try #require(try run("cansend", name, "20000040#0000000000000000") == 0)
    let got = try #require(try port.next())
    #expect(got.frame.isError)
    #expect(port.controllerState == .busOff)
    #expect(port.errors[.busOff] == 1)
    #expect(port.statistics.errorFrames == 1)
    #expect(try deaf.next(within: 0.2) == nil)
  }

  @Test func aLinkThatGoesDownComesBackOnTheSameSocket() throws {
    let port = try LinuxCANPort(interface: name)
    let other = try LinuxCANPort(interface: name)
    let socket = port.descriptor
    try run("ip", "link", "set", "down", name)
    #expect(port.linkError() == .interfaceDown)
    #expect(port.linkError(within: 0.3) == nil)
    #expect(port.send(frame(1)) == .down)
    #expect(port.state == .down)
    try run("ip", "link", "set", "up", name)
    #expect(other.linkError(within: 0.2) == .interfaceDown)
    #expect(other.send(frame(0x55, [1])) == .sent)
    #expect(try port.next()?.frame == frame(0x55, [1]))
    #expect(port.state == .up)
    #expect(port.descriptor == socket)
    #expect(port.statistics.timesDown == 1)
  }

  @Test func aRemovedInterfaceIsFoundAgain() throws {
    let port = try LinuxCANPort(interface: name)
    try run("ip", "link", "del", name)
    // The kernel says "down" before it says "gone".
    var said = port.linkError()
    if said == .interfaceDown { said = port.linkError() }
    #expect(said == .interfaceGone)
    #expect(port.send(frame(1)) == .gone)
    #expect(port.descriptor == nil)
    try run("ip", "link", "add", "dev", name, "type", "vcan")
    try run("ip", "link", "set", "up", name)
    #expect(port.linkError(within: 0.6) == nil)
    #expect(port.state == .up)
    #expect(port.send(frame(2)) == .sent)
  }

  /// The guardian's sender survives an adapter that is unplugged and plugged in again: the same
  /// name under another index.
  @Test func theSenderFindsARemovedInterfaceAgain() throws {
    var sender = try Sender(name)
    #expect(sender.send(0x0C04_0B27))
    sender.wait { $0.echo.confirmed == 1 }
    try run("ip", "link", "del", name)
    #expect(!sender.send(0x0C04_0B27))
    sender.wait { !$0.isOpen }
    #expect(!sender.socket.isOpen)
    try run("ip", "link", "add", "dev", name, "type", "vcan")
    sender = try Sender(name)
    // It can be bound to before it is up.
    #expect(!sender.socket.isUp)
    #expect(!sender.send(0x0C04_0B27))
    try run("ip", "link", "set", "up", name)
    #expect(sender.send(0x0C04_0B27))
    sender.wait { $0.echo.confirmed == 1 }
    #expect(sender.socket.echo.confirmed == 1)
  }

  @Test func everySentFrameIsConfirmedByItsEcho() throws { try framesAreConfirmed(on: name) }

  @Test func aFrameInOurNameIsForeignWhateverItsMessage() throws {
    try foreignFramesAreTold(on: name)
  }

  @Test func longFramesPassWhereTheInterfaceCarriesThem() throws {
    try longFramesAreCarried(on: name)
    var flexible = frame(0x1234_5678, (0..<64).map { UInt8($0) })
    flexible.isFD = true
    flexible.bitRateSwitch = true
    var options = SocketOptions()
    options.flexibleDataRate = true
    let sender = try LinuxCANPort(interface: name, options: options)
    let receiver = try LinuxCANPort(interface: name, options: options)
    let classic = try LinuxCANPort(interface: name)
    #expect(sender.carriesFlexibleDataRate)
    #expect(sender.send(flexible) == .sent)
    #expect(try receiver.next()?.frame == flexible)
    #expect(try classic.next(within: 0.1) == nil)
    try run("ip", "link", "set", "down", name)
    try run("ip", "link", "set", name, "mtu", "16", "up")
    let narrow = try LinuxCANPort(interface: name, options: options)
    #expect(!narrow.carriesFlexibleDataRate)
    #expect(narrow.send(flexible) == .failed(errno: EINVAL))
    #expect(narrow.send(frame(1)) == .sent)
  }

  /// Remote frames and the raw length code of classic CAN arrive as they were sent.
  @Test func remoteFramesAndLengthCodesAreKept() throws {
    let sender = try LinuxCANPort(interface: name)
    let receiver = try LinuxCANPort(interface: name)
    var remote = frame(0x7FF, extended: false)
    remote.isRemote = true
    remote.setLength(5)
    var long = frame(0x18FE_F100, [1, 2, 3, 4, 5, 6, 7, 8])
    long.rawLengthCode = 13
    for one in [remote, long] {
      #expect(sender.send(one) == .sent)
      #expect(try receiver.next()?.frame == one)
    }
  }

  @Test func aPortThatIsOpenedOnADownLinkSaysSo() throws {
    try run("ip", "link", "set", "down", name)
    let port = try LinuxCANPort(interface: name)
    #expect(port.state == .down)
    #expect(port.linkError(within: 0.2) == nil)
    try run("ip", "link", "set", "up", name)
    #expect(port.linkError(within: 0.2) == nil)
    #expect(port.state == .up)
  }

  /// The helper brings the link up, finds it again under its new index, takes it down at its end;
  /// of vcan nothing but that is known, which is no error.
  @Test func theHelperKeepsALinkUp() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "tulpar-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try run("ip", "link", "set", "down", name)
    let helper = try Helper([
      productFolder.appending(path: "tulpar-bus").path, name, "--bit-rate", "250000", "--runtime",
      folder.path,
    ])
    let path = LinkReport.path(interface: name, folder: folder.path)
    func waitFor(_ phase: LinkPhase) -> LinkReport? {
      for _ in 0..<100 {
        usleep(50_000)
        let line = try? String(contentsOfFile: path, encoding: .utf8)
        if let report = line.flatMap({ LinkReport(line: $0) }), report.phase == phase {
          return report
        }
      }
      return nil
    }
    #expect(waitFor(.up)?.controller == .unknown)
    #expect(try LinuxCANPort(interface: name).state == .up)
    try run("ip", "link", "del", name)
    #expect(waitFor(.gone) != nil)
    try run("ip", "link", "add", "dev", name, "type", "vcan")
    #expect(waitFor(.up) != nil)
    try run("ip", "link", "set", "down", name)
    #expect(waitFor(.down)?.restarts == 0)
    _ = tl_kill(helper.process, SIGHUP)
    #expect(waitFor(.up)?.restarts == 1)
    _ = tl_kill(helper.process, SIGTERM)
    #expect(helper.wait() == 0)
    #expect(try LinuxCANPort(interface: name).state == .down)
  }

  @Test func anInterfaceThatIsNotThereIsSaid() {
    #expect(throws: CANPortError.interfaceGone) { try LinuxCANPort(interface: "vcan99") }
    #expect(throws: CANPortError.system(call: "open", errno: EINVAL)) {
      try LinuxCANPort(interface: "far-too-long-a-name")
    }
  }
}

/// A program that runs beside the test; Foundation's own does not end while another one runs.
private final class Helper {
  let process: Int32
  private var status: Int32?

  init(_ words: [String]) throws {
    var output: Int32 = -1
    var list = unsafe words.map { unsafe UnsafePointer<CChar>?(strdup($0)) }
    unsafe list.append(nil)
    process = unsafe tl_spawn(list, &output)
    for index in words.indices { unsafe free(UnsafeMutableRawPointer(mutating: list[index])) }
    try #require(process > 0)
    _ = tl_close(output)
  }

  func wait() -> Int32 {
    let ended = tl_wait(process)
    status = ended
    return ended
  }

  deinit {
    guard status == nil else { return }
    _ = tl_kill(process, SIGKILL)
    _ = tl_wait(process)
  }
}
