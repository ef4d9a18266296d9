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
      does not run; 2: wrong use. After a stop (stop, or one of the truck's own) is held, acknowledge \
      lets the truck drive on where nothing else holds it: be sure that the way is free; disarm ends \
      the drive instead. Scripted authority (release, revoke) is for virtual buses only. \
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
    let answer = try ControlClient(socket: socket).exchange([UInt8](body))
    print(String(decoding: answer, as: UTF8.self))
    let object = try? JSONSerialization.jsonObject(with: Data(answer)) as? [String: Any]
    guard object?["ok"] as? Bool == true else {
      let reason = object?["error"] as? String ?? "the daemon's answer is not understood"
      throw CommandFailure.failed(
        reason.hasPrefix(request + ":") ? reason : "\(request): \(reason)")
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
