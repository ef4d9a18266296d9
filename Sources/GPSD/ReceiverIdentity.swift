import Units

/// What gpsd tells of the receiver that sends the fixes: driver, path, hardware and firmware (S-25).
struct ReceiverIdentity {
  /// By path.
  private var devices: [String: String] = [:]
  private var source = ""
  private var changedAt = Instant.never
  /// gpsd finds out step by step: a sentence names the driver, an answer the firmware.
  private static var settling: Interval { .seconds(3) }

  /// - Parameter driver: empty while gpsd does not know it.
  mutating func note(
    path: String, driver: String, hardware: String, firmware: String, at now: Instant
  ) {
    let about = [hardware, firmware].filter { !$0.isEmpty }.map { ", " + $0 }.joined()
    let text = "\(driver) at \(path)\(about)"
    guard !driver.isEmpty, devices[path] != text else { return }
    devices[path] = text
    changedAt = now
  }

  mutating func noteFix(from path: String, at now: Instant) {
    guard source != path else { return }
    source = path
    changedAt = now
  }

  /// Nil until gpsd has told nothing new for a while.
  func text(at now: Instant) -> String? {
    changedAt != .never && now - changedAt >= Self.settling ? devices[source] : nil
  }
}
