import CLinux
import Glibc

/// Lines for the journal: one write each, priority as systemd reads it.
///
/// Never from a thread with a
/// deadline.
enum Journal {
  static func information(_ text: String) { write("<6>", text) }
  static func warning(_ text: String) { write("<4>", text) }
  static func failure(_ text: String) { write("<3>", text) }

  /// For a person at the terminal, before anything runs.
  static func complain(_ text: String) { write("", "tulpard: " + text) }

  private static let isUnderSystemd = unsafe tl_environment("JOURNAL_STREAM") != nil

  private static func write(_ level: String, _ text: String) {
    let line = Array(((isUnderSystemd ? level : "") + text + "\n").utf8)
    unsafe tl_log(line, line.count)
  }
}

/// What the C library calls an error number.
func errorText(_ number: Int32) -> String {
  guard let text = unsafe strerror(number) else { return "error \(number)" }
  return unsafe String(cString: text)
}
