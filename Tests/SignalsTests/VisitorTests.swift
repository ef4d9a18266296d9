import Signals
import TestSupport
import Testing
import Units

private func hash<T: Visitable>(_ value: T) -> UInt64 {
  var copy = value
  var visitor = FieldHash()
  copy.visit(&visitor)
  return visitor.hash
}

@Suite struct Visitors {
  @Test(arguments: 1...50)
  func anyBitPatternIsReadWithoutATrapAndWritesBackEqual(seed: UInt64) {
    var bits = RandomFields(random: RandomWords(seed: seed), share: 12)
    var outputs = Outputs()
    outputs.visit(&bits)
    var writer = WordWriter<512>()
    outputs.visit(&writer)
    #expect(!writer.failed)
    var reader = WordReader<512>(writer.words, count: writer.count)
    var copy = Outputs()
    copy.visit(&reader)
    #expect(!reader.failed)
    #expect(hash(copy) == hash(outputs))
  }

  @Test func aReaderRefusesWordsThatNoCaseHas() {
    var demand = StopDemand(.comfortStop, .gnssLost)
    var writer = WordWriter<2>()
    demand.visit(&writer)
    var words = writer.words
    words[0] = 77
    var reader = WordReader<2>(words, count: 2)
    demand.visit(&reader)
    #expect(reader.failed && demand.level == .comfortStop)
  }

  @Test func aReaderNoticesMissingWords() {
    var reader = WordReader<4>(InlineArray(repeating: 0), count: 1)
    var demand = StopDemand()
    demand.visit(&reader)
    #expect(reader.failed)
  }

  /// S-14: a plan is trusted only as it was sealed.
  @Test func aPlanIsIntactOnlyAsSealed() {
    var plan = StopPlan()
    plan.curvatures[7] = 0.02
    plan.seal()
    #expect(plan.isIntact)
    plan.curvatures[7] = 0.020000000000000004
    #expect(!plan.isIntact)
  }

  @Test func everyReasonFitsTheSetOfFaults() {
    for raw in UInt8(0)..<UInt8.max {
      guard let reason = Reason(rawValue: raw) else {
        #expect(Int(raw) == Reason.count)
        break
      }
      var faults = Faults()
      faults.insert(reason)
      #expect(faults.contains(reason) && Int(raw) < Faults.capacity)
    }
  }

  /// Two reasons 64 apart must not be one.
  @Test func eachReasonIsAMemberOfItsOwn() {
    for raw in UInt8(0)..<UInt8(Reason.count) {
      var faults = Faults()
      if let reason = Reason(rawValue: raw) { faults.insert(reason) }
      for other in UInt8(0)..<UInt8(Reason.count) {
        #expect(Reason(rawValue: other).map { faults.contains($0) } == (other == raw))
      }
    }
  }

  /// What the guardian's journal says is what every other log says.
  @Test func eachReasonIsCalledByItsName() {
    for raw in UInt8(0)..<UInt8(Reason.count) {
      guard let reason = Reason(rawValue: raw) else { continue }
      #expect(reason.name.description == "\(reason)")
    }
  }

  @Test func everyChannelFitsTheStore() {
    for raw in UInt8(0)..<UInt8.max {
      guard let channel = SignalChannel(rawValue: raw) else {
        #expect(Int(raw) == SignalChannel.count)
        break
      }
      var store = SignalStore()
      store[channel].value = 1
      #expect(store[channel].value == 1)
    }
  }
}

@Test func aSampleIsFreshOnlyWhileValidAndYoung() {
  var sample = SignalSample()
  let now = Instant(nanoseconds: 1_000_000_000)
  #expect(sample.fresh(at: now, within: .milliseconds(100)) == nil)
  sample.value = 3
  sample.validAt = now
  sample.state = .valid
  #expect(sample.fresh(at: now + .milliseconds(100), within: .milliseconds(100)) == 3)
  #expect(sample.fresh(at: now + .milliseconds(101), within: .milliseconds(100)) == nil)
  sample.state = .notAvailable
  #expect(sample.fresh(at: now, within: .milliseconds(100)) == nil)
}
