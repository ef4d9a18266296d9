import ArgumentParser
import Dispatch
import Foundation
import GPSD
import Realtime
import Signals
import Synchronization
import Units

struct GNSSCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gnss",
    abstract: "Print what the stack sees of gpsd.",
    discussion: """
      One JSON object on standard output for each report that would reach the truck's inputs, and \
      one with "refused" for each that would not. Connections, losses and staleness are told on \
      standard error. Exit status 1 when time ran out before a report came.
      """)

  @Option(help: "Where gpsd runs.") var host = "127.0.0.1"
  @Option(help: "Its port.") var port: UInt16 = 2947
  @Flag(
    help: ArgumentHelp(
      "Accept simulated fixes, and time that has nothing to do with this computer's clock.",
      discussion: "For replayed logs; a truck never does."))
  var bench = false
  @Option(help: ArgumentHelp("End after this many reports.", valueName: "N")) var count: Int?
  @Option(help: ArgumentHelp("End after this many seconds.", valueName: "T")) var timeout: Double?

  func validate() throws {
    if let count, count < 1 {
      throw ValidationError("--count: read \(count), allowed is 1 or more")
    }
    if let timeout, !(timeout > 0 && timeout <= 1e6) {
      throw ValidationError("--timeout: read \(timeout), allowed is above 0 up to 1000000 seconds")
    }
  }

  mutating func run() throws {
    var policy = bench ? GNSSPolicy.recorded : GNSSPolicy()
    policy.acceptsSimulated = bench
    let client = GPSDClient(host: host, port: port, policy: policy)
    let stop = StopSignals()
    // Never joined: a connect that blocks must not hold up the end of the command.
    do { _ = try client.start() } catch {
      throw CommandFailure.failed("cannot start a thread: error \(error.errno)")
    }
    defer { client.stop() }
    let end = timeout.map { GPSDSession.monotonic() + .seconds($0) }
    var reports = 0
    var absence: String?
    while !stop.requested {
      while let event = client.next() {
        print(event, &reports, &absence)
        if let count, reports >= count { return }
      }
      if let end, GPSDSession.monotonic() >= end {
        guard reports > 0, count == nil else {
          throw CommandFailure.failed(
            "gpsd at \(host):\(port) gave \(reports) reports within \(timeout ?? 0) s"
              + (count.map { ", \($0) were asked for" } ?? ""))
        }
        return
      }
      usleep(5_000)
    }
  }

  /// A receiver that is away is told once, not at each of the attempts.
  private func print(_ event: GPSDEvent, _ reports: inout Int, _ absence: inout String?) {
    if case .disconnected = event {} else { absence = nil }
    switch event {
    case .report(let report):
      reports += 1
      write("{\(report.jsonMembers)}", FileHandle.standardOutput)
    case .refused(let refusal):
      write("{\(refusal.jsonMembers)}", FileHandle.standardOutput)
    case .connected(let major, let minor):
      write(
        "connected to gpsd at \(host):\(port), protocol \(major).\(minor)", FileHandle.standardError
      )
    case .disconnected(let cause, _):
      guard absence != cause.text else { return }
      absence = cause.text
      write(
        "gpsd at \(host):\(port) \(cause.text); tried again at least every 2 s",
        FileHandle.standardError)
    case .stale(let age):
      write("no report for \(age.seconds) s: the position is stale", FileHandle.standardError)
    }
  }

  // `FileHandle` writes at once; a reader that went away ends the process by SIGPIPE.
  private func write(_ line: String, _ file: FileHandle) {
    try? file.write(contentsOf: Data((line + "\n").utf8))
  }
}

/// SIGTERM and SIGINT as something to ask for between two steps.
final class StopSignals {
  private let flag: Flag
  private let sources: [any DispatchSourceSignal]

  private final class Flag: Sendable { let value = Atomic<Bool>(false) }

  init() {
    let flag = Flag()
    self.flag = flag
    sources = [SIGTERM, SIGINT].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { flag.value.store(true, ordering: .relaxed) }
      source.resume()
      return source
    }
  }

  deinit { for source in sources { source.cancel() } }

  var requested: Bool { flag.value.load(ordering: .relaxed) }
}
