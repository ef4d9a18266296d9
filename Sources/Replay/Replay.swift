import Control
import DriveConfiguration
import GPSD
import SafeStop
import Signals
import Units
import WireCodec

/// Runs the truck's own step over recorded frames in virtual time, open loop.
///
/// Beside the step, which in MANUAL demands nothing, the same health table and ladder judge the
/// recording as if the truck had been driving itself: what would have been demanded, when and why.
package struct Replay {
  /// With which the step is built: without a mission its origin is the first fix.
  package let configuration: DriveConfiguration
  private let frames: RecordedFrames
  private var gnss: RecordedGNSS?
  private var nextFrame = 0
  private var inputs = Inputs()
  private var judge: HealthJudge
  private var recorder: Recorder

  package static var period: Interval { .milliseconds(10) }

  package init(
    configuration: DriveConfiguration, messageNames: [String], frames: RecordedFrames,
    gnss: (log: GNSSLog, name: String, offset: Interval)? = nil
  ) throws(ReplayRefused) {
    var configuration = configuration
    if let gnss {
      self.gnss = try RecordedGNSS(
        gnss.log, name: gnss.name, first: frames.start + gnss.offset, accuracy: configuration.gnss)
      if configuration.missionName.isEmpty, let origin = gnss.log.firstPosition {
        configuration.controller.originLatitude = Degrees(origin.latitude)
        configuration.controller.originLongitude = Degrees(origin.longitude)
        if origin.height.isFinite { configuration.controller.originHeight = Metres(origin.height) }
      }
    }
    self.configuration = configuration
    self.frames = frames
    judge = HealthJudge(configuration.controller, messageNames)
    recorder = Recorder(zoneNames: configuration.zoneNames)
  }

  /// The whole recording.
  package mutating func run() -> Timeline { run { _, _ in } }

  /// The whole recording; `look` is shown what each cycle consumed and decided.
  package mutating func run<E: Error>(
    _ look: (inout Inputs, inout Outputs) throws(E) -> Void
  ) throws(E) -> Timeline {
    var controller = Controller(configuration: configuration.controller)
    let period = Self.period.nanoseconds
    var now = Instant(nanoseconds: frames.start.nanoseconds / period * period)
    if let gnss { inputs.utcOffset = gnss.utcOffset }
    repeat {
      now = now + Self.period
      inputs.beginCycle(at: now)
      takeFrames(until: now)
      takeGNSS(until: now)
      judge.step(inputs, &recorder)
      var outputs = controller.step(inputs, route: configuration.route.span)
      recorder.record(outputs, at: now)
      try look(&inputs, &outputs)
    } while nextFrame < frames.items.count
    return timeline()
  }

  private mutating func takeFrames(until now: Instant) {
    while nextFrame < frames.items.count, frames.items[nextFrame].frame.receivedAt <= now {
      let item = frames.items[nextFrame]
      let bus = Int(item.frame.bus & 3)
      nextFrame += 1
      if item.isError {
        inputs.buses[bus].errorFrames &+= 1
        recorder.timeline.errorFrames += 1
        continue
      }
      inputs.buses[bus].framesSeen &+= 1
      recorder.timeline.frames += 1
      if !item.isRemote { inputs.frames.append(item.frame) }
    }
    recorder.timeline.overflowedFrames += Int(inputs.frames.overflowed)
  }

  private mutating func takeGNSS(until now: Instant) {
    guard var gnss else { return }
    gnss.advance(to: now) { verdict in
      if case .report(let report) = verdict { inputs.append(report) }
      recorder.record(verdict, at: now)
    }
    self.gnss = gnss
  }

  private func timeline() -> Timeline {
    var timeline = recorder.timeline
    timeline.profile = configuration.profileName
    timeline.mission = configuration.missionName.isEmpty ? nil : configuration.missionName
    timeline.cycles = inputs.cycle
    timeline.start = Double(frames.start.nanoseconds) * 1e-9
    timeline.end = Double(frames.end.nanoseconds) * 1e-9
    timeline.date = frames.base
    timeline.reorderedFrames = frames.reordered
    timeline.messages = judge.messages
    for row in timeline.messages.indices {
      timeline.messages[row].close(from: timeline.start, to: timeline.end)
    }
    timeline.signals = judge.signals
    timeline.unmatchedFrames = judge.unmatched
    timeline.gnssUnused = gnss?.unused ?? 0
    return timeline
  }
}

/// Decodes as the step does, counts what it decodes, and judges the health of inputs and buses.
private struct HealthJudge {
  private let configuration: ControllerConfiguration
  private var decoder = FrameDecoder()
  private var store = SignalStore()
  private var standstill = StandstillDetector()
  private var monitor = HealthMonitor()
  private var ladder = StopLadder()
  private(set) var messages: [MessageSummary] = []
  private(set) var signals: [SignalSummary] = []
  private var signalOfField: [Int] = []

  var unmatched: UInt64 { decoder.unmatched }

  init(_ configuration: ControllerConfiguration, _ names: [String]) {
    self.configuration = configuration
    for i in 0..<configuration.frames.receiveCount {
      messages.append(MessageSummary(name: i < names.count ? names[i] : "message \(i)"))
    }
    for i in 0..<configuration.frames.fieldCount {
      let channel = configuration.frames.fields[i].channel
      if let known = signals.firstIndex(where: { $0.channel == channel }) {
        signalOfField.append(known)
      } else {
        signalOfField.append(signals.count)
        signals.append(SignalSummary(channel: channel))
      }
    }
  }

  mutating func step(_ inputs: borrowing Inputs, _ recorder: inout Recorder) {
    for i in 0..<inputs.frames.count { take(inputs.frames[i]) }
    let feedback = Feedback(store, table: configuration.frames, at: inputs.now)
    standstill.step(
      feedback, brakeDemand: .zero, at: inputs.now, configuration: configuration.safeStop)
    var observation = HealthObservation()
    observation.now = inputs.now
    observation.isStandstill = standstill.isStandstill
    observation.movedAtStandstill = standstill.movedAtStandstill
    observation.buses = inputs.buses
    let verdict = monitor.step(
      observation, feedback: feedback, decoder: decoder, table: configuration.frames,
      configuration: configuration.safeStop, vehicle: configuration.vehicle)
    // Speed, path and limit stay unknown: the recorded truck follows its driver, and a ladder that
    // saw it disobey would escalate.
    var events = LadderEvents()
    events.now = inputs.now
    events.demand = verdict.demand
    events.isStandstill = standstill.isStandstill
    let action = ladder.step(events, configuration: configuration.safeStop)
    recorder.record(verdict, action, at: inputs.now)
  }

  private mutating func take(_ frame: ReceivedFrame) {
    let row = decoder.decode(frame, table: configuration.frames, into: &store)
    guard messages.indices.contains(row) else { return }
    let seconds = Double(frame.receivedAt.nanoseconds) * 1e-9
    let state = decoder.rows[row]
    if messages[row].frames == 0 {
      messages[row].first = seconds
    } else if seconds - messages[row].last > messages[row].longestGap {
      messages[row].longestGap = seconds - messages[row].last
      messages[row].gapBegan = messages[row].last
    }
    messages[row].last = seconds
    messages[row].frames = state.frames
    messages[row].badChecksums = state.badChecksums
    messages[row].badCounters = state.badCounters
    messages[row].shortFrames = state.shortFrames
    let description = configuration.frames.receive[row]
    for i in description.firstField..<(description.firstField + description.fieldCount)
    where signalOfField.indices.contains(i) {
      signals[signalOfField[i]].take(store[configuration.frames.fields[i].channel])
    }
  }
}
