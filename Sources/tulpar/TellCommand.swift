import ArgumentParser
import CLinux
import DriveConfiguration
import Foundation
import Signals
import Units
import Vehicle

struct TellCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tell",
    abstract: "Speak to a running daemon over its control socket.",
    discussion: """
      The answer is one JSON object on standard output. Status 0: done; 1: the daemon refused, or \
      does not run; 2: wrong use. Scripted authority (release, revoke) is for virtual buses only. \
      A trailer (trailer FILE) is told at standstill before arming, and again after each restart of \
      the daemon; then the road (surface dry), which each new trailer makes unknown again.
      """)

  @Argument(help: "The control socket, as in /run/tulpar/control.sock.") var socket: String
  @Argument(
    help: "acknowledge, stop, arm, disarm, status, release, revoke, trailer or surface.")
  var request: String
  @Argument(
    help: "The hold line to release or revoke, the trailer's file, or dry, wet, slippery, unknown.")
  var argument: String?

  private static let plain = ["acknowledge", "stop", "arm", "disarm", "status"]
  private static let withArgument = [
    "release": "a hold line", "revoke": "a hold line", "trailer": "a file",
    "surface": "dry, wet, slippery or unknown (after the trailer)",
  ]
  private static let byteLimit = 65_536

  mutating func validate() throws {
    let due = Self.withArgument[request]
    guard Self.plain.contains(request) || due != nil else {
      let allowed = (Self.plain + Self.withArgument.keys).sorted().joined(separator: ", ")
      throw ValidationError("unknown request '\(request)'; allowed are \(allowed)")
    }
    guard (due != nil) == (argument != nil) else {
      throw ValidationError(
        due.map { "'\(request)' needs \($0)" } ?? "'\(request)' takes nothing after it")
    }
  }

  mutating func run() throws {
    var members = ["do": request]
    switch request {
    case "trailer": members.merge(try trailer(), uniquingKeysWith: { mine, _ in mine })
    case "surface": members["surface"] = argument
    default: members["line"] = argument
    }
    let body = try JSONSerialization.data(withJSONObject: members, options: [.sortedKeys])
    let answer = try exchange([UInt8](body))
    print(String(decoding: answer, as: UTF8.self))
    let object = try? JSONSerialization.jsonObject(with: Data(answer)) as? [String: Any]
    guard object?["ok"] as? Bool == true else {
      let reason = object?["error"] as? String ?? "the daemon's answer is not understood"
      throw CommandFailure.failed("\(request): \(reason)")
    }
  }

  /// The daemon reads no YAML: it is sent what this file was found to say.
  private func trailer() throws -> [String: String] {
    let findings = Findings()
    let facts = TrailerFacts.load(file: argument ?? "", for: nil, findings: findings)
    guard let facts else {
      throw CommandFailure.badInput(findings.errors.map(\.description).joined(separator: "\n"))
    }
    return facts.members
  }

  private func exchange(_ body: [UInt8]) throws(CommandFailure) -> [UInt8] {
    let descriptor = unsafe tl_unix_connect(socket, 5_000)
    guard descriptor >= 0 else { throw failure("cannot be reached", -descriptor) }
    defer { tl_close(descriptor) }
    let message = (0..<4).map { UInt8(truncatingIfNeeded: body.count >> (8 * $0)) } + body
    // A daemon that refuses the user has already answered and closed; its answer is still there.
    let written = unsafe tl_write_all(descriptor, message, message.count)
    var head = [UInt8](repeating: 0, count: 4)
    let result = unsafe tl_read_exactly(descriptor, &head, 4)
    guard result == 1 else { throw failure("gave no answer", written != 0 ? -written : -result) }
    let length = head.enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    guard length > 0, length <= Self.byteLimit else {
      throw .failed("\(socket): an answer of \(length) bytes is not from the daemon")
    }
    var answer = [UInt8](repeating: 0, count: length)
    guard unsafe tl_read_exactly(descriptor, &answer, length) == 1 else {
      throw .failed("\(socket): the answer is cut off")
    }
    return answer
  }

  private func failure(_ what: String, _ number: Int32) -> CommandFailure {
    let reason = number > 0 ? unsafe String(cString: strerror(number)) : "closed"
    return .failed("\(socket): \(what) (\(reason))")
  }
}

extension TrailerFacts {
  /// As they go over the control socket: metres, kilograms, nanoseconds since 1970.
  package var members: [String: String] {
    [
      "id": identifier.text, "length": "\(length.value)",
      "king_pin_to_axle": "\(kingPinToAxle.value)", "overhang": "\(overhang.value)",
      "axles": "\(axles)", "mass": "\(mass.value)", "load": "\(load)", "abs": "\(antiLock)",
      "brake_test": "\(brakeTestAt)",
    ]
  }
}
