import CAN
import Plant
import Signals
import TestSupport
import Testing

@Suite struct PlantFuzzTests {
  private static let corpus = FuzzCorpus(
    [
      "fault hrw off", "fault ccvs1 frozen", "fault ebc2 zero", "fault vdc2 corrupt",
      "fault hrw on",
      "fault engine off", "fault steering on", "fault steering-offset 0.05",
      "fault steering-runaway -0.3", "fault steering-runaway off", "fault steering-stuck on",
      "fault lockout on", "fault flood off", "fault estop pressed", "fault engine-runaway 0.8",
      "fault brake 0.5", "fault friction 0.2", "fault air-leak 2000", "fault cutout 0.8",
      "fault yaw-bias -0.01", "fault clear", "gnss on", "gnss frozen", "gnss float",
      "gnss jump 12.5 -7",
    ],
    tokens: [
      "fault", "gnss", " ", "\t", "off", "on", "clear", "jump", "hrw", "engine", "brake",
      "friction", "steering-offset", "released", "fault ", "gnss ",
    ], longest: 300)

  @Test("fault commands: read again the same from their words, or refused with what is allowed")
  func faultCommands() {
    let fuzz = Fuzz("fault commands", cases: 1_000_000)
    let failures = fuzz.run(Self.corpus) { bytes, _ in
      let line = String(decoding: bytes, as: UTF8.self)
      do throws(FaultCommandError) {
        let command = try FaultCommand(line)
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0.isNewline })
        let plain = words.map { word in Double(word).map { "\($0)" } ?? String(word) }
        let again = try FaultCommand(plain.joined(separator: " "))
        return again == command ? .accepted : .broken("\(command) is read again as \(again)")
      } catch {
        return error.message.contains("\"") ? .refused : .broken("unexplained: \(error.message)")
      }
    }
    #expect(failures == [])
  }

  @Test("a truck that takes any command in any order stays a truck")
  func anyCommands() {
    let fuzz = Fuzz("fault commands in a truck", cases: 2_000)
    let start = Truck(parameters: VehicleParameters(), seed: 1, start: TruckStart())
    let failures = fuzz.run { random in
      var truck = start
      var taken = 0
      for _ in 0..<8 {
        let line = String(decoding: Self.corpus.mutated(&random), as: UTF8.self)
        if let command = try? FaultCommand(line) {
          truck.apply(command)
          taken += 1
        }
        truck.step(milliseconds: 20)
        if let broken = Self.impossible(truck) { return .broken("\(line): \(broken)") }
      }
      return taken > 1 ? .accepted : .refused
    }
    #expect(failures == [])
  }

  /// A case is sixteen frames, so that counters and time-outs are reached: 10^6 frames in all.
  @Test("command frames: each is refused for a reason or obeyed, and no torque comes of garbage")
  func commandFrames() {
    let fuzz = Fuzz("command frames", cases: 62_500)
    let start = Truck(parameters: VehicleParameters(), seed: 1, start: TruckStart())
    let failures = fuzz.run { random in
      var truck = start
      var sender = CommandSender()
      var good = 0
      for _ in 0..<16 {
        var frame = Self.command(&sender, &random)
        let isSpoilt = random.next(below: 2) == 0
        if isSpoilt { Self.spoil(&frame, &random) }
        let before = truck.record.rejects
        truck.receive(frame)
        if truck.record.rejects == before { good += 1 }
        if random.next(below: 8) == 0 { truck.step(milliseconds: 1) }
      }
      if let broken = Self.impossible(truck) { return .broken(broken) }
      return good > 8 ? .accepted : .refused
    }
    #expect(failures == [])
  }

  private static func command(_ sender: inout CommandSender, _ random: inout RandomWords)
    -> CANFrame
  {
    switch random.next(below: 5) {
    case 0: return sender.torque(Int(random.next(below: 256)) - 125)
    case 1: return sender.torque(-Int(random.next(below: 125)), to: 0x10)
    case 2: return sender.brake(Double(random.next(below: 15_000)) / 1_000)
    case 3: return sender.steer(Double(random.next(below: 400)) / 1_000 - 0.2)
    default:
      return sender.body(
        parking: UInt8(random.next(below: 4)), drive: UInt8(random.next(below: 4)),
        hazard: UInt8(random.next(below: 4)), toggles: random.next(below: 4) != 0)
    }
  }

  private static func spoil(_ frame: inout CANFrame, _ random: inout RandomWords) {
    switch random.next(below: 8) {
    case 0: frame.identifier ^= 1 << UInt32(random.next(below: 29))
    case 1: frame[Int(random.next(below: 8))] = UInt8(truncatingIfNeeded: random.next())
    case 2: frame.setLength(UInt8(random.next(below: 65)))
    case 3: frame.isRemote = true
    case 4: frame.isFD = true
    case 5: frame.isError = true
    case 6: frame.isExtended = false
    default:
      frame.setPayload(InlineArray(repeating: random.next()), length: UInt8(random.next(below: 65)))
    }
  }

  private static func impossible(_ truck: Truck) -> String? {
    let record = truck.record
    let numbers = [
      record.east, record.north, record.heading, record.speed, record.acceleration,
      record.roadWheelAngle, record.trailerHeading, record.brakeDemand, record.torque,
      record.airPressure,
    ]
    guard numbers.allSatisfy(\.isFinite) else { return "no numbers: \(record)" }
    guard record.torque.magnitude <= 1.51, record.brakeDemand >= 0, record.brakeDemand < 16 else {
      return "beyond its actuators: \(record)"
    }
    return nil
  }
}
