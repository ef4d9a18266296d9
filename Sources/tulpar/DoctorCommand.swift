import ArgumentParser
import CLinux
import DriveConfiguration
import Foundation
import Vehicle

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Look whether this computer is fit to drive, and name what mends it.",
    discussion: """
      One line for each finding: ok, FAIL with its remedy, or ? where this machine does not tell. \
      Status 0: nothing failed; 1: something did; 2: wrong use or a profile that is refused.
      """)

  @Option(help: "Profile folder; without it the one that /etc/tulpar/tulpar.conf names.")
  var profile: String?
  @Option(help: ArgumentHelp("Another interface for one of the profile.", valueName: "NAME=OTHER"))
  var can: [String] = []
  @Option(help: "Where gpsd listens on this machine.") var gpsdPort: UInt16 = 2947
  @Option(help: "Seconds to listen to each bus.") var listen = 0.5
  @Option(help: "Folder with another computer's files: an image, a test.") var root = ""

  mutating func run() throws {
    guard (0...60).contains(listen) else {
      throw CommandFailure.badInput("--listen: read \(listen), allowed is 0 to 60 seconds")
    }
    guard root.isEmpty || isFolder(root) else {
      throw CommandFailure.badInput(
        "--root: \(root) \(FileManager.default.fileExists(atPath: root) ? "is no folder" : "does not exist")"
      )
    }
    let doctor = Doctor(root: root)
    var findings = [doctor.throttling(), doctor.governor()]
    findings += doctor.limits() + doctor.units()
    let (settings, finding) = doctor.settings()
    if let finding { findings.append(finding) }
    findings += try buses(doctor, settings)
    findings.append(receiver())
    for finding in findings { print(finding.line) }
    let failed = findings.count { $0.verdict == .failed }
    guard failed == 0 else {
      throw CommandFailure.failed("\(failed) of \(findings.count) findings stand in the way")
    }
  }

  private func buses(_ doctor: Doctor, _ settings: SettingsFile?) throws -> [Diagnosis] {
    guard let folder = profile ?? settings?.values[.profile].map({ root + $0 }) else {
      return [
        Diagnosis(
          verdict: .failed, what: "profile", found: "none is named",
          remedy: "set TULPAR_PROFILE in /etc/tulpar/tulpar.conf, or give --profile")
      ]
    }
    let findings = Findings()
    guard let profile = VehicleProfile.load(folder: folder, findings: findings) else {
      throw CommandFailure.badInput(
        findings.errors.map(\.description).joined(separator: "\n"))
    }
    var others: [String: String] = [:]
    for word in can {
      let parts = word.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty && !$0.contains("/") }) else {
        throw CommandFailure.badInput("--can: read '\(word)', expected NAME=INTERFACE")
      }
      others[parts[0]] = parts[1]
    }
    let delivery = doctor.delivery(above: profile.compute.controlPriority)
    return [delivery]
      + profile.buses.flatMap { bus in
        doctor.bus(
          bus.name, on: others[bus.interface] ?? bus.interface, bitRate: bus.bitRate,
          isFD: bus.isFD, listening: listen)
      }
  }

  /// gpsd greets whoever connects with its version.
  private func receiver() -> Diagnosis {
    let what = "gpsd"
    let client = tl_local_connect(gpsdPort, 1_000)
    defer { if client >= 0 { tl_close(client) } }
    var head = [UInt8](repeating: 0, count: 18)
    guard client >= 0, unsafe tl_read_exactly(client, &head, head.count) == 1,
      String(decoding: head, as: UTF8.self) == #"{"class":"VERSION""#
    else {
      return Diagnosis(
        verdict: .failed, what: what, found: "no gpsd answers on port \(gpsdPort)",
        remedy: "apt-get install gpsd, name the receiver in /etc/default/gpsd, "
          + "systemctl enable --now gpsd")
    }
    return Diagnosis(verdict: .fine, what: what, found: "answers on port \(gpsdPort)")
  }
}
