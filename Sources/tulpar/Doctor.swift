import CLinux
import DriveConfiguration
import Foundation
import Signals
import SocketCAN
import Units

/// What `tulpar doctor` found of one thing.
struct Diagnosis {
  enum Verdict: String {
    case fine = "ok"
    case failed = "FAIL"
    /// Not told by this machine: a person looks.
    case unknown = "?"
  }

  let verdict: Verdict
  let what: String
  let found: String
  /// What mends it; empty where nothing is to be done.
  var remedy = ""

  var line: String {
    let text = "\(verdict.rawValue) \(what): \(found)"
    return remedy.isEmpty ? text : text + "; remedy: \(remedy)"
  }
}

/// Looks at a truck's computer, or at a picture of one below `root`.
struct Doctor {
  /// "" for this machine.
  let root: String

  func text(_ path: String) -> String? {
    guard let data = FileManager.default.contents(atPath: root + path) else { return nil }
    return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private func entries(_ path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: root + path)) ?? []).sorted()
  }

  /// What the units are given; nil and no finding where nothing is installed.
  func settings() -> (SettingsFile?, Diagnosis?) {
    let path = "/etc/tulpar/tulpar.conf"
    guard let text = text(path) else { return (nil, nil) }
    do throws(SettingsFile.Refused) {
      let settings = try SettingsFile(Array(text.utf8), file: root + path)
      let told = SettingsKey.allCases.filter { settings.values[$0] != nil }.map(\.rawValue)
      return (
        settings,
        Diagnosis(verdict: .fine, what: "tulpar.conf", found: told.joined(separator: ", "))
      )
    } catch {
      let faults = error.description.split(separator: "\n").joined(separator: "; ")
      return (
        nil,
        Diagnosis(
          verdict: .failed, what: "tulpar.conf", found: faults,
          remedy: "mend \(path); tulpar check \(path) says the same")
      )
    }
  }

  // MARK: - The machine

  /// The kernel takes the processor from real-time threads after so many microseconds a period:
  /// from the guardian too (S-16).
  func throttling() -> Diagnosis {
    let what = "real-time throttling"
    guard let value = text("/proc/sys/kernel/sched_rt_runtime_us").flatMap({ Int($0) }) else {
      return Diagnosis(verdict: .unknown, what: what, found: "sched_rt_runtime_us is not readable")
    }
    guard value >= 0 else { return Diagnosis(verdict: .fine, what: what, found: "off") }
    return Diagnosis(
      verdict: .failed, what: what, found: "on, \(value) us a period",
      remedy: "sysctl -w kernel.sched_rt_runtime_us=-1, and that line in /etc/sysctl.d/tulpar.conf")
  }

  func governor() -> Diagnosis {
    let what = "processor frequency"
    let folder = "/sys/devices/system/cpu"
    let slow = entries(folder).filter { name in
      guard name.hasPrefix("cpu"), Int(name.dropFirst(3)) != nil,
        let governor = text("\(folder)/\(name)/cpufreq/scaling_governor")
      else { return false }
      return governor != "performance"
    }
    guard let first = slow.first,
      let governor = text("\(folder)/\(first)/cpufreq/scaling_governor")
    else { return Diagnosis(verdict: .fine, what: what, found: "no governor slows it") }
    return Diagnosis(
      verdict: .failed, what: what, found: "\(slow.count) processors with governor \(governor)",
      remedy: "cpupower frequency-set --governor performance, at every boot")
  }

  /// The limits that the running processes have, each by its name.
  func limits() -> [Diagnosis] {
    ["tulpard", "tulpar-guardian"].map { name in
      let what = "limits of \(name)"
      let process = entries("/proc").first {
        Int($0) != nil && text("/proc/\($0)/comm") == String(name.prefix(15))
      }
      guard let process, let limits = text("/proc/\(process)/limits") else {
        return Diagnosis(
          verdict: .unknown, what: what, found: "it does not run",
          remedy: "systemctl start tulpar.target")
      }
      let memory = softLimit("Max locked memory", in: limits)
      let priority = softLimit("Max realtime priority", in: limits)
      guard memory == "unlimited", let priority = Int(priority ?? ""), priority >= 90 else {
        return Diagnosis(
          verdict: .failed, what: what,
          found: "locked memory \(memory ?? "unknown"), priority \(priority ?? "unknown")",
          remedy: "start it by its unit, which has LimitMEMLOCK=infinity and LimitRTPRIO")
      }
      return Diagnosis(
        verdict: .fine, what: what, found: "locked memory unlimited, priority \(priority)")
    }
  }

  private func softLimit(_ name: String, in limits: String) -> String? {
    let line = limits.split(separator: "\n").first { $0.hasPrefix(name) }
    return line?.dropFirst(name.count).split(separator: " ").first.map(String.init)
  }

  /// Frames reach the programs through these threads of the kernel: whatever spins above them holds
  /// the frames back, from the guardian too.
  func delivery(above priority: Int) -> Diagnosis {
    let what = "delivery of frames"
    let slow = entries("/proc").filter { process in
      guard Int(process) != nil,
        let name = text("/proc/\(process)/comm"), name.hasPrefix("ksoftirqd/"),
        let status = text("/proc/\(process)/stat"), let end = status.lastIndex(of: ")")
      else { return false }
      // Fields 40 and 41 of proc(5); the first after the name is the third.
      let fields = status[status.index(after: end)...].split(separator: " ")
      guard fields.count > 38, let own = Int(fields[37]), let policy = Int(fields[38]) else {
        return true
      }
      return !(policy == 1 || policy == 2) || own <= priority
    }
    guard !slow.isEmpty else {
      return Diagnosis(
        verdict: .fine, what: what, found: "no ksoftirqd thread at or below priority \(priority)")
    }
    return Diagnosis(
      verdict: .failed, what: what,
      found:
        "\(slow.count) ksoftirqd threads at or below the control thread's priority \(priority)",
      remedy: "systemctl restart tulpar-guardian, whose unit runs raise-interrupts, at standstill")
  }

  func units() -> [Diagnosis] {
    let names = [
      "tulpard.service", "tulpar-guardian.service", "tulpar-bus@.service", "tulpar.target",
    ]
    let folders = ["/etc/systemd/system", "/usr/lib/systemd/system", "/lib/systemd/system"]
    return names.map { name in
      if let folder = folders.first(where: { text("\($0)/\(name)") != nil }) {
        return Diagnosis(verdict: .fine, what: "unit \(name)", found: "in \(folder)")
      }
      return Diagnosis(
        verdict: .failed, what: "unit \(name)", found: "not installed",
        remedy: "make build && sudo make install")
    }
  }

  // MARK: - CAN

  /// - Parameter seconds: how long it listens.
  func bus(
    _ name: String, on interface: String, bitRate: Int, isFD: Bool, listening seconds: Double
  )
    -> [Diagnosis]
  {
    let what = "bus \(name) on \(interface)"
    let folder = "/sys/class/net/\(interface)"
    let start = "systemctl enable --now tulpar-bus@\(interface)"
    guard let type = text(folder + "/type") else {
      return [
        Diagnosis(
          verdict: .failed, what: what, found: "no such interface",
          remedy: "plug the adapter in, load its driver, or give --can \(interface)=NAME")
      ]
    }
    guard type == "280" else {
      return [
        Diagnosis(
          verdict: .failed, what: what, found: "not a CAN interface (type \(type))",
          remedy: "give --can \(interface)=NAME")
      ]
    }
    let flags = text(folder + "/flags").flatMap { Int($0.dropFirst(2), radix: 16) } ?? 0
    guard flags & 1 != 0 else {
      return [Diagnosis(verdict: .failed, what: what, found: "down", remedy: start)]
    }
    var result = [Diagnosis(verdict: .fine, what: what, found: "up")]
    if isFD, text(folder + "/mtu") != "72" {
      result.append(
        Diagnosis(
          verdict: .failed, what: what, found: "carries classic frames only, the profile wants FD",
          remedy: "systemctl restart tulpar-bus@\(interface)"))
    }
    result.append(controller(what, interface, bitRate, start))
    result.append(traffic(what, folder, seconds))
    return result
  }

  private func controller(
    _ what: String, _ interface: String, _ bitRate: Int, _ start: String
  ) -> Diagnosis {
    let path = LinkReport.path(interface: interface, folder: "/run/tulpar")
    let now = Instant(nanoseconds: tl_monotonic_ns())
    guard let report = text(path).flatMap({ LinkReport(line: $0 + "\n") }),
      now - report.writtenAt < .milliseconds(2_000)
    else {
      return Diagnosis(
        verdict: .failed, what: what, found: "tulpar-bus does not watch it", remedy: start)
    }
    var state = "controller \(report.controller), \(report.restarts) restarts"
    if let sent = report.transmitErrors, let received = report.receiveErrors {
      state += ", error counters \(sent) sending and \(received) receiving"
    }
    if report.phase == .givenUp || report.controller == .busOff {
      return Diagnosis(
        verdict: .failed, what: what, found: "\(state), \(report.phase.rawValue)",
        remedy: "mend cable, termination or bit rate, then systemctl reload tulpar-bus@\(interface)"
      )
    }
    if report.bitRate != 0, Int(report.bitRate) != bitRate {
      return Diagnosis(
        verdict: .failed, what: what,
        found: "\(report.bitRate) bit/s, the profile wants \(bitRate)",
        remedy: "systemctl restart tulpar-bus@\(interface)")
    }
    if report.controller == .passive || report.controller == .warning {
      return Diagnosis(
        verdict: .failed, what: what, found: state,
        remedy: "look at cable, termination and bit rate: the controller counts errors")
    }
    let rate = report.bitRate == 0 ? "bit rate unknown" : "\(report.bitRate) bit/s"
    return Diagnosis(verdict: .fine, what: what, found: "\(rate), \(state)")
  }

  private func traffic(_ what: String, _ folder: String, _ seconds: Double) -> Diagnosis {
    let count = { text(folder + "/statistics/rx_packets").flatMap { Int($0) } ?? 0 }
    let before = count()
    Thread.sleep(forTimeInterval: seconds)
    let heard = count() - before
    guard heard > 0 else {
      return Diagnosis(
        verdict: .failed, what: what, found: "no frame in \(seconds) s",
        remedy: "switch the ignition on; else look at wiring and bit rate")
    }
    return Diagnosis(verdict: .fine, what: what, found: "\(heard) frames in \(seconds) s")
  }
}
