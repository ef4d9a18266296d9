import Foundation

/// The messages of the co-simulation protocol (SI units, radians, seconds).
package enum CosimMessage {
  package struct Kind: Decodable { package let type: String }

  package struct Start: Decodable {
    let version: Int
    let dt: Double
    let vehicle: Vehicle
    let stops: [Double]?
    let columns: [String]
    let path: [[Double]]
    /// x, y, yaw, speed.
    let start: [Double]
  }

  /// What is left out comes from the profile, else from the defaults.
  package struct Vehicle: Decodable {
    let L1, h1, L2, K_us, S1, S2, tau_y0, tau_y1: Double?
    let steer_delay, steer_tau, steer_rate, steer_max: Double?
    let acc_delay, acc_tau, acc_min, acc_max: Double?
  }

  package struct Tick: Decodable {
    let k: Int
    let t, speed, yaw_rate, steer: Double
    let gnss: Fix?
    let next_stop: Double?
  }

  package struct Fix: Decodable {
    /// Of validity.
    let t: Double
    let x, y: Double
    let heading, speed: Double?
  }

  package struct Reply: Encodable {
    package let steer, accel: Double
    package let ns: UInt64
    package let est: Estimate
  }

  package struct Estimate: Encodable {
    package let x, y, yaw: Double
    package let trust: String
  }

  package static func decode<T: Decodable>(_ type: T.Type, _ text: String, line: Int) throws -> T {
    do {
      return try JSONDecoder().decode(type, from: Data(text.utf8))
    } catch let error as DecodingError {
      throw CommandFailure.badInput("cosim: line \(line): \(reason(error)): \(text.prefix(80))")
    }
  }

  private static func reason(_ error: DecodingError) -> String {
    func name(_ path: [any CodingKey]) -> String {
      path.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
    }
    return switch error {
    case .keyNotFound(let key, let context):
      "'\(name(context.codingPath + [key]))' is missing"
    case .typeMismatch(let type, let context):
      "'\(name(context.codingPath))' is not a \(type)"
    case .valueNotFound(let type, let context):
      "'\(name(context.codingPath))' is null where a \(type) is needed"
    case .dataCorrupted: "not a JSON object"
    @unknown default: "unreadable"
    }
  }
}
