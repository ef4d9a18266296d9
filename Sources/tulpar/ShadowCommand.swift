import ArgumentParser
import Control
import DriveConfiguration
import Records
import Signals
import SiteMap
import Vehicle

struct ShadowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shadow",
    abstract: "Report what a truck drove in shadow, before it is first armed.",
    discussion: """
      Reads the shadow.state that tulpard --shadow keeps in its state folder: hours and kilometres, \
      how far our commands were from the driver's, stops that we would have made and the driver did \
      not, and whether the hours suffice. Status 0: they do, for the profile and the truck that were \
      named; 1: they do not; 2: wrong use, or a damaged file.
      """)

  @Argument(help: "The record, as in /var/lib/tulpar/shadow.state.") var file: String
  @Option(help: "Profile folder that the hours are to be of.") var profile: String?
  @Option(
    help: ArgumentHelp(
      "Commissioning record of the truck that the hours are to be of.", valueName: "FILE"))
  var commissioning: String?
  @Flag(help: "Print JSON instead of text.") var json = false

  mutating func run() throws {
    guard let record = ShadowRecord(decoding: try readInput(file)) else {
      throw CommandFailure.badInput(
        "\(file): no shadow record of version 1 to 3, or a damaged one; its hours do not count")
    }
    var hash = record.profileHash
    var name = "a truck"
    if let profile {
      let findings = Findings()
      guard let loaded = VehicleProfile.load(folder: profile, findings: findings) else {
        throw CommandFailure.badInput(findings.errors.map(\.description).joined(separator: "\n"))
      }
      hash = compileReplay(loaded).profileHash
      name = loaded.name
    }
    var number: String?
    var computer: UInt64? = record.computer
    if let commissioning {
      let bytes = try readInput(commissioning)
      do throws(CommissioningRecord.Problem) {
        let commissioned = try CommissioningRecord(bytes)
        (number, computer) = (commissioned.vehicleNumber, commissioned.computer)
      } catch {
        throw CommandFailure.badInput("\(commissioning): \(error)")
      }
    }
    print(json ? record.json(profile: name) : record.text(profile: name), terminator: "")
    switch record.state(profileHash: hash, vehicle: number, computer: computer) {
    case .valid: return
    case .other where hash != record.profileHash:
      throw CommandFailure.failed(
        "\(file): driven with profile \(String(record.profileHash, radix: 16)), \(name) is "
          + String(hash, radix: 16))
    case .other where record.nobodys != nil:
      throw CommandFailure.failed("\(file): \(record.nobodys ?? ""): its hours do not count")
    case .other where record.computer != computer:
      throw CommandFailure.failed("\(file): driven on another computer than was commissioned")
    case .other:
      throw CommandFailure.failed("\(file): driven by another truck than \(number ?? "")")
    case .missing, .damaged, .incomplete:
      let missing = ShadowRecord.hoursNeeded - record.comparison.hours
      throw CommandFailure.failed(
        "\(file): \((missing * 100).rounded() / 100) h are missing before the first arming")
    }
  }
}
