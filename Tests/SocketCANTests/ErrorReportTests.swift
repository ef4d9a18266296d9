import CAN
import Signals
import SocketCAN
import Testing

/// Error frames after the kernel's linux/can/error.h.
@Suite struct ErrorReportTests {
  private func report(_ bits: UInt32, _ data: [UInt8]) -> CANErrorReport? {
    var error = CANFrame(identifier: bits, isExtended: false, bytes: data)
    error.isError = true
    return CANErrorReport(error)
  }

  @Test func aFrameOfTheBusIsNone() {
    #expect(CANErrorReport(frame(0x40, extended: false)) == nil)
  }

  @Test func kindsAreTold() throws {
    let busOff = try #require(report(0x40, [0, 0, 0, 0, 0, 0, 0, 0]))
    #expect(busOff.isAbout(.busOff))
    #expect(!busOff.isAbout(.busError))
    #expect(busOff.controllerState == .busOff)
    #expect(busOff.transmitErrors == nil)

    let noAcknowledge = try #require(report(0x20 | 0x80, [0, 0, 0, 0, 0, 0, 0, 0]))
    #expect(noAcknowledge.isAbout(.noAcknowledge))
    #expect(noAcknowledge.isAbout(.busError))
    #expect(noAcknowledge.controllerState == nil)

    let lost = try #require(report(0x02, [17, 0, 0, 0, 0, 0, 0, 0]))
    #expect(lost.lostArbitrationBit == 17)
    #expect(try #require(report(0x02, [0])).lostArbitrationBit == nil)
  }

  @Test(
    arguments: [
      (0x04, CANControllerState.warning), (0x08, .warning), (0x10, .passive), (0x20, .passive),
      (0x24, .passive), (0x40, .active),
    ] as [(UInt8, CANControllerState)])
  func controllerStatesAreTold(bits: UInt8, state: CANControllerState) throws {
    let told = try #require(report(0x04 | 0x200, [0, bits, 0, 0, 0, 0, 96, 12]))
    #expect(told.controllerState == state)
    #expect(told.transmitErrors == 96)
    #expect(told.receiveErrors == 12)
  }

  @Test func overflowsAreTold() throws {
    let overflow = try #require(report(0x04, [0, 0x01, 0, 0, 0, 0, 0, 0]))
    #expect(overflow.receiveOverflow)
    #expect(!overflow.transmitOverflow)
    #expect(overflow.controllerState == nil)
  }
}
