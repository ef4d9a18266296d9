import CLinux
import Foundation
import TestSupport
import Testing

/// `tulpar doctor` on pictures of computers.
@Suite(.realTime, .timeLimit(.minutes(60))) struct DoctorTests {
  /// A computer that is fit, file by file.
  private final class Computer {
    let folder: TemporaryFolder
    /// What `tulpar-bus` publishes; nil when a test wrote its own.
    private var link: String? = "up active 250000 0 0 0"

    init() throws {
      folder = try TemporaryFolder()
      try write("/proc/sys/kernel/sched_rt_runtime_us", "-1")
      try write("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance")
      for (process, name) in [(100, "tulpard"), (101, "tulpar-guardian")] {
        try write("/proc/\(process)/comm", name)
        try write(
          "/proc/\(process)/limits",
          """
          Limit                     Soft Limit           Hard Limit           Units
          Max locked memory         unlimited            unlimited            bytes
          Max realtime priority     95                   95
          """)
      }
      try write("/proc/15/comm", "ksoftirqd/0")
      try write("/proc/15/stat", DoctorTests.ksoftirqd(priority: 93, policy: 1))
      for unit in [
        "tulpard.service", "tulpar-guardian.service", "tulpar-bus@.service", "tulpar.target",
      ] {
        try write("/usr/lib/systemd/system/\(unit)", "[Unit]")
      }
      try write("/sys/class/net/can0/type", "280")
      try write("/sys/class/net/can0/flags", "0x40081")
      try write("/sys/class/net/can0/mtu", "16")
      try write("/sys/class/net/can0/statistics/rx_packets", "0")
    }

    func write(_ path: String, _ text: String) throws {
      if path == Self.linkPath { link = nil }
      try Self.write(folder.path + path, text)
    }

    private static let linkPath = "/run/tulpar/link-can0"

    private static func write(_ path: String, _ text: String) throws {
      let url = URL(filePath: path)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data((text + "\n").utf8).write(to: url, options: .atomic)
    }

    func publish(_ words: String) { link = words }

    /// What doctor says; frames come meanwhile unless the bus is silent.
    func examine(isSilent: Bool = false, _ more: String...) throws -> ProgramResult {
      let root = folder.path
      let link = link
      let bus = Beating { count in
        if !isSilent {
          try? Self.write(root + "/sys/class/net/can0/statistics/rx_packets", "\(count)")
        }
        guard let link else { return }
        try? Self.write(root + Self.linkPath, "tulpar-link-1 \(tl_monotonic_ns()) \(link)")
      }
      defer { bus.end() }
      return try BuiltPrograms.run(
        "tulpar",
        ["doctor", "--root", folder.path, "--profile", TruckBench.profile, "--listen", "1"]
          + more)
    }
  }

  /// proc(5): priority and policy are the fields 40 and 41.
  private static func ksoftirqd(priority: Int, policy: Int) -> String {
    "15 (ksoftirqd/0) S" + String(repeating: " 0", count: 36) + " \(priority) \(policy) 0 0 0"
  }

  @Test(.enabled(if: BuiltPrograms.exists("gpsd"), "needs gpsd"))
  func aFitComputerPasses() throws {
    let bench = try TruckBench()
    let port = 20_000 + Int(UInt32.random(in: 0..<20_000)) * 2
    try bench.start(
      "gpsd", "/usr/sbin/gpsd", ["-N", "-n", "-S", "\(port)", "udp://127.0.0.1:\(port + 1)"])
    // proc(5): a socket that listens is in state 0A and has no peer.
    let listening = String(format: ":%04X 00000000:0000 0A", port)
    try bench.waitUntil("gpsd") {
      (try? String(contentsOfFile: "/proc/net/tcp", encoding: .utf8))?.contains(listening) == true
    }
    let result = try Computer().examine("--gpsd-port", "\(port)")
    #expect(result.status == 0, "\(result.output)\(result.errors)")
    #expect(!result.output.contains("FAIL"))
    #expect(result.output.contains("ok bus powertrain on can0: 250000 bit/s, controller active"))
    #expect(result.output.contains("ok gpsd: answers"))
  }

  /// Each finding names its remedy, and any of them fails the computer.
  @Test(arguments: [
    (
      "/proc/sys/kernel/sched_rt_runtime_us", "950000", "real-time throttling: on",
      "sysctl -w kernel.sched_rt_runtime_us=-1"
    ),
    (
      "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave",
      "1 processors with governor powersave", "cpupower"
    ),
    (
      "/proc/100/limits", "Max locked memory         8388608 8388608 bytes",
      "limits of tulpard: locked memory 8388608, priority unknown", "LimitMEMLOCK=infinity"
    ),
    (
      "/sys/class/net/can0/flags", "0x40080", "can0: down", "systemctl enable --now tulpar-bus@can0"
    ),
    ("/sys/class/net/can0/type", "772", "not a CAN interface (type 772)", "--can can0=NAME"),
    (
      "/proc/15/stat", ksoftirqd(priority: 0, policy: 0),
      "delivery of frames: 1 ksoftirqd threads", "systemctl restart tulpar-guardian"
    ),
    (
      "/proc/15/stat", ksoftirqd(priority: 80, policy: 1),
      "delivery of frames: 1 ksoftirqd threads", "systemctl restart tulpar-guardian"
    ),
    (
      "/run/tulpar/link-can0", "tulpar-link-1 5 up active 250000 0 0 0",
      "tulpar-bus does not watch it", "systemctl enable --now tulpar-bus@can0"
    ),
  ])
  func aFindingNamesItsRemedy(_ path: String, _ text: String, _ found: String, _ remedy: String)
    throws
  {
    let computer = try Computer()
    try computer.write(path, text)
    let result = try computer.examine("--gpsd-port", "1")
    let line = result.output.split(separator: "\n").first { $0.contains(found) }
    #expect(line?.hasPrefix("FAIL") == true, "\(result.output)")
    #expect(line?.contains(remedy) == true, "\(result.output)")
    #expect(result.status == 1)
    #expect(result.output.contains("FAIL gpsd: no gpsd answers on port 1"))
  }

  @Test(arguments: [
    (
      "givenUp busOff 250000 255 0 5",
      "controller busOff, 5 restarts, error counters 255 sending and 0 receiving, givenUp"
    ),
    ("up active 500000 0 0 0", "500000 bit/s, the profile wants 250000"),
    ("up passive 250000 128 0 0", "controller passive"),
  ])
  func aSickLinkIsFound(_ words: String, _ found: String) throws {
    let computer = try Computer()
    computer.publish(words)
    let result = try computer.examine("--gpsd-port", "1")
    #expect(
      result.output.split(separator: "\n").contains {
        $0.hasPrefix("FAIL bus") && $0.contains(found)
      }, "\(result.output)")
  }

  @Test func aSilentBusAndAMissingUnitAreFound() throws {
    let computer = try Computer()
    try FileManager.default.removeItem(
      atPath: computer.folder.path + "/usr/lib/systemd/system/tulpar-bus@.service")
    let result = try computer.examine(isSilent: true, "--gpsd-port", "1")
    #expect(result.output.contains("FAIL bus powertrain on can0: no frame in 1.0 s"))
    #expect(result.output.contains("FAIL unit tulpar-bus@.service: not installed"))
  }
}
