import Foundation
import PathFollowing
import Units

/// A weight of the lateral controller that is searched.
///
/// The approach angle's saturation is not among them: a drive that stays near its path never reaches
/// it, so no drive could tell which value is better. Neither are the longitudinal weights, which
/// the lateral measures hardly see.
package enum LateralWeight: Int, CaseIterable, Sendable {
  case bandwidth, length, damping, disturbanceBandwidth

  /// As a profile spells it, under `path_following`.
  package var key: String {
    switch self {
    case .bandwidth: "lateral_bandwidth"
    case .length: "lateral_length"
    case .damping: "lateral_damping"
    case .disturbanceBandwidth: "disturbance_bandwidth"
    }
  }

  /// What a profile writes behind the number; plain numbers have their unit in the manual only.
  package var written: String { self == .length ? " m" : "" }

  package var unit: String {
    switch self {
    case .bandwidth, .disturbanceBandwidth: "rad/s"
    case .length: "m"
    case .damping: "1"
    }
  }

  /// Searched, in hundredths.
  ///
  /// Below: slower than the survey's and the receiver's drift, or without
  /// damping. Above: faster than the steering's dead time and lag of any profile let it act.
  package var range: ClosedRange<Int> {
    switch self {
    case .bandwidth: 50...600
    case .length: 100...1_000
    case .damping: 40...200
    case .disturbanceBandwidth: 10...400
    }
  }

  private func value(in follower: FollowerConfiguration) -> Double {
    switch self {
    case .bandwidth: follower.lateralBandwidth
    case .length: follower.lateralLength.value
    case .damping: follower.lateralDamping
    case .disturbanceBandwidth: follower.disturbanceBandwidth
    }
  }

  fileprivate func set(_ value: Double, in follower: inout FollowerConfiguration) {
    switch self {
    case .bandwidth: follower.lateralBandwidth = value
    case .length: follower.lateralLength = Metres(value)
    case .damping: follower.lateralDamping = value
    case .disturbanceBandwidth: follower.disturbanceBandwidth = value
    }
  }

  /// In hundredths: what a file spells is then exactly what was driven.
  fileprivate func hundredths(in follower: FollowerConfiguration) -> Int {
    Int(min(max(value(in: follower), 0), 10_000) * 100 + 0.5)
  }
}

/// One choice of the searched weights.
package struct WeightChoice: Sendable, Hashable {
  /// By `LateralWeight`, in hundredths of its unit.
  package var hundredths: [Int]

  package init(hundredths: [Int]) { self.hundredths = hundredths }

  /// Those of a profile, to the hundredth.
  package init(of follower: FollowerConfiguration) {
    hundredths = LateralWeight.allCases.map { $0.hundredths(in: follower) }
  }

  package func value(_ weight: LateralWeight) -> Double {
    Double(hundredths[weight.rawValue]) / 100
  }

  /// What is the follower's own to the hundredth stays as it is to the last digit.
  package func apply(to follower: inout FollowerConfiguration) {
    let own = WeightChoice(of: follower)
    for weight in LateralWeight.allCases
    where hundredths[weight.rawValue] != own.hundredths[weight.rawValue] {
      weight.set(value(weight), in: &follower)
    }
  }

  /// As a file spells it, without the unit.
  package func text(_ weight: LateralWeight) -> String {
    let number = hundredths[weight.rawValue]
    let cents = number % 100
    return "\(number / 100)." + (cents < 10 ? "0" : "") + "\(cents)"
  }
}
