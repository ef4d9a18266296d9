import ArgumentParser
import CAN
import CLinux
import Control
import DriveConfiguration
import Foundation
import Glibc
import Plant
import ReproducibleMath
import Signals
import Simulation
import SiteMap
import SocketCAN
import Units

struct PlantCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plant",
    abstract: "The simulated truck in real time on a CAN interface.",
    discussion: """
      It sends its status messages, obeys the commands of its wire, feeds NMEA to gpsd over UDP and \
      logs what it truly does. Lines on standard input or datagrams on --commands break and \
      mend it: "fault wheelspeed off", "fault clear", "gnss off", "quit".

      The log names contacts with persons and vehicles, roll-over onset, jack-knife, trailer slide \
      and roll-back as they happen. What the lines may say:

      \(FaultCommand.vocabulary)
      """)

  @Option(
    help: ArgumentHelp(
      "CAN interface, or unix:PATH of a tulpar bus; for a profile of several buses one "
        + "BUS=INTERFACE for each, as in can1=vcan1.", valueName: "INTERFACE")) var can: [String]
  @Option(
    help: ArgumentHelp(
      "Compiled configuration; without it a common truck on a straight level road.",
      valueName: "FILE"))
  var configuration: String?
  @Option(help: "Profile folder, with --mission instead of --configuration.") var profile: String?
  @Option(help: "Mission folder.") var mission: String?
  @Option(help: ArgumentHelp("Where NMEA goes.", valueName: "udp://HOST:PORT")) var nmea: String?
  @Option(help: ArgumentHelp("JSON lines of the truth, - for standard output.", valueName: "FILE"))
  var log: String?
  @Option(help: ArgumentHelp("UNIX datagram socket for commands.", valueName: "PATH"))
  var commands: String?
  @Option(help: "Seed of every noise.") var seed: UInt64 = 1
  @Option(
    help: ArgumentHelp(
      "Rear axle's path coordinate at the start, m; the mission's when not given.", valueName: "M"))
  var startStation: Double?
  @Option(help: ArgumentHelp("Ends after this many seconds.", valueName: "S")) var duration: Double?
  @Option(help: ArgumentHelp("Cycle, 1, 2, 5 or 10 ms.", valueName: "MS")) var period: Int = 5
  @Option(
    help: ArgumentHelp("Truth that the profile does not tell; repeatable.", valueName: "NAME=VALUE")
  )
  var set: [String] = []
  @Option(
    help: ArgumentHelp(
      "Whose messages it speaks: "
        + TruckWire.allCases.map(\.name).joined(separator: ", ") + "; the profile's by default.",
      valueName: "NAME"))
  var wire: String?
  @Option(help: "Number that the truck tells, where its wire has a message for it.")
  var vehicleNumber: String?
  @Option(help: "Part that its brake controller tells, likewise.") var brakePart: String?
  @Flag(help: "FIFO priority 98 and locked memory: the truck is physics.") var realtimePriority =
    false

  mutating func run() throws {
    guard [1, 2, 5, 10].contains(period) else {
      throw CommandFailure.badInput("--period: read \(period), allowed is 1, 2, 5 or 10 ms")
    }
    if let duration, !(duration > 0 && duration < 1e7) {
      throw CommandFailure.badInput("--duration: read \(duration), allowed is above 0 s")
    }
    let sentences = try nmea.map(PlantHost.address(ofNMEA:))
    let loaded = try loadConfiguration()
    var settings = TruckSettings()
    settings.originLatitude = loaded.controller.originLatitude.value
    settings.originLongitude = loaded.controller.originLongitude.value
    settings.originHeight = loaded.controller.originHeight.value
    settings.wire = try spokenWire(loaded)
    if let vehicleNumber { settings.vehicleNumber = vehicleNumber }
    if let brakePart { settings.brakePart = brakePart }
    var vehicle = loaded.controller.vehicle
    for assignment in set { try TruthOption.apply(assignment, &settings, &vehicle) }
    let truck = Truck(
      parameters: vehicle, settings: settings, seed: seed,
      start: try start(in: loaded), route: loaded.route)
    var host = PlantHost(truck: truck, buses: try openBuses(loaded), settings: settings)
    if let sentences { try host.openNMEA(sentences) }
    if let log { try host.openLog(log) }
    if let commands { try host.openCommands(commands) }
    host.run(period: Int64(period), duration: duration, realtimePriority: realtimePriority)
  }

  private func openBuses(_ drive: DriveConfiguration) throws -> PlantBuses {
    let interfaces: [String]
    do throws(PlantBuses.Mistake) {
      interfaces = try PlantBuses.interfaces(can, buses: drive.buses.map(\.interface))
    } catch {
      throw CommandFailure.badInput("--can: \(error.message)")
    }
    var options = SocketOptions()
    options.flexibleDataRate = true
    var ports: [LinuxCANPort] = []
    for interface in interfaces {
      do throws(CANPortError) {
        let port = try LinuxCANPort(interface: interface, options: options)
        if port.state != .up { warn("\(interface): \(port.absence); the truck waits for it") }
        ports.append(port)
      } catch {
        throw CommandFailure.failed(
          "\(interface): cannot open the CAN interface: \(error)")
      }
    }
    return PlantBuses(ports, table: drive.controller.frames)
  }

  private func warn(_ text: String) {
    FileHandle.standardError.write(Data("tulpar: \(text)\n".utf8))
  }

  private func spokenWire(_ drive: DriveConfiguration) throws -> TruckWire {
    guard let wire else { return TruckWire(of: drive.controller.frames) }
    guard let found = TruckWire(name: wire) else {
      let allowed = TruckWire.allCases.map(\.name).joined(separator: ", ")
      throw CommandFailure.badInput("--wire: read \(wire), allowed is \(allowed)")
    }
    return found
  }

  private func loadConfiguration() throws -> DriveConfiguration {
    switch (configuration, profile, mission) {
    case (nil, nil, nil): return Self.straightRoad
    case (let file?, nil, nil):
      let bytes = try readFile(file)
      do {
        return try DriveConfiguration(decoding: bytes)
      } catch {
        throw CommandFailure.badInput("\(file): \(error)")
      }
    case (nil, let profile?, let mission?):
      do {
        return try compileDrive(profile: profile, mission: mission)
      } catch {
        throw CommandFailure.badInput("\(error)")
      }
    default:
      throw CommandFailure.badInput("either --configuration, or --profile and --mission together")
    }
  }

  private static var straightRoad: DriveConfiguration {
    let settings = TruckSettings()
    var road = DriveConfiguration()
    road.controller.originLatitude = Degrees(settings.originLatitude)
    road.controller.originLongitude = Degrees(settings.originLongitude)
    road.controller.originHeight = Metres(settings.originHeight)
    var piece = RoutePiece()
    piece.length = Metres(1_000)
    road.route = [piece]
    return road
  }

  private func start(in drive: DriveConfiguration) throws -> TruckStart {
    guard let first = drive.route.first, let last = drive.route.last else {
      throw CommandFailure.badInput("the configuration has no route")
    }
    let station = startStation ?? drive.startStation.value
    let end = last.start.value + last.length.value
    guard station >= first.start.value, station <= end else {
      throw CommandFailure.badInput(
        "--start-station: read \(station), the route reaches from \(first.start.value) to \(end) m")
    }
    return TruckStart(on: drive.route, station: station)
  }
}

private func readFile(_ path: String) throws(CommandFailure) -> [UInt8] {
  let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw .badInput("\(path): \(systemError())") }
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 65_536)
  while true {
    let count = unsafe read(descriptor, &chunk, chunk.count)
    if count < 0, errno == EINTR { continue }
    guard count >= 0 else { throw .badInput("\(path): \(systemError())") }
    if count == 0 { return bytes }
    bytes += chunk[..<count]
    guard bytes.count <= 1 << 30 else { throw .badInput("\(path): larger than 1 GiB") }
  }
}

func systemError() -> String { unsafe String(cString: strerror(errno)) }
