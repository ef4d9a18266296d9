import CLinux
import Control
import Records
import Signals
import Testing
import Units

/// Seconds of motion on the route in shadow, ten samples a second.
private func comparison(seconds: Int, difference: Double = 0.001) -> ShadowComparison {
  var comparison = ShadowComparison()
  var outputs = Outputs()
  outputs.mode = .shadow
  outputs.path.isOnRoute = true
  outputs.state.trust = .trusted
  outputs.state.speed = MetresPerSecond(5)
  outputs.targetSpeed = MetresPerSecond(5.5)
  outputs.command.curvature = Curvature(difference)
  for i in 0...(seconds * 10) {
    var sample = ShadowSample()
    sample.now = Instant(nanoseconds: Int64(i) * 100_000_000)
    comparison.step(outputs, sample)
  }
  return comparison
}

/// S-24: hours in shadow before the first arming of a truck and profile.
@Suite struct ShadowRecords {
  private let first = ShadowRecord.hash(ofVehicle: "WTULPAR0000000001")
  private let second = ShadowRecord.hash(ofVehicle: "WTULPAR0000000002")

  private func record(seconds: Int) -> ShadowRecord {
    var record = ShadowRecord(profileHash: 0xABC, vehicle: first, computer: 7)
    record.comparison = comparison(seconds: seconds)
    return record
  }

  @Test func onlyHoursOfMotionOnTheRouteCount() {
    #expect((comparison(seconds: 100).seconds - 100).magnitude < 0.01)
    #expect((comparison(seconds: 100).metres - 500).magnitude < 0.1)
    for spoil in [
      { (o: inout Outputs) in o.path.isOnRoute = false }, { $0.state.trust = .lost },
      { $0.state.speed = .zero }, { $0.mode = .manual },
    ] {
      var comparison = ShadowComparison()
      var outputs = Outputs()
      outputs.mode = .shadow
      outputs.path.isOnRoute = true
      outputs.state.trust = .trusted
      outputs.state.speed = MetresPerSecond(5)
      spoil(&outputs)
      for i in 0..<100 {
        var sample = ShadowSample()
        sample.now = Instant(nanoseconds: Int64(i) * 10_000_000)
        comparison.step(outputs, sample)
      }
      #expect(comparison.seconds == 0)
    }
  }

  @Test func eightHoursAreNeeded() {
    #expect(
      record(seconds: 100).state(profileHash: 0xABC, vehicle: nil, computer: 7) == .incomplete)
    let enough = record(seconds: 28_801)
    #expect(enough.state(profileHash: 0xABC, vehicle: nil, computer: 7) == .valid)
    #expect(enough.state(profileHash: 0xABD, vehicle: nil, computer: 7) == .other)
  }

  @Test func theHoursOfAnotherTruckOrComputerDoNotCount() {
    let known = record(seconds: 10)
    func state(_ number: String?, _ computer: UInt64?) -> RecordState {
      known.state(profileHash: 0xABC, vehicle: number, computer: computer)
    }
    #expect(state("WTULPAR0000000001", 7) == .incomplete)
    #expect(state("WTULPAR0000000002", 7) == .other)
    #expect(state("WTULPAR0000000001", 8) == .other)
    #expect(state("WTULPAR0000000001", nil) == .other)
  }

  /// Of a truck that told no number, and of a bench: they may be anybody's.
  @Test func theHoursOfNobodyKnowsWhomDoNotCount() {
    var nameless = record(seconds: 28_801)
    nameless.vehicle = 0
    var bench = record(seconds: 28_801)
    bench.computer = 0
    for record in [nameless, bench] {
      for number in ["WTULPAR0000000001", nil] {
        #expect(record.state(profileHash: 0xABC, vehicle: number, computer: 7) == .other)
      }
      #expect(record.state(profileHash: 0xABC, vehicle: nil, computer: 0) == .other)
      #expect(record.text(profile: "x").contains("NOT COUNTED"))
    }
  }

  private func ledger(_ found: ShadowRecord?, computer: UInt64? = 7) -> ShadowLedger {
    ShadowLedger(found, profileHash: 0xABC, computer: computer)
  }

  /// The hours of a truck whose number is told go on where it drove last.
  @Test func theNextDriveOfATruckGoesOn() {
    var ledger = ledger(record(seconds: 60))
    #expect(ledger.record.comparison.seconds > 59)
    // Nobody has told yet whether it is the same truck.
    #expect(ledger.take(comparison(seconds: 70), vehicle: 0) == .wait)
    #expect(ledger.record.comparison.seconds < 61)
    #expect(ledger.take(comparison(seconds: 80), vehicle: first) == .save)
    #expect(ledger.record.comparison.seconds > 79)
    // Two numbers at once: the plug was moved.
    #expect(
      ledger.take(comparison(seconds: 90), vehicle: ShadowLedger.contradiction) == .wait)
    #expect(ledger.record.vehicle == first && ledger.record.comparison.seconds < 81)
  }

  /// Before anything was commissioned too: a computer that moved into the next truck begins anew.
  @Test func theHoursOfATruckNeverBecomeTheNextOnes() {
    var ledger = ledger(record(seconds: 28_801))
    #expect(ledger.take(comparison(seconds: 28_900), vehicle: second) == .beginAnew)
    #expect(ledger.record.comparison.seconds == 0 && ledger.record.vehicle == second)
    #expect(ledger.take(comparison(seconds: 5), vehicle: second) == .save)
    #expect(
      ledger.record.state(profileHash: 0xABC, vehicle: "WTULPAR0000000002", computer: 7)
        == .incomplete)
  }

  @Test func hoursThatNoTruckToldOfAreNotGoneOnWith() {
    var nameless = ledger(nil)
    #expect(nameless.take(comparison(seconds: 60), vehicle: 0) == .save)
    #expect(ledger(nameless.record).record.comparison.seconds == 0)
    // In one drive the truck is one and the same.
    #expect(nameless.take(comparison(seconds: 70), vehicle: first) == .save)
    #expect(ledger(nameless.record).record.comparison.seconds > 69)
    #expect(ledger(nameless.record, computer: 8).record.comparison.seconds == 0)
  }

  /// A bench's hours are written for people, and neither count nor replace a truck's.
  @Test func theHoursOfABenchDoNotCount() throws {
    var bench = ledger(nil, computer: nil)
    #expect(bench.take(comparison(seconds: 28_801), vehicle: first) == .save)
    let kept = try #require(ShadowRecord(decoding: bench.record.encoded()))
    #expect(kept.state(profileHash: 0xABC, vehicle: "WTULPAR0000000001", computer: 7) == .other)
    #expect(ledger(kept).record.comparison.seconds == 0)
    var beside = ledger(record(seconds: 60), computer: nil)
    #expect(beside.take(comparison(seconds: 5), vehicle: first) == .wait)
  }

  /// The next drive goes on where this one ended.
  @Test func aRecordIsReadBackWhole() throws {
    let record = record(seconds: 60)
    let back = try #require(ShadowRecord(decoding: record.encoded()))
    #expect(back.encoded() == record.encoded())
    #expect(back.computer == 7 && back.vehicle == first)
    #expect(back.json(profile: "x") == record.json(profile: "x"))
  }

  @Test func aDamagedRecordIsNone() {
    let sound = record(seconds: 60).encoded()
    for index in stride(from: 0, to: sound.count, by: 7) {
      var bytes = sound
      bytes[index] ^= 0x10
      #expect(ShadowRecord(decoding: bytes) == nil, "byte \(index)")
    }
    for count in [0, 7, 8, 40, sound.count - 8] {
      #expect(ShadowRecord(decoding: Array(sound.prefix(count))) == nil)
    }
  }

  /// By closed forms: a constant difference is its own rms and every percentile, to a bin.
  @Test func theFiguresAreThoseOfTheDifferences() {
    let constant = comparison(seconds: 50).curvature
    #expect((constant.rootMeanSquare - 0.001).magnitude < 1e-9)
    #expect((constant.percentile(0.5) - 0.001).magnitude < 1e-9)
    var ramp = ShadowDifference(binWidth: 0.5)
    for i in 1...20 { ramp.add(i % 2 == 0 ? Double(i) : -Double(i)) }
    // 1...20: rms = sqrt(41 * 21 / 6).
    #expect((ramp.rootMeanSquare - (41.0 * 21 / 6).squareRoot()).magnitude < 1e-9)
    #expect(ramp.worst == 20)
    #expect(ramp.percentile(0.5) >= 10 && ramp.percentile(0.5) <= 10.5)
    #expect(ramp.percentile(0.95) >= 19 && ramp.percentile(0.95) <= 19.5)
    #expect(ramp.percentile(1) == 20)
  }

  @Test func filesAreReplacedWhole() throws {
    let path = "/tmp/tulpar-record-\(tl_process_id())"
    #expect(try RecordFile.read(path) == nil)
    try RecordFile.write([1, 2, 3], to: path)
    try RecordFile.write([4], to: path)
    #expect(try RecordFile.read(path) == [4])
    #expect(throws: RecordFileError.self) { try RecordFile.write([1], to: path + "/no/such") }
    #expect(throws: RecordFileError.self) { try RecordFile.read(path, limit: 0) }
    #expect(unsafe tl_remove(path) == 0)
  }
}
