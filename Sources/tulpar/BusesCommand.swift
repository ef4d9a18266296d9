import ArgumentParser
import Vehicle

struct BusesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "buses",
    abstract: "How a profile wants its CAN links brought up; tulpar-bus asks.",
    discussion: """
      One line for each bus: name, interface, bit rate, bit rate of the data phase (0 for classic \
      CAN), and what is done after bus-off while the truck moves: wait or restart_in_motion.
      """)

  @Argument(help: "A profile folder.") var profile: String

  mutating func run() throws {
    let findings = Findings()
    guard let found = VehicleProfile.load(folder: profile, findings: findings) else {
      let texts = findings.errors.map(\.description)
      throw CommandFailure.badInput(texts.joined(separator: "\n"))
    }
    for bus in found.buses {
      let dataBitRate = bus.isFD ? max(bus.dataBitRate, bus.bitRate) : 0
      let rule = bus.restartsInMotion ? "restart_in_motion" : "wait"
      print("\(bus.name) \(bus.interface) \(bus.bitRate) \(dataBitRate) \(rule)")
    }
  }
}
