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
  private func record(seconds: Int) -> ShadowRecord {
    var record = ShadowRecord(profileHash: 0xABC)
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
    #expect(record(seconds: 100).state(profileHash: 0xABC, vehicle: nil) == .incomplete)
    let enough = record(seconds: 28_801)
    #expect(enough.state(profileHash: 0xABC, vehicle: nil) == .valid)
    #expect(enough.state(profileHash: 0xABD, vehicle: nil) == .other)
  }

  @Test func theHoursOfAnotherTruckDoNotCount() {
    var known = record(seconds: 10)
    known.vehicle = ShadowRecord.hash(ofVehicle: "WTULPAR0000000001")
    #expect(known.state(profileHash: 0xABC, vehicle: "WTULPAR0000000002") == .other)
    #expect(known.state(profileHash: 0xABC, vehicle: "WTULPAR0000000001") == .incomplete)
  }

  /// The next drive goes on where this one ended.
  @Test func aRecordIsReadBackWhole() throws {
    let record = record(seconds: 60)
    let back = try #require(ShadowRecord(decoding: record.encoded()))
    #expect(back.encoded() == record.encoded())
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
