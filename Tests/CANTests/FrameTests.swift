import CAN
import TestSupport
import Testing

@Suite struct FrameTests {
  /// ISO 11898-1, the length codes of FD.
  private let lengths: [UInt8] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64]

  @Test("every length code of FD stands for its length, and only those lengths are FD's")
  func lengthCodes() {
    for (code, length) in lengths.enumerated() {
      #expect(CANFrame.flexibleLength(ofCode: UInt8(code)) == length)
      let frame = CANFrame.flexible(
        identifier: 1, isExtended: false, bytes: [UInt8](repeating: 1, count: Int(length)))
      #expect(frame.dataLengthCode == UInt8(code) && frame.length == length && frame.defect == nil)
    }
    for length in UInt8.min...UInt8.max {
      #expect(CANFrame.isFlexibleLength(length) == lengths.contains(length))
    }
    let padded = CANFrame.flexible(identifier: 1, isExtended: false, bytes: [UInt8](1...13))
    #expect(padded.length == 16 && padded[12] == 13 && padded[13] == 0)
  }

  @Test("what no bus carries has a defect")
  func defects() {
    let data = CANFrame(identifier: 0x7FF, isExtended: false, bytes: [1, 2])
    #expect(data.defect == nil)
    func changed(_ frame: CANFrame, _ change: (inout CANFrame) -> Void) -> CANFrameDefect? {
      var frame = frame
      change(&frame)
      return frame.defect
    }
    #expect(changed(data) { $0.identifier = 0x800 } == .identifier)
    #expect(
      changed(data) {
        $0.isExtended = true; $0.identifier = 0x2000_0000
      } == .identifier)
    #expect(changed(data) { for _ in 0..<7 { $0.append(0) } } == .length)
    #expect(
      changed(data) {
        $0.isFD = true; for _ in 0..<7 { $0.append(0) }
      } == .length)
    #expect(changed(data) { $0.bitRateSwitch = true } == .flexibleMark)
    #expect(changed(data) { $0.errorStateIndicator = true } == .flexibleMark)
    #expect(changed(data) { $0.rawLengthCode = 9 } == .lengthCode)
    #expect(changed(data) { $0.isRemote = true } == .remoteData)
    let request = CANFrame.remote(identifier: 0x1FFF_FFFF, isExtended: true, length: 8)
    #expect(request.defect == nil)
    #expect(changed(request) { $0.rawLengthCode = 15 } == nil)
    #expect(changed(request) { $0.isFD = true } == .flexibleRemote)
    #expect(CANFrame.error(classes: 0x1FFF_FFFF, bytes: [0, 4]).defect == nil)
  }

  @Test("each part tells two frames apart")
  func equality() {
    var frames = [CANFrame.flexible(identifier: 1, isExtended: true, bytes: [UInt8](0..<64))]
    let changes: [(inout CANFrame) -> Void] = [
      { $0.identifier = 2 }, { $0.isExtended = false }, { $0.isRemote = true },
      { $0.isError = true }, { $0.isFD = false }, { $0.bitRateSwitch = false },
      { $0.errorStateIndicator = true }, { $0.rawLengthCode = 9 }, { $0.setLength(48) },
      { $0[63] = 0 },
    ]
    for change in changes {
      frames.append(frames[0])
      change(&frames[frames.count - 1])
    }
    for i in frames.indices {
      for j in frames.indices { #expect((frames[i] == frames[j]) == (i == j), "\(i) \(j)") }
    }
  }

  @Test("a shorter length leaves no bytes behind")
  func shorten() {
    var frame = CANFrame(identifier: 1, isExtended: false, bytes: [1, 2, 3])
    frame.setLength(1)
    #expect(frame == CANFrame(identifier: 1, isExtended: false, bytes: [1]))
  }

  @Test(
    "copying, comparing and asking a frame calls no heap",
    .enabled(if: canCountHeapCalls, "heap calls cannot be counted under a sanitizer"))
  func heap() {
    let frame = CANFrame.flexible(identifier: 5, isExtended: false, bytes: [UInt8](0..<64))
    var count = 0
    let calls = heapCalls {
      for index in 0..<100 {
        var copy = frame
        copy[index & 63] = 255
        if copy == frame || copy.defect != nil { count += 1 }
        count += copy.wireNanoseconds(bitsPerSecond: 500_000, dataBitsPerSecond: 2_000_000)
        count += Int(copy.arbitrationKey & 1)
      }
    }
    #expect(calls == 0 && count > 0)
  }

  @Test("the lower identifier wins; data before remote, standard before extended, errors first")
  func arbitration() {
    let error = CANFrame.error(classes: 4, bytes: [])
    let low = CANFrame(identifier: 0x100, isExtended: false, bytes: [1])
    let lowRequest = CANFrame.remote(identifier: 0x100, isExtended: false, length: 1)
    let sameBase = CANFrame(identifier: 0x100 << 18, isExtended: true)
    let sameBaseRequest = CANFrame.remote(identifier: 0x100 << 18, isExtended: true, length: 0)
    let longer = CANFrame(identifier: 0x100 << 18 | 1, isExtended: true)
    let high = CANFrame(identifier: 0x101, isExtended: false)
    let order = [error, low, lowRequest, sameBase, sameBaseRequest, longer, high]
    for (first, second) in zip(order, order.dropFirst()) {
      #expect(first.arbitrationKey < second.arbitrationKey)
    }
  }

  @Test("time on the wire: 111 bits of a standard frame of eight bytes, and FD's payload is faster")
  func wireTime() {
    func microseconds(_ frame: CANFrame) -> Int {
      frame.wireNanoseconds(bitsPerSecond: 1_000_000, dataBitsPerSecond: 4_000_000) / 1000
    }
    let eight = [UInt8](repeating: 0, count: 8)
    // 111 bits without stuffing, 135 with the worst (Davis et al., Real-Time Systems 35, 2007).
    #expect(
      (111...135).contains(microseconds(CANFrame(identifier: 1, isExtended: false, bytes: eight))))
    #expect(
      (131...160).contains(microseconds(CANFrame(identifier: 1, isExtended: true, bytes: eight))))
    let request = CANFrame.remote(identifier: 1, isExtended: false, length: 8)
    #expect((47...55).contains(microseconds(request)))
    let long = [UInt8](repeating: 0, count: 64)
    let fast = CANFrame.flexible(identifier: 1, isExtended: false, bytes: long)
    let slow = CANFrame.flexible(
      identifier: 1, isExtended: false, bytes: long, bitRateSwitch: false)
    // 30 nominal bits, 512 payload bits and 37 more.
    #expect((30 + 549 / 4...34 + 700 / 4).contains(microseconds(fast)))
    #expect((30 + 549...34 + 700).contains(microseconds(slow)))
  }

  @Test("the kernel's bytes of every kind of frame")
  func kernelBytes() {
    func bytes(_ identifier: UInt32, _ rest: [UInt8], size: Int) -> [UInt8] {
      let head = (0..<4).map { UInt8(truncatingIfNeeded: identifier >> UInt32(8 * $0)) }
      return head + rest + [UInt8](repeating: 0, count: size - 4 - rest.count)
    }
    func frame(_ identifier: UInt32, _ rest: [UInt8], size: Int = 16) -> CANFrame? {
      CANFrame(kernelBytes: bytes(identifier, rest, size: size).span)
    }
    #expect(
      frame(0x123, [2, 0, 0, 0, 7, 8])
        == CANFrame(identifier: 0x123, isExtended: false, bytes: [7, 8]))
    #expect(
      frame(0xC000_0001, [3, 0, 0, 0]) == .remote(identifier: 1, isExtended: true, length: 3))
    #expect(
      frame(0x2000_0004, [8, 0, 0, 0, 0, 4])
        == .error(classes: 4, bytes: [0, 4, 0, 0, 0, 0, 0, 0]))
    #expect(frame(1, [8, 0, 0, 12])?.rawLengthCode == 12)
    let flexible = frame(1, [12, 3, 0, 0, 9], size: 72)
    #expect(flexible?.isFD == true && flexible?.length == 12 && flexible?[0] == 9)
    #expect(flexible?.bitRateSwitch == true && flexible?.errorStateIndicator == true)
    #expect(frame(1, [9, 0, 0, 0]) == nil && frame(1, [13, 0, 0, 0], size: 72) == nil)
    #expect(frame(0x4000_0001, [1, 0, 0, 0], size: 72) == nil)
    #expect(frame(1, [0, 0, 0, 0], size: 20) == nil)
  }
}
