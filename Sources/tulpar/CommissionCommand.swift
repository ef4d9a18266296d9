import ArgumentParser
import Commissioning
import DriveConfiguration
import Foundation
import Records
import SiteMap
import Vehicle

struct CommissionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "commission",
    abstract: "Walk through the procedures of a truck's first day, and write their record.",
    discussion: """
      It only listens: a person drives, and no frame is ever sent. Each step tells what to do, shows \
      how much of it was seen, and ends by itself; Enter ends it at once, "skip" leaves it for \
      later, "quit" stops. The record is saved after every step; --resume goes on with the steps \
      that are left, and --step repeats one. Uncertainties are at 95 % coverage.

      Turn the ignition off and on once it listens: controllers say who they are when they wake. A \
      part that was replaced voids what was found with it, and only that. The record belongs to one \
      truck, profile and computer; put it into the daemon's state folder as commissioning.json.

      Status 0: every step has passed; 1: steps failed or are left; 2: wrong use.
      """)

  @Option(help: "Profile folder of the truck.") var profile: String
  @Option(help: "Who answers for the results.") var person: String?
  @Option(help: ArgumentHelp("The record.", valueName: "FILE")) var out: String?
  @Option(
    help: ArgumentHelp(
      "Interface of a bus of the profile; its own where not given. Repeatable.",
      valueName: "NAME=INTERFACE"))
  var can: [String] = []
  @Option(help: ArgumentHelp("Where gpsd runs.", valueName: "HOST:PORT")) var gpsd =
    "127.0.0.1:2947"
  @Option(
    help: ArgumentHelp(
      "Take the steps from this drive, which this truck and computer recorded.",
      valueName: "drive.mcap"))
  var from: String?
  @Option(help: ArgumentHelp("Only this step; repeatable.", valueName: "NAME")) var step: [String] =
    []
  @Flag(help: "Go on with the record that is there.") var resume = false
  @Option(
    help: ArgumentHelp("Vehicle number, where the truck does not tell it.", valueName: "VIN"))
  var vin: String?
  @Option(
    help: ArgumentHelp(
      "A length by tape measure with its uncertainty: front=5.02+-0.01, rear=0.99+-0.01.",
      valueName: "NAME=M+-M"))
  var measured: [String] = []
  @Option(help: ArgumentHelp("End each step after this many seconds.", valueName: "S")) var timeout:
    Double?
  @Flag(help: "Print the procedures as a page for the workshop, and end.") var list = false

  mutating func run() throws {
    let findings = Findings()
    guard let loaded = VehicleProfile.load(folder: profile, findings: findings),
      !findings.hasErrors
    else {
      throw CommandFailure.badInput(findings.errors.map(\.description).joined(separator: "\n"))
    }
    let drive = compileReplay(loaded)
    let context = CommissioningContext(drive, rowNames: loaded.receiveNames)
    if list {
      print(Self.page(loaded.name, context.limits), terminator: "")
      return
    }
    guard let person, !person.isEmpty else {
      throw CommandFailure.badInput("--person: read nothing, needed is who answers for the results")
    }
    guard let out else { throw CommandFailure.badInput("--out: read nothing, needed is a file") }
    if let timeout, !(timeout > 0 && timeout < 1e6) {
      throw CommandFailure.badInput("--timeout: read \(timeout), allowed is above 0 s")
    }
    let steps = try wantedSteps()
    let tape = try measured.map(Self.tapeMeasure)
    var session = try begin(drive, context, person, out)
    let interfaces = try Self.interfaces(can)
    let place = try Self.place(gpsd)
    if let from {
      var source = try CommissionRecording(
        from, drive, context, computer: session.record.computer ?? 0)
      try walk(&session, context, &source, steps, tape, out)
    } else {
      var source = try CommissionTruck(drive, context, interfaces, place)
      try walk(&session, context, &source, steps, tape, out)
    }
    try end(session, out)
  }

  private func wantedSteps() throws -> [Step]? {
    guard !step.isEmpty else { return nil }
    return try step.map { name in
      guard let step = Step(rawValue: name) else {
        let known = Step.allCases.map(\.rawValue).joined(separator: ", ")
        throw CommandFailure.badInput("--step: read '\(name)', allowed are \(known)")
      }
      return step
    }
  }

  private func begin(
    _ drive: DriveConfiguration, _ context: CommissioningContext, _ person: String, _ out: String
  ) throws -> CommissioningSession {
    guard let computer = ComputerIdentity.here() else {
      throw CommandFailure.failed(
        "/etc/machine-id: holds no machine id, to which the record belongs; "
          + "systemd-machine-id-setup makes one")
    }
    do {
      let bytes = try RecordFile.read(out)
      guard bytes == nil || resume else {
        throw CommandFailure.badInput("\(out): exists already; --resume goes on with it")
      }
      let old = try bytes.map { bytes throws(CommissioningRecord.Problem) in
        try CommissioningRecord(bytes)
      }
      return try CommissioningSession(
        drive, context, person: person, computer: computer, resuming: old)
    } catch let error as CommissioningRecord.Problem {
      throw CommandFailure.badInput("\(out): \(error)")
    } catch let error as CommissioningSession.Refusal {
      throw CommandFailure.badInput("\(out): \(error)")
    } catch let error as RecordFileError {
      throw CommandFailure.badInput("\(error.path): cannot be read (\(error.number))")
    }
  }

  private func walk(
    _ session: inout CommissioningSession, _ context: CommissioningContext,
    _ source: inout some CommissionSource, _ wanted: [Step]?, _ tape: [TapeMeasure], _ out: String
  ) throws {
    try identify(&session, &source)
    let steps = wanted ?? session.stepsLeft.filter { from == nil || $0 != .overhang }
    for step in steps {
      let sheet = step.sheet(context.limits)
      tell("\n\(step.rawValue): \(sheet.title) (\(sheet.duration))")
      for line in sheet.instructions { tell("  - \(line)") }
      tell("  passes when \(sheet.passes)")
      let entry: CommissioningEntry
      if step == .overhang {
        guard !tape.isEmpty else {
          tell("  left: --measured front=M+-M --measured rear=M+-M tell the lengths")
          continue
        }
        entry = TapeMeasure.judge(tape, context)
      } else {
        switch try listen(step, context, &source) {
        case .found(let found): entry = found
        case .skipped: continue
        case .quit: return
        }
      }
      try meet(&session, &source)
      session.note(entry, of: step, at: Date.now.formatted(.iso8601))
      try save(session, out)
      tell("  \(entry.text)")
    }
  }

  private enum Outcome { case found(CommissioningEntry), skipped, quit }

  private func listen(
    _ step: Step, _ context: CommissioningContext, _ source: inout some CommissionSource
  ) throws -> Outcome {
    guard var procedure = Procedures.make(step, context) else { return .skipped }
    let begin = Date.now
    var shown = ""
    var shownAt = Date.distantPast
    try source.rewind()
    while let sample = try source.next() {
      procedure.take(sample)
      let progress = procedure.progress
      if progress.isComplete { break }
      if !source.isRecorded {
        let text = "  \(Int(100 * progress.share)) %: \(progress.missing)"
        if text != shown, Date.now.timeIntervalSince(shownAt) >= 1 {
          tell(text)
          shown = text
          shownAt = .now
        }
        if let timeout, Date.now.timeIntervalSince(begin) > timeout { break }
        switch source.word() {
        case nil: continue
        case "skip": return .skipped
        case "quit": return .quit
        default: return .found(Procedures.close(procedure))
        }
      }
    }
    return .found(Procedures.close(procedure))
  }

  /// Long enough for what controllers tell cyclically.
  private func identify(
    _ session: inout CommissioningSession, _ source: inout some CommissionSource
  ) throws {
    try source.listenForIdentity(seconds: min(timeout ?? 5, 5))
    let number = source.vehicleNumber
    if let number, let vin, number != vin {
      throw CommandFailure.badInput("--vin: read \(vin), the truck says that it is \(number)")
    }
    // A drive that names no truck may be another's: a person must say whose it is.
    let fallback = source.isRecorded ? vin : vin ?? known(session)
    guard let number = number ?? fallback else {
      throw CommandFailure.badInput(
        source.isRecorded
          ? "\(from ?? ""): does not say which truck drove; give its --vin"
          : "the truck does not tell its number: turn the ignition off and on, or give --vin")
    }
    do throws(CommissioningSession.Refusal) {
      try session.set(vehicle: number)
    } catch {
      throw CommandFailure.badInput("\(error)")
    }
    try meet(&session, &source)
  }

  private func known(_ session: CommissioningSession) -> String? {
    session.record.vehicleNumber.isEmpty ? nil : session.record.vehicleNumber
  }

  private func meet(
    _ session: inout CommissioningSession, _ source: inout some CommissionSource
  ) throws {
    let change = session.meet(source.identity.components)
    for part in change.replaced { tell("\(part.label) was replaced: now \(part.text)") }
    if !change.voided.isEmpty {
      tell("to be done again: \(change.voided.map(\.rawValue).joined(separator: ", "))")
    }
  }

  private func save(_ session: CommissioningSession, _ out: String) throws {
    do throws(RecordFileError) {
      try RecordFile.write(session.record.encoded, to: out)
    } catch {
      throw CommandFailure.failed("\(out): cannot be written (error \(error.number))")
    }
  }

  private func end(_ session: CommissioningSession, _ out: String) throws {
    try save(session, out)
    let left = session.stepsLeft.map(\.rawValue).joined(separator: ", ")
    if session.record.components.isEmpty {
      throw CommandFailure.failed(
        "\(out): written; no controller told who it is, and arming needs one: turn the ignition "
          + "off and on while this program listens (--resume)")
    }
    guard left.isEmpty else {
      throw CommandFailure.failed("\(out): written; not passed yet: \(left)")
    }
    print("\(out): written; every step has passed")
  }

  private func tell(_ line: String) {
    try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
  }
}

// Words of the command line.
extension CommissionCommand {
  static func interfaces(_ words: [String]) throws(CommandFailure) -> [String: String] {
    var result: [String: String] = [:]
    for word in words {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, result[parts[0]] == nil else {
        throw .badInput("--can: read '\(word)', expected NAME=INTERFACE once, as in can0=vcan0")
      }
      result[parts[0]] = parts[1]
    }
    return result
  }

  static func place(_ text: String) throws(CommandFailure) -> (host: String, port: UInt16) {
    guard let colon = text.lastIndex(of: ":"), colon != text.startIndex,
      let port = UInt16(text[text.index(after: colon)...]), port > 0
    else { throw .badInput("--gpsd: read '\(text)', expected HOST:PORT, as in 127.0.0.1:2947") }
    return (String(text[..<colon]), port)
  }

  static func tapeMeasure(_ text: String) throws(CommandFailure) -> TapeMeasure {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    if parts.count == 2, let place = TapeMeasure.Place(rawValue: parts[0]),
      let sign = parts[1].range(of: "+-"),
      let length = Double(parts[1][..<sign.lowerBound]),
      let uncertainty = Double(parts[1][sign.upperBound...]), length > 0, length < 30,
      uncertainty > 0, uncertainty < 1
    {
      return TapeMeasure(place, length: length, uncertainty: uncertainty)
    }
    throw .badInput(
      "--measured: read '\(text)', allowed are front=M+-M and rear=M+-M in metres, as in "
        + "front=5.02+-0.01")
  }

  /// The procedures as a workshop follows them.
  static func page(_ profile: String, _ limits: CommissioningLimits) -> String {
    var text = "Commissioning of \(profile)\n\nIn this order; any of them can be repeated alone.\n"
    for (index, step) in Step.allCases.enumerated() {
      let sheet = step.sheet(limits)
      text += "\n\(index + 1). \(sheet.title) (--step \(step.rawValue))\n"
      text +=
        "   needs    \(sheet.needs)\n   where    \(sheet.place)\n   takes    \(sheet.duration)\n"
      for line in sheet.instructions { text += "   - \(line)\n" }
      text += "   passes   when \(sheet.passes)\n"
    }
    return text
  }
}
