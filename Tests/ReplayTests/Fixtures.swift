import DriveConfiguration
import Foundation
import GPSD
import Replay
import SiteMap
import Testing
import Units
import Vehicle

/// The recorded truck's profile, as `tulpar replay` loads it.
struct Truck {
  var configuration: DriveConfiguration
  var names: [String]

  init() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let folder = root.appending(path: "hw-profiles/kenworth-t270").path
    let findings = Findings()
    let profile = VehicleProfile.load(folder: folder, findings: findings)
    let loaded = try #require(profile, "\(findings.errors)")
    configuration = compileReplay(loaded)
    names = loaded.receiveNames
  }

  func replay(_ log: String, gnss: String? = nil, offset: Double = 0) throws -> Timeline {
    try replay(Array(log.utf8), name: "drive.log", gnss: gnss, offset: offset)
  }

  func replay(
    _ log: [UInt8], name: String, gnss: String? = nil, offset: Double = 0
  ) throws -> Timeline {
    let frames = try RecordedFrames(
      log, name: name, buses: configuration.buses.map(\.interface))
    let beside = try gnss.map {
      (
        log: try GNSSLog(Array($0.utf8), file: "gnss.log"), name: "gnss.log",
        offset: Interval.seconds(offset)
      )
    }
    var replay = try Replay(
      configuration: configuration, messageNames: names, frames: frames, gnss: beside)
    return replay.run()
  }
}

/// Frames as the recorded truck sends them at a steady 36 km/h, made up, in either form of candump.
struct MadeUpLog {
  private struct Message {
    var identifier: String
    var period: Int
    var bytes: [UInt8]
  }

  private static let messages = [
    Message(identifier: "18FEF100", period: 100, bytes: [0xFF, 0, 36, 0xFC, 0xFF, 0x68, 0, 0xCF]),
    Message(
      identifier: "18FEBF0B", period: 100, bytes: [0, 36] + [UInt8](repeating: 125, count: 6)),
    Message(
      identifier: "18F0010B", period: 100, bytes: [0xCF, 0xFF, 0xF0, 0xFF, 0xFF, 0xFC, 0xFF, 0xFF]),
    Message(
      identifier: "0CF00400", period: 20, bytes: [0xF0, 0x8C, 0x8C, 0x00, 0x28, 0, 0xFF, 0xFF]),
    Message(
      identifier: "0CF00300", period: 20, bytes: [0xD1, 50, 40, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]),
    Message(
      identifier: "0CF00203", period: 10, bytes: [0xDD, 0x00, 0x20, 0xFF, 0xF0, 0, 0x20, 0xFF]),
    Message(
      identifier: "18F00503", period: 100, bytes: [128, 0xE8, 3, 128, 0xFF, 0xFF, 0xFF, 0xFF]),
  ]

  var seconds = 6.0
  var isCompact = false
  var start = 0.0
  var interface = "can0"
  /// Whether a frame is on the wire at a time.
  var isSent: (_ identifier: String, _ seconds: Double) -> Bool = { _, _ in true }
  /// Frames of no interest a second, when the bus is flooded.
  var flood: (_ seconds: Double) -> Int = { _ in 0 }

  var text: String {
    var lines: [String] = []
    for millisecond in 0..<Int(seconds * 1_000) {
      let now = Double(millisecond) / 1_000
      for (i, message) in Self.messages.enumerated()
      where millisecond % message.period == i && isSent(message.identifier, now) {
        lines.append(line(now, message.identifier, message.bytes))
      }
      let count = flood(now)
      if count > 0, millisecond % max(1_000 / count, 1) == 0 {
        lines.append(line(now, "00000000", [0, 0, 0]))
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private func line(_ seconds: Double, _ identifier: String, _ bytes: [UInt8]) -> String {
    let time = String(format: "%010.6f", start + seconds)
    let digits = bytes.map { String(format: "%02X", $0) }
    return isCompact
      ? "(\(time)) \(interface) \(identifier)#\(digits.joined())"
      : " (\(time))  \(interface)  \(identifier)   [\(bytes.count)]  \(digits.joined(separator: " "))"
  }
}

extension Timeline {
  /// Seconds at which a fault began.
  func beginnings(of name: String) -> [Double] {
    entries.compactMap { entry in
      if case .faultBegan(let reason) = entry.event, "\(reason)" == name {
        entry.seconds
      } else {
        nil
      }
    }
  }
}
