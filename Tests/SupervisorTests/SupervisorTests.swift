import CLinux
import Foundation
import Realtime
import SafeStop
import SharedPage
import Signals
import Supervisor
import Synchronization
import Testing
import Units

/// A supervisor with a page of its own, stepped by hand; its bus does not exist.
private final class Bench {
  let path = NSTemporaryDirectory() + "tulpar-supervisor-\(UUID().uuidString)"
  let page: SharedPage
  let link = SupervisorLink()
  let thread: SupervisorThread
  var now = MonotonicClock.now

  init() throws {
    var error: Int32 = 0
    let path = self.path
    page = try #require(unsafe path.withCString { unsafe SharedPage.map($0, error: &error) })
    var bus = FixedText()
    for byte in "unix:/nonexistent/bus".utf8 { bus.append(byte) }
    thread = SupervisorThread(
      configuration: GuardianConfiguration(), buses: [bus], link: link, page: page, instance: 7)
  }

  deinit {
    page.unmap()
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Steps for a while; control and guardian beat or do not.
  func run(milliseconds: Int64, mode: Mode, control: Bool = true, guardian: Bool = true) {
    var view = SupervisorLink.ControlView()
    view.mode = mode
    for step in 0..<(milliseconds / 5) {
      now = now + SupervisorThread.period
      if step % 2 == 0 {
        if control {
          link.controlHeartbeat.add(1, ordering: .releasing)
          link.control.write(view)
        }
        if guardian {
          var report = GuardianReport()
          report.heartbeat = UInt64(bitPattern: now.nanoseconds)
          page.write(&report, to: .guardian)
        }
      }
      thread.cycle(at: now)
    }
  }
}

@Suite struct SupervisorTests {
  /// A control thread that hangs is found by its heartbeat, comfort first, then emergency.
  @Test func aHungControlThreadIsStopped() throws {
    let bench = try Bench()
    bench.run(milliseconds: 200, mode: .armed)
    #expect(bench.link.demand.reason != .controlHung)
    bench.run(milliseconds: 90, mode: .armed, control: false)
    #expect(bench.link.demand.level >= .comfortStop)
    #expect(bench.link.demand.reason == .controlHung)
    bench.run(milliseconds: 50, mode: .armed, control: false)
    #expect(bench.link.demand == StopDemand(.emergencyStop, .controlHung))
  }

  /// S-17: the supervisor watches the guardian too.
  @Test func aSilentGuardianIsNoticed() throws {
    let bench = try Bench()
    bench.run(milliseconds: 200, mode: .armed)
    bench.run(milliseconds: 150, mode: .armed, guardian: false)
    #expect(bench.link.demand.level >= .comfortStop)
  }

  /// Heartbeat and demand reach the guardian without passing through control.
  @Test func theReportGoesToTheGuardianDirectly() throws {
    let bench = try Bench()
    bench.run(milliseconds: 200, mode: .armed)
    bench.run(milliseconds: 300, mode: .armed, control: false)
    var report = SupervisorReport()
    #expect(bench.page.read(.supervisor, into: &report) != 0)
    #expect(report.instance == 7)
    #expect(report.heartbeat == bench.link.supervisorHeartbeat.load(ordering: .acquiring))
    #expect(report.demand == StopDemand(.emergencyStop, .controlHung))
  }

  /// It beats although no bus can be opened: a lost bus is a demand, not a dead thread.
  @Test func aMissingBusDoesNotStopTheThread() throws {
    let bench = try Bench()
    bench.run(milliseconds: 1_000, mode: .manual)
    #expect(bench.link.supervisorHeartbeat.load(ordering: .acquiring) == 200)
  }

  @Test func aDemandSurvivesItsWord() {
    for level: StopLevel in [.nominal, .degraded, .comfortStop, .emergencyStop] {
      for code in 0..<UInt8(Reason.count) {
        guard let reason = Reason(rawValue: code) else { continue }
        let demand = StopDemand(level, reason)
        #expect(StopDemand(word: demand.word) == demand)
      }
    }
    #expect(StopDemand(word: 0xFFFF) == StopDemand(.emergencyStop, .supervisorHung))
  }
}
