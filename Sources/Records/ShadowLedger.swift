import Control

/// Keeps the shadow hours of one truck on one computer: nobody else's are added to them (S-24).
package struct ShadowLedger: Sendable {
  package enum Action: Sendable {
    /// The record is to be written.
    case save
    /// Nobody knows yet whose hours these are, or they are a bench's beside a truck's.
    case wait
    /// Another truck than the record's: what was compared so far is nobody's.
    case beginAnew
  }

  /// In place of a vehicle's hash: two numbers were told.
  package static var contradiction: UInt64 { .max }

  package private(set) var record: ShadowRecord
  private let leavesAlone: Bool

  /// - Parameters:
  ///   - found: what earlier drives left.
  ///   - computer: this one; nil on a bench, whose hours do not count.
  package init(_ found: ShadowRecord?, profileHash: UInt64, computer: UInt64?) {
    let here = computer ?? 0
    record = ShadowRecord(profileHash: profileHash, computer: here)
    leavesAlone = here == 0 && found.map { $0.nobodys == nil } ?? false
    // Hours without a truck are not gone on with: the next drive may be another one's.
    if let found, found.nobodys == nil, found.profileHash == profileHash, found.computer == here {
      record = found
    }
  }

  /// - Parameter told: hash of the number that a controller told in this drive, 0 while none did.
  package mutating func take(_ comparison: ShadowComparison, vehicle told: UInt64) -> Action {
    guard !leavesAlone, told != Self.contradiction else { return .wait }
    if record.vehicle != 0, told != record.vehicle {
      guard told != 0 else { return .wait }
      record = ShadowRecord(
        profileHash: record.profileHash, vehicle: told, computer: record.computer)
      return .beginAnew
    }
    record.vehicle = told
    record.comparison = comparison
    return .save
  }
}
