import Recording
import Replay
import Signals
import Testing
import Units

/// `tulpar replay --against`: what differs between two runs, how often and by how much.
@Suite struct DriveDivergenceTests {
  private func open(_ bytes: [UInt8]) throws -> DriveLog {
    try DriveLog(ByteSource(bytes: bytes, name: "drive.mcap"))
  }

  @Test func everyDifferingFieldIsCountedWithItsLargestDifference() throws {
    let drive = try RecordedDrive.short.get()
    var stopTarget = 0.0
    let other = try drive.changed { cycle in
      if (500..<503).contains(cycle.inputs.cycle) {
        cycle.outputs.speedCap = cycle.outputs.speedCap + MetresPerSecond(0.25)
        cycle.outputs.plan.curvatures[7] += 0.5
        cycle.outputs.plan.curvatures[8] += 0.125
      }
      if cycle.inputs.cycle == 1_034 {
        stopTarget = cycle.outputs.authority.stopTarget.value
        cycle.outputs.authority.stopTarget = Metres(.nan)
      }
    }
    try #require(stopTarget.isFinite)
    let replayed = try DriveReplay(open(drive.bytes)).compare(with: open(other))
    let recorded = try DriveDivergence.of(open(drive.bytes), open(other))
    for divergence in [replayed, recorded] {
      #expect(!divergence.isSame)
      #expect(divergence.cycles == UInt64(drive.cycles))
      #expect(divergence.differing == 4)
      #expect(divergence.unpaired == 0)
      #expect(divergence.otherInputsSince == nil)
      let fields = Dictionary(uniqueKeysWithValues: divergence.differences.map { ($0.name, $0) })
      #expect(fields.count == 3)
      #expect(fields["speedCap"]?.cycles == 3)
      #expect(fields["speedCap"].map { ($0.largest - 0.25).magnitude < 1e-12 } == true)
      #expect(fields["plan.curvatures.curvatures"]?.cycles == 3)
      #expect(
        fields["plan.curvatures.curvatures"].map { ($0.largest - 0.5).magnitude < 1e-12 } == true)
      #expect(fields["authority.stopTarget"]?.largest == .infinity)
      #expect(fields["authority.stopTarget"]?.time == Instant(nanoseconds: 10_340_000_000))
      #expect(divergence.first?.cycle == 500)
    }
  }

  /// What differs after other inputs need not come from the software.
  @Test func otherInputsAndMissingCyclesAreSaid() throws {
    let drive = try RecordedDrive.short.get()
    let other = try drive.changed { cycle in
      if cycle.inputs.cycle == 700 { cycle.inputs.cycleSlips = 1 }
      if cycle.inputs.cycle > 900 { cycle.inputs.cycle += 10_000 }
    }
    let divergence = try DriveDivergence.of(open(drive.bytes), open(other))
    #expect(divergence.otherInputsSince == 700)
    #expect(divergence.differing == 0)
    #expect(divergence.cycles == 900)
    #expect(divergence.unpaired == 2 * (UInt64(drive.cycles) - 900))
    #expect(!divergence.isSame)
    #expect(try DriveDivergence.of(open(drive.bytes), open(drive.bytes)).isSame)
  }
}
