import CAN
import Control
import Dispatch
import DriveConfiguration
import J1939
import SafeStop
import Signals
import Units
import WireCodec

/// What a full bus costs: transport reassembly, decoding and freshness of every frame of it.
struct BenchBus {
  typealias Reassembly = J1939Transport

  let configuration: DriveConfiguration

  /// A 29-bit frame of eight bytes with its gap and no stuffed bit: no bus carries more of them.
  private static let bitsOfFrame = 131
  private static let bitRate = 500_000
  private static let cyclesPerSecond = 100
  private static let seconds = 10

  struct Result {
    let framesPerSecond: Int
    let share: Double
    let transfers: UInt64
  }

  /// The share of one core, the best of three passes over ten seconds of bus.
  func measure() -> Result {
    let perSecond = Self.bitRate / Self.bitsOfFrame
    let traffic = traffic(perSecond * Self.seconds)
    var best = Double.infinity
    var transfers: UInt64 = 0
    for _ in 0..<3 {
      let start = DispatchTime.now().uptimeNanoseconds
      transfers = run(traffic, perCycle: perSecond / Self.cyclesPerSecond + 1)
      let elapsed = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
      best = min(best, elapsed / Double(Self.seconds))
    }
    return Result(framesPerSecond: perSecond, share: best, transfers: transfers)
  }

  /// Every frame to the reassembly and the decoder, every cycle the judgement of what is fresh.
  private func run(_ traffic: [CANFrame], perCycle: Int) -> UInt64 {
    let controller = configuration.controller
    let table = controller.frames
    var transport = Reassembly()
    var decoder = FrameDecoder()
    var store = SignalStore()
    var health = HealthMonitor()
    var observation = HealthObservation()
    var now: Int64 = 1_000_000_000
    var index = 0
    while index < traffic.count {
      now += 10_000_000
      let end = min(index + perCycle, traffic.count)
      while index < end {
        let frame = traffic[index]
        index += 1
        _ = transport.receive(frame, at: now)
        var received = ReceivedFrame()
        received.identifier = frame.identifier
        received.isExtended = frame.isExtended
        received.length = frame.length
        received.words = frame.words
        received.receivedAt = Instant(nanoseconds: now)
        _ = decoder.decode(received, table: table, into: &store)
      }
      observation.now = Instant(nanoseconds: now)
      let feedback = Feedback(store, table: table, at: observation.now)
      _ = health.step(
        observation, feedback: feedback, decoder: decoder, table: table,
        configuration: controller.safeStop, vehicle: controller.vehicle)
    }
    return transport.completed
  }

  /// Of ten frames four are of long broadcasts by eight units, four are ours, two are others'.
  private func traffic(_ count: Int) -> [CANFrame] {
    let table = configuration.controller.frames
    var state: UInt64 = 1
    func random() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 24
    }
    var packets = [Int](repeating: 0, count: 8)
    var frames: [CANFrame] = []
    frames.reserveCapacity(count)
    for index in 0..<count {
      var frame: CANFrame
      switch index % 10 {
      case 0, 2, 5, 7:
        let unit = index / 10 % 8
        frame = Self.packet(packets[unit], from: UInt32(0x40 + unit), random())
        packets[unit] = (packets[unit] + 1) % (Self.packetCount + 1)
      case 1, 3, 6,
        8 where table.receiveCount > 0:
        let row = table.receive[index % table.receiveCount]
        frame = CANFrame(identifier: row.identifier, isExtended: row.isExtended)
        Self.fill(&frame, random())
      default:
        frame = CANFrame(identifier: 0x18FF_0000 | UInt32(random() & 0xFFFF), isExtended: true)
        Self.fill(&frame, random())
      }
      frames.append(frame)
    }
    return frames
  }

  /// Of a broadcast of 1,785 bytes.
  private static let packetCount = 255

  /// Its announcement, or one of its packets, counted from 1.
  private static func packet(_ number: Int, from source: UInt32, _ word: UInt64) -> CANFrame {
    guard number > 0 else {
      return CANFrame(
        identifier: 0x1CEC_FF00 | source, isExtended: true,
        bytes: [0x20, 0xF9, 0x06, 255, 0xFF, 0xCA, 0xFE, 0])
    }
    var frame = CANFrame(identifier: 0x1CEB_FF00 | source, isExtended: true)
    fill(&frame, word)
    frame[0] = UInt8(truncatingIfNeeded: number)
    return frame
  }

  private static func fill(_ frame: inout CANFrame, _ word: UInt64) {
    for shift in 0..<8 { frame.append(UInt8(truncatingIfNeeded: word >> UInt64(5 * shift)) & 0x7F) }
  }
}
