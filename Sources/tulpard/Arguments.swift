import CLinux
import DriveConfiguration
import Logbook
import Recording
import Units

/// Why the daemon cannot start; the status is that of the command line's contract.
package struct StartFailure: Error {
  let status: Int32
  package let message: String

  /// Wrong use or a bad configuration: nothing was opened, nothing sent.
  static func badInput(_ message: String) -> StartFailure {
    StartFailure(status: 2, message: message)
  }

  /// The machine did not give what was asked of it.
  static func failed(_ message: String) -> StartFailure {
    StartFailure(status: 1, message: message)
  }
}

/// The command line of the daemon.
package struct Arguments: Sendable {
  static let usage = """
    usage: tulpard (--profile DIR --mission DIR | --configuration BLOB) [options]
      --profile DIR          hw-profile of the truck
      --mission DIR          mission: route, zones, limits
      --configuration BLOB   what `tulpar compile` wrote, instead of the two
      --settings FILE        the tulpar.conf that systemd took the others from: refused where it has a
                             key that nothing reads
      --can NAME=INTERFACE   interface of a bus of the profile (vcan0, unix:PATH); repeatable
      --gpsd HOST:PORT       default 127.0.0.1:2947
      --control PATH         control socket, default $RUNTIME_DIRECTORY/control.sock
      --page PATH            page shared with the guardian, default $RUNTIME_DIRECTORY/page
      --timing-scale N       stretch time thresholds, 1 to 20, for machines that wake late
      --state DIR            commissioning record and shadow report of this truck, default
                             $STATE_DIRECTORY or /var/lib/tulpar
      --drives DIR           where drives are recorded; default drives/ in the folder of --state, with
                             --bench nowhere unless told
      --drive-size N         size of a file, as 128MB, 1MB to 10GB; the next one follows
      --drive-time N         and its time, as 600s, 1s to 86400s
      --drives-budget N      of all files but the locked ones, default 21GB, 72 h: the oldest goes first
      --drives-locked N      of the locked ones, default 4GB, an eighth of it for each kind of event
                             (request, failure, emergency, stop, take-over) alone; an event beyond it
                             is told and not locked
      --drives-free N        what stays free on the disk, as 256MB
      --shadow               only listen: nothing is armed or sent, commands are compared with the
                             driver's; the record goes to DIR/shadow.state, which
                             `tulpar shadow` reads, the report to DIR/shadow.json and DIR/shadow.txt,
                             every minute and at the end
      --bench                no records asked for before arming; simulated GNSS fixes count; virtual interfaces only
      --version
      --help
    """

  var profile: String?
  var mission: String?
  var configuration: String?
  /// Interfaces by the bus names of the profile.
  var interfaces: [String: String] = [:]
  var gpsdHost = "127.0.0.1"
  var gpsdPort: UInt16 = 2947
  var control = ""
  var page = ""
  var timingScale: Int?
  var isBench = false
  /// Listen only and compare with the driver (S-24).
  var isShadow = false
  /// Where what belongs to this truck is kept.
  var stateFolder = ""
  /// Where drives are recorded, nil for nowhere.
  var drives: String?
  package private(set) var driveLimits = DriveLimits()
  var wantsHelp = false
  var wantsVersion = false

  package init(_ words: [String]) throws(StartFailure) {
    let runtime = unsafe tl_environment("RUNTIME_DIRECTORY").map { unsafe String(cString: $0) }
    control = (runtime ?? "/run/tulpar") + "/control.sock"
    page = (runtime ?? "/run/tulpar") + "/page"
    let kept = unsafe tl_environment("STATE_DIRECTORY").map { unsafe String(cString: $0) }
    stateFolder = kept ?? "/var/lib/tulpar"
    var index = 0
    while index < words.count {
      let option = words[index]
      index += 1
      switch option {
      case "--help", "-h": wantsHelp = true
      case "--version": wantsVersion = true
      case "--bench": isBench = true
      case "--shadow": isShadow = true
      default:
        guard Self.valued.contains(option) else {
          throw .badInput("unknown option '\(option)'\n\(Self.usage)")
        }
        guard index < words.count else { throw .badInput("\(option): a value is missing") }
        try take(option, words[index])
        index += 1
      }
    }
    if drives == nil, !isBench { drives = stateFolder + "/drives" }
    if !wantsHelp, !wantsVersion { try check() }
  }

  private static let valued: Set<String> = [
    "--profile", "--mission", "--configuration", "--settings", "--can", "--gpsd", "--control",
    "--page",
    "--timing-scale", "--state", "--drives", "--drive-size", "--drive-time", "--drives-budget",
    "--drives-locked", "--drives-free",
  ]

  private mutating func take(_ option: String, _ value: String) throws(StartFailure) {
    guard !value.isEmpty else { throw .badInput("\(option): the value is empty") }
    switch option {
    case "--profile": profile = value
    case "--mission": mission = value
    case "--configuration": configuration = value
    case "--settings": try checkSettings(value)
    case "--control": control = value
    case "--state": stateFolder = value
    case "--page": page = value
    case "--drives": drives = value
    case "--drive-size": driveLimits.fileBytes = try bytes(option, value, 1...10_000)
    case "--drives-budget": driveLimits.budget = try bytes(option, value, 10...100_000_000)
    case "--drives-locked": driveLimits.lockedBudget = try bytes(option, value, 10...100_000_000)
    case "--drives-free": driveLimits.minimumFree = try bytes(option, value, 1...1_000_000)
    case "--drive-time":
      guard value.hasSuffix("s"), let number = Int64(value.dropLast()),
        (1...86_400).contains(number)
      else { throw .badInput("--drive-time: read '\(value)', allowed is 1s to 86400s") }
      driveLimits.fileTime = .milliseconds(number * 1_000)
    case "--can": try takeInterface(value)
    case "--gpsd": try takeGPSD(value)
    case "--timing-scale":
      guard let number = Int(value), (1...20).contains(number) else {
        throw .badInput("--timing-scale: read '\(value)', allowed is 1 to 20")
      }
      timingScale = number
    default: break
    }
  }

  private func checkSettings(_ file: String) throws(StartFailure) {
    do {
      _ = try SettingsFile(try ByteSource(opening: file).whole(), file: file)
    } catch let refused as SettingsFile.Refused {
      throw .badInput(refused.description)
    } catch {
      throw .badInput("--settings: \(error)")
    }
  }

  /// - Parameter megabytes: what is allowed.
  private func bytes(
    _ option: String, _ value: String, _ megabytes: ClosedRange<UInt64>
  ) throws(StartFailure) -> UInt64 {
    let units: [(String, UInt64)] = [("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000)]
    for (unit, size) in units where value.hasSuffix(unit) {
      guard let number = UInt64(value.dropLast(unit.utf8.count)), number <= 1_000_000_000,
        (megabytes.lowerBound * 1_000_000...megabytes.upperBound * 1_000_000)
          .contains(number * size)
      else { break }
      return number * size
    }
    throw .badInput(
      "\(option): read '\(value)', allowed is a whole number and kB, MB or GB, "
        + "\(Self.text(megabytes.lowerBound)) to \(Self.text(megabytes.upperBound))")
  }

  private static func text(_ megabytes: UInt64) -> String {
    megabytes % 1_000 == 0 ? "\(megabytes / 1_000)GB" : "\(megabytes)MB"
  }

  /// Limits that contradict each other would keep nothing.
  private func checkDriveLimits() throws(StartFailure) {
    let limits = driveLimits
    guard limits.budget >= limits.fileBytes else {
      throw .badInput(
        "--drives-budget: read \(limits.budget / 1_000)kB, allowed is at least a file of "
          + "--drive-size, \(limits.fileBytes / 1_000)kB")
    }
    // Of the locked ones' budget one kind of event has half.
    guard limits.lockedBudget / 2 >= limits.fileBytes else {
      throw .badInput(
        "--drives-locked: read \(limits.lockedBudget / 1_000)kB, allowed is at least two files of "
          + "--drive-size, \(limits.fileBytes / 500)kB")
    }
  }

  private mutating func takeInterface(_ value: String) throws(StartFailure) {
    guard let equals = value.firstIndex(of: "="), equals != value.startIndex,
      value.index(after: equals) != value.endIndex
    else { throw .badInput("--can: read '\(value)', expected NAME=INTERFACE, as in can0=vcan0") }
    let name = String(value[..<equals])
    guard interfaces[name] == nil else { throw .badInput("--can: '\(name)' is given twice") }
    interfaces[name] = String(value[value.index(after: equals)...])
  }

  private mutating func takeGPSD(_ value: String) throws(StartFailure) {
    guard let colon = value.lastIndex(of: ":"), colon != value.startIndex,
      let port = UInt16(value[value.index(after: colon)...]), port > 0
    else { throw .badInput("--gpsd: read '\(value)', expected HOST:PORT, as in 127.0.0.1:2947") }
    gpsdHost = String(value[..<colon])
    gpsdPort = port
    // The daemon faces no network (architecture.md section 2).
    guard ["127.0.0.1", "::1", "[::1]", "localhost"].contains(gpsdHost) else {
      throw .badInput("--gpsd: read '\(gpsdHost)', allowed is this machine: 127.0.0.1")
    }
  }

  private func check() throws(StartFailure) {
    try checkDriveLimits()
    if configuration != nil {
      guard profile == nil, mission == nil, timingScale == nil else {
        throw .badInput(
          "--configuration already holds profile, mission and timing scale: give one or the other")
      }
      return
    }
    guard profile != nil else { throw .badInput("--profile is missing\n\(Self.usage)") }
    guard mission != nil else { throw .badInput("--mission is missing\n\(Self.usage)") }
  }
}
