import CLinux
import SocketCAN

/// The command line of the helper.
struct Options {
  static let usage = """
    usage: tulpar-bus INTERFACE (--profile DIR | --bit-rate N) [options]
      --profile DIR        hw-profile whose bus on this interface says rate and rules
      --bus NAME           the bus of the profile, where the interface is not its own
      --bit-rate N         bit/s of the arbitration phase, instead of the profile
      --data-bit-rate N    bit/s of the data phase: an FD bus
      --queue N            frames that may wait for the wire, 1 to 1000, default 12
      --restart-in-motion  restart after bus-off though the truck moves
      --runtime DIR        where the state is told, default $RUNTIME_DIRECTORY or /run/tulpar
    SIGHUP restarts the controller at once.
    """

  struct Failure: Error {
    let message: String
  }

  var interface = ""
  var runtime: String
  var wantsHelp = false
  var settings = LinkSettings(bitRate: 0)
  private var profile: String?
  private var bus: String?

  init(_ words: [String]) throws(Failure) {
    runtime =
      unsafe tl_environment("RUNTIME_DIRECTORY").map { unsafe String(cString: $0) }
      ?? "/run/tulpar"
    var index = 0
    while index < words.count {
      let word = words[index]
      index += 1
      switch word {
      case "--help", "-h": wantsHelp = true
      case "--restart-in-motion": settings.restartsInMotion = true
      case "--profile", "--bus", "--bit-rate", "--data-bit-rate", "--queue", "--runtime":
        guard index < words.count, !words[index].isEmpty else {
          throw Failure(message: "\(word): a value is missing")
        }
        try take(word, words[index])
        index += 1
      default:
        guard !word.hasPrefix("-") else {
          throw Failure(message: "unknown option '\(word)'\n\(Self.usage)")
        }
        guard interface.isEmpty else { throw Failure(message: "'\(word)': one interface only") }
        interface = word
      }
    }
    guard !wantsHelp else { return }
    try check()
  }

  private mutating func take(_ option: String, _ value: String) throws(Failure) {
    switch option {
    case "--profile": profile = value
    case "--bus": bus = value
    case "--runtime": runtime = value
    case "--bit-rate":
      settings.bitRate = UInt32(try number(option, value, 10_000...1_000_000))
    case "--data-bit-rate":
      settings.dataBitRate = UInt32(try number(option, value, 10_000...10_000_000))
    case "--queue": settings.queueLength = Int32(try number(option, value, 1...1_000))
    default: break
    }
  }

  private func number(
    _ option: String, _ value: String, _ allowed: ClosedRange<Int>
  ) throws(Failure) -> Int {
    guard let number = Int(value), allowed.contains(number) else {
      throw Failure(
        message:
          "\(option): read '\(value)', allowed is \(allowed.lowerBound) to \(allowed.upperBound)")
    }
    return number
  }

  private mutating func check() throws(Failure) {
    guard !interface.isEmpty, interface.utf8.count <= 15, !interface.contains("/") else {
      throw Failure(
        message: "interface: read '\(interface)', allowed is a name of 1 to 15 bytes, as in can0")
    }
    if let profile { try askProfile(profile) }
    guard settings.bitRate > 0 else {
      throw Failure(message: "--profile or --bit-rate is missing\n\(Self.usage)")
    }
  }

  /// `tulpar buses` reads the YAML, so that the process with the privilege does not.
  private mutating func askProfile(_ profile: String) throws(Failure) {
    let tool = ChildProcess.sibling("tulpar")
    guard let answer = ChildProcess.run([tool, "buses", profile]), answer.status == 0 else {
      throw Failure(message: "\(profile): '\(tool) buses' refused it")
    }
    let lines = answer.output.split(separator: "\n").map { $0.split(separator: " ") }
      .filter { $0.count == 5 }
    let found = lines.first { line in
      if let bus { line[0] == bus } else { line[1] == interface }
    }
    guard let found, let bitRate = UInt32(found[2]), let dataBitRate = UInt32(found[3]) else {
      let names = lines.map { "\($0[0]) on \($0[1])" }
      throw Failure(
        message: "\(profile): no bus \(bus ?? "on \(interface)"); it has "
          + names.joined(separator: ", "))
    }
    if settings.bitRate == 0 { settings.bitRate = bitRate }
    if settings.dataBitRate == nil, dataBitRate > 0 { settings.dataBitRate = dataBitRate }
    if found[4] == "restart_in_motion" { settings.restartsInMotion = true }
    settings.isOnlyBus = lines.count == 1
  }
}
