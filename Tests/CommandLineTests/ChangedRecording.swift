import Foundation
import Recording
import Signals
import TestSupport
import Units

/// Copies of a recorded drive that another build would have made, or another drive.
enum ChangedRecording {
  /// With the same layout, and cycles changed.
  static func write(
    _ log: URL, to copy: URL, _ change: (inout RecordedCycle) -> Void
  ) throws {
    let drive = try DriveLog(ByteSource(opening: log.path))
    var contents = RecordingContents()
    contents.attachments = drive.attachments
    let recorder = try DriveRecorder(RecordingSink(creating: copy.path), contents)
    var cycle = RecordedCycle()
    while try drive.next(&cycle) {
      change(&cycle)
      try recorder.record(&cycle)
    }
    try recorder.finish()
  }

  /// With another text as its layout, which the header vouches for; the bytes of its cycles stay.
  static func write(_ log: URL, to copy: URL, layout: (String) -> String) throws {
    var changes = RecordingChanges()
    changes.tell(layout: layout(CycleLayout.text))
    try repack(
      ByteSource(opening: log.path), into: RecordingSink(creating: copy.path), changes)
  }
}
