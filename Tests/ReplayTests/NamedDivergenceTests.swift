import Foundation
import Recording
import Replay
import Signals
import Testing
import Units

/// `tulpar replay --against` a recording of a build whose core has other fields.
@Suite struct NamedDivergenceTests {
  private typealias Field = OtherBuild.Field

  private func open(_ bytes: [UInt8]) throws -> DriveLog {
    try DriveLog(ByteSource(bytes: bytes, name: "drive.mcap"), byName: true)
  }

  /// Names of the fields of our outputs, each once.
  private var ourOutputs: Set<String> {
    let text = CycleLayout.text.components(separatedBy: "\noutputs:\n").last ?? ""
    return Set(text.split(separator: "\n").map { Field($0).name })
  }

  /// A field renamed, one added, one removed, one of another kind, one longer, and a member in a list.
  private var changedBuild: OtherBuild {
    var build = OtherBuild()
    build.inputs = { field in
      if field.name.hasPrefix("frames.frames["), field.name.hasSuffix("].bus") {
        return [field, Field(field.name.dropLast(3) + "origin", "uint64", 3)]
      }
      return field.name == "cycleSlips" ? [] : [field]
    }
    build.outputs = { field in
      switch field.name {
      case "targetSpeed": [Field("wantedSpeed", field.kind, field.word)]
      case "mode": [Field("invented", "int64", 7), field]
      case "zone": []
      case "speedCap":
        [Field("speedCap", "int64", UInt64(Double(bitPattern: field.word) * 1_000))]
      case "plan.initialDeceleration":
        [Field("plan.curvatures.curvatures", "double", Double(2).bitPattern), field]
      case _ where field.name.hasPrefix("causes.causes[") && field.name.hasSuffix("].reason"):
        [field, Field(field.name.dropLast(6) + "weight", "double", Double(1.5).bitPattern)]
      default: [field]
      }
    }
    return build
  }

  @Test func whatBothHaveIsComparedAndTheRestIsNamed() throws {
    let drive = try RecordedDrive.short.get()
    let changed = try drive.changed { cycle in
      if (500..<503).contains(cycle.inputs.cycle) {
        cycle.outputs.authority.stopTarget = Metres(123)
        cycle.outputs.plan.curvatures[7] += 0.5
        cycle.outputs.plan.curvatures[8] += 0.125
        // None of these can be compared.
        cycle.outputs.speedCap = MetresPerSecond(1)
        cycle.outputs.targetSpeed = MetresPerSecond(1)
        cycle.outputs.zone = 77
      }
      if cycle.inputs.cycle == 700 { cycle.inputs.utcOffset = Interval(nanoseconds: 5) }
    }
    let other = try open(changedBuild.recording(of: changed, cycles: 701))
    #expect(!other.hasOurLayout)
    let found = try DriveDivergence.byName(open(drive.bytes), other)
    #expect(found.cycles == 701)
    #expect(found.differing == 3)
    #expect(found.unpaired == UInt64(drive.cycles) - 701)
    #expect(found.otherInputsSince == 700)
    #expect(found.first?.cycle == 500)
    let fields = Dictionary(uniqueKeysWithValues: found.differences.map { ($0.name, $0) })
    #expect(Set(fields.keys) == ["authority.stopTarget", "plan.curvatures.curvatures"])
    #expect(fields["authority.stopTarget"]?.cycles == 3)
    let curvatures = try #require(fields["plan.curvatures.curvatures"])
    #expect(curvatures.cycles == 3)
    #expect((curvatures.largest - 0.5).magnitude < 1e-12)
    let decisions = try #require(found.decisions)
    #expect(decisions.compared == ourOutputs.count - 3)
    #expect(decisions.onlyHere == ["zone", "targetSpeed"])
    #expect(decisions.onlyThere == ["invented", "wantedSpeed", "causes.causes[0].weight"])
    #expect(decisions.otherKind == ["speedCap (double here, int64 there)"])
    #expect(decisions.otherLength == ["plan.curvatures.curvatures (48 here, 49 there)"])
    #expect(found.consumed?.onlyHere == ["cycleSlips"])
    #expect(found.consumed?.onlyThere == ["frames.frames[0].origin"])
    // The other way round the same is found.
    let back = try DriveDivergence.byName(
      open(changedBuild.recording(of: changed, cycles: 500)), open(drive.bytes))
    #expect(back.differing == 1)
    #expect(back.decisions?.onlyThere == decisions.onlyHere)
    #expect(back.decisions?.onlyHere == decisions.onlyThere)
  }

  /// Lists, arrays and all, a cycle read by name is the one read by place.
  @Test func aBuildThatOnlyAddsFieldsDecidesTheSame() throws {
    let drive = try RecordedDrive.short.get()
    let found = try DriveDivergence.byName(
      open(drive.bytes), open(changedBuild.recording(of: drive.bytes)))
    #expect(found.isSame)
    #expect(found.otherInputsSince == nil)
    #expect(found.cycles == UInt64(drive.cycles))
    let late = try drive.changed { if $0.inputs.cycle > 900 { $0.inputs.cycle += 9_000 } }
    let shorter = try DriveDivergence.byName(open(drive.bytes), open(late))
    #expect(shorter.cycles == 900)
    #expect(shorter.unpaired == 2 * (UInt64(drive.cycles) - 900))
    #expect(!shorter.isSame)
    #expect(shorter.decisions?.compared == ourOutputs.count)
  }

  /// Else elements that only one of the two has would be passed over in silence.
  @Test func aListThatIsCountedOtherwiseIsNotCompared() throws {
    var build = OtherBuild()
    build.outputs = { field in
      field.name == "causes.count" ? [Field("causes.number", field.kind, field.word)] : [field]
    }
    let drive = try RecordedDrive.short.get()
    let found = try DriveDivergence.byName(
      open(drive.bytes), open(build.recording(of: drive.bytes, cycles: 50)))
    let members = ourOutputs.filter { $0.hasPrefix("causes.causes[0].") }
    #expect(members.count > 5)
    #expect(found.decisions?.otherKind.count == members.count)
    #expect(
      found.decisions?.otherKind.first
        == "causes.causes[0].number (uint64, counted by causes.count, here, uint64, counted by "
        + "causes.number, there)")
    #expect(found.decisions?.compared == ourOutputs.count - members.count - 1)
  }

  /// Nothing is guessed: the names are those that the header vouches for, and the hashes prove them.
  @Test func aLayoutThatIsNoneOrAnothersIsRefused() throws {
    let drive = try RecordedDrive.short.get()
    let foreign: [(says: String, hash: String?, text: (String) -> String)] = [
      ("is not the layout that the header names: SHA-256 ", "0123", { $0 }),
      ("no lines \"inputs:\"", nil, { $0.replacing("\noutputs:\n", with: "\nresults:\n") }),
      (
        "\"speedCap float\" is no field", nil,
        { $0.replacing("speedCap double", with: "speedCap float") }
      ),
      (
        "no count stands before \"frames.frames[0]\"", nil,
        { $0.replacing("frames.count int64", with: "frames.count double") }
      ),
      (
        "has no \"cycle uint64\"", nil,
        { $0.replacing("\ncycle uint64\n", with: "\nround uint64\n") }
      ),
      ("follows element 0", nil, { $0.replacing("buses[1].", with: "buses[2].") }),
      (
        "is no field of an element", nil,
        { $0.replacing("buses[1].isUp", with: "buses[1]x[0].isUp") }
      ),
      // Texts that are layouts, but not of these bytes.
      (
        "its fields are not those of the layout", nil,
        { $0.replacing("\nutcSigmaSeconds double\n", with: "\n") }
      ),
      (
        "its hashes are not those of the fields", nil,
        { $0.replacing("path.sigmaAlong double", with: "path.sigmaAlong int64") }
      ),
      ("its hashes are not those of the fields", nil, { $0 + "invented uint64\n" }),
    ]
    for (says, hash, text) in foreign {
      var build = OtherBuild()
      (build.text, build.hash) = (text, hash)
      let log = try open(build.recording(of: drive.bytes, cycles: 50))
      var cycle = NamedCycle()
      let error = #expect(throws: RecordingError.self, "\(says)") {
        while try log.next(&cycle) {}
      }
      #expect(error?.problem.contains(says) == true, "\(error?.description ?? "")")
    }
    var build = OtherBuild()
    build.outputs = { [Field("other." + $0.name, $0.kind, $0.word)] }
    let error = #expect(throws: ReplayRefused.self) {
      try DriveDivergence.byName(
        open(drive.bytes), open(build.recording(of: drive.bytes, cycles: 50)))
    }
    #expect(error?.description.contains("no field of their decisions in common") == true)
  }

  @Test func nobodyElseReadsARecordingOfAnotherLayout() throws {
    let bytes = try changedBuild.recording(of: RecordedDrive.short.get().bytes, cycles: 5)
    let says = "whose core has other inputs or outputs"
    let refused = #expect(throws: RecordingError.self) {
      try DriveLog(ByteSource(bytes: bytes, name: "drive.mcap"))
    }
    #expect(refused?.problem.contains(says) == true)
    let unread = #expect(throws: RecordingError.self) {
      var cycle = RecordedCycle()
      _ = try open(bytes).next(&cycle)
    }
    #expect(unread?.problem.contains(says) == true)
  }
}
