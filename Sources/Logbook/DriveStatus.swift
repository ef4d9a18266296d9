/// What the recorder says of itself.
package struct DriveStatus: Sendable, Equatable {
  /// The file in hand, empty while there is none.
  package var file = ""
  /// Since the start of the process, on the disk; those of the chunk in hand are not yet.
  package var cycles: UInt64 = 0
  /// Of the file in hand too.
  package var bytes: UInt64 = 0
  /// Cycles that were handed over and could not be written.
  package var lost: UInt64 = 0
  package var files = 0
  package var lockedFiles = 0
  package var lockedBytes: UInt64 = 0
  package var free: UInt64 = 0
  package var total: UInt64 = 0
  /// Why nothing is kept, empty while all is.
  package var problem = ""
  /// Files of an event that the locked ones' budget leaves unlocked.
  package var unprotected: [String] = []
}
