import Foundation
import Signals
import Units

/// gpsd's expected output, grouped into epochs: TPV in a row with the same time.
enum Reference {
  struct Fix: Decodable {
    var time: String?
    var mode: Int
    var status: Int?
    var lat: Double?
    var lon: Double?
    var altHAE: Double?
    var speed: Double?
    var track: Double?
  }

  struct Epoch {
    var fixes: [Fix]
    var time: String? { fixes.first?.time }
    var hasGoodFix: Bool { fixes.contains { $0.isGood } }
    var isWhollyGood: Bool { fixes.allSatisfy { $0.isGood } }

    /// Whether every field of a report was in a TPV of this epoch.
    func matches(_ report: GNSSReport) -> Bool {
      func has(_ value: Double, _ field: KeyPath<Fix, Double?>, _ tolerance: Double) -> Bool {
        if value.isNaN { return true }
        return fixes.contains { fix in
          fix[keyPath: field].map { ($0 - value).magnitude <= tolerance } ?? false
        }
      }
      return has(report.latitude.value, \.lat, 1e-9) && has(report.longitude.value, \.lon, 1e-9)
        && has(report.height.value, \.altHAE, 1e-3) && has(report.speed.value, \.speed, 1e-3)
        && has(report.track.value, \.track, 1e-3)
        && fixes.contains { $0.mode == Int(report.mode) }
        && fixes.contains { ($0.status ?? 0) == Int(report.status) }
        && report.latitude.isFinite && report.longitude.isFinite
    }
  }

  static func epochs(_ path: String) throws -> [Epoch] {
    let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    var epochs: [Epoch] = []
    for line in text.split(whereSeparator: \.isNewline) where line.hasPrefix(#"{"class":"TPV""#) {
      let fix = try JSONDecoder().decode(Fix.self, from: Data(line.utf8))
      if let last = epochs.last?.time, last == fix.time {
        epochs[epochs.count - 1].fixes.append(fix)
      } else {
        epochs.append(Epoch(fixes: [fix]))
      }
    }
    return epochs
  }
}

extension Reference.Fix {
  fileprivate var isGood: Bool { mode >= 2 && lat != nil && lon != nil && status != 8 }
}
