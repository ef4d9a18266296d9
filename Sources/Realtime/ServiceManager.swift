import CLinux

/// What systemd is told over `$NOTIFY_SOCKET`; without one, nothing happens.
package enum ServiceManager {
  package static func ready() { send("READY=1") }
  package static func stopping() { send("STOPPING=1") }
  package static func keepAlive() { send("WATCHDOG=1") }
  /// One line for `systemctl status`.
  package static func status(_ line: String) { send("STATUS=" + line) }

  /// How long systemd waits for the next keep-alive; nil when it does not watch this process.
  package static var watchdogMicroseconds: UInt64? {
    let limit = tl_watchdog_microseconds()
    return limit > 0 ? limit : nil
  }

  private static func send(_ text: String) {
    _ = unsafe text.withCString { unsafe tl_notify($0) }
  }
}
