import CLinux
import Glibc
import Recording
import Units

/// The folder of drives.
///
/// `drive-000042-20261122T054312Z.mcap` is the 42nd file of this folder, begun then; with `.part`
/// behind it, it is being written, or was when its process died. A companion ending in `.locked`
/// says what it is kept for; who removes the companion releases the file.
package struct DriveDisk: Sendable {
  static let ending = ".mcap"
  static let part = ".part"
  static let lock = ".locked"
  /// A whole file in the making out of a broken one.
  static let recovering = ".recovering"
  /// What broke off in a way that left something behind the break; goes with its drive.
  static let damaged = ".damaged"

  package let folder: String

  package init(folder: String) { self.folder = folder }

  func path(_ name: String) -> String { folder + "/" + name }

  func make() throws(DiskProblem) {
    let result = unsafe tl_make_folder(folder)
    guard result == 0 else { throw DiskProblem(folder, "cannot be made", -result) }
  }

  /// Ours alone until the descriptor is closed: two writers would remove and recover each other's
  /// files.
  func take() throws(DiskProblem) -> Int32 {
    let descriptor = unsafe tl_lock_folder(folder)
    guard descriptor != -EWOULDBLOCK else {
      throw DiskProblem(folder, "another process records into it", EWOULDBLOCK)
    }
    guard descriptor >= 0 else { throw DiskProblem(folder, "cannot be locked", -descriptor) }
    return descriptor
  }

  private func names() throws(DiskProblem) -> [String] {
    // Some ten thousand names; twice as many as long as they do not fit.
    var size = 1 << 19
    while true {
      var buffer = [CChar](repeating: 0, count: size)
      let count = unsafe tl_list_folder(folder, &buffer, buffer.count)
      if count == -Int(ENOBUFS), size < Self.mostNameBytes {
        size *= 2
        continue
      }
      guard count >= 0 else { throw DiskProblem(folder, "cannot be read", Int32(-count)) }
      return buffer[..<count].split(separator: 0).map {
        String(decoding: $0.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      }
    }
  }

  /// Two million drives: a century.
  private static var mostNameBytes: Int { 1 << 26 }

  /// The name without what follows `.mcap`, of files that are drives.
  private static func base(_ name: String) -> String? {
    let form = "drive-000000-00000000T000000Z.mcap".utf8
    let isOurs =
      name.utf8.count >= form.count
      && zip(name.utf8, form).allSatisfy { byte, expected in
        expected == UInt8(ascii: "0") ? (0x30...0x39).contains(byte) : byte == expected
      }
    guard isOurs else { return nil }
    for tail in ["", part, lock, recovering, damaged] where name.hasSuffix(ending + tail) {
      return String(name.dropLast(tail.utf8.count))
    }
    return nil
  }

  /// The drives that are there, oldest first.
  ///
  /// - Parameter utc: the wall clock at `now`, nanoseconds; tells how old earlier runs' files are.
  package func files(at now: Instant, utc: Int64) throws(DiskProblem) -> [DriveFile] {
    let names = try names()
    let locked = Set(names.filter { $0.hasSuffix(Self.lock) })
    var files: [DriveFile] = []
    // A clock that is behind says that old files are of today; but each ended before the next one.
    var age: Int64 = 0
    var next: Int64?
    for name in names.sorted(by: >) {
      guard let base = Self.base(name),
        [base, base + Self.part, base + Self.damaged].contains(name)
      else { continue }
      var written: Int64 = 0
      var size: UInt64 = 0
      guard unsafe tl_file_state(path(name), &written, &size) == 0 else { continue }
      // Whole again, and its part not yet removed or kept: one drive, and the disk has both.
      if let last = files.indices.last, files[last].name == base {
        files[last].bytes += size
        continue
      }
      age = max(age + min(max((next ?? written) &- written, 0), Self.longAgo), utc &- written)
      age = min(max(age, 0), Self.longAgo)
      next = written
      files.append(
        DriveFile(
          name: base, bytes: size, isLocked: locked.contains(base + Self.lock),
          kind: locked.contains(base + Self.lock) ? kind(base) : nil,
          end: now - Interval(nanoseconds: age)))
    }
    return files.reversed()
  }

  /// A year: no file's date makes more of it.
  private static var longAgo: Int64 { 365 * 86_400 * 1_000_000_000 }

  /// The number after the highest that a file here has.
  func nextNumber() throws(DiskProblem) -> Int {
    try names().compactMap { name in
      Self.base(name).flatMap { Int($0.dropFirst(6).prefix(6)) }
    }.reduce(0, max) + 1
  }

  static func name(_ number: Int, utc: Int64) -> String {
    var text = [CChar](repeating: 0, count: 32)
    let count = unsafe tl_utc_name(utc, &text, text.count)
    let digits = String(number)
    let time = String(
      decoding: text.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return "drive-" + String(repeating: "0", count: max(6 - digits.utf8.count, 0)) + digits + "-"
      + time + ending
  }

  /// What earlier runs left in the making.
  func leftovers() throws(DiskProblem) -> [String] {
    try names().sorted().filter {
      $0.hasSuffix(Self.ending + Self.part) && Self.base($0) != nil
    }
  }

  func removeHalfRecovered() throws(DiskProblem) {
    for name in try names() where name.hasSuffix(Self.recovering) && Self.base(name) != nil {
      _ = unsafe tl_remove(path(name))
    }
  }

  /// Whole or in the making.
  func remove(_ name: String) throws(DiskProblem) {
    var written: Int64 = 0
    var size: UInt64 = 0
    // Somebody may have locked it since the folder was read.
    guard unsafe tl_file_state(path(name + Self.lock), &written, &size) == -ENOENT else {
      throw DiskProblem(path(name), "cannot be removed: locked", EBUSY)
    }
    let whole = unsafe tl_remove(path(name))
    let part = unsafe tl_remove(path(name + Self.part))
    let damaged = unsafe tl_remove(path(name + Self.damaged))
    for result in [whole, part, damaged] where result != 0 && result != -ENOENT {
      throw DiskProblem(path(name), "cannot be removed", -result)
    }
  }

  func keepDamaged(_ name: String) throws(DiskProblem) {
    try rename(name + Self.part, to: name + Self.damaged)
  }

  func remove(part name: String) { _ = unsafe tl_remove(path(name + Self.part)) }

  /// The second line of a lock, for the start after this one.
  private static let kindLine = "kind of event: "

  private func kind(_ name: String) -> EventKind? {
    // A person may have put anything in its place.
    guard let source = try? ByteSource(opening: path(name + Self.lock)), source.size <= 4_096,
      let bytes = try? source.whole()
    else { return nil }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    return lines.first { $0.hasPrefix(Self.kindLine) }
      .flatMap { EventKind(rawValue: String($0.dropFirst(Self.kindLine.count))) }
  }

  func lock(_ name: String, _ reason: String, _ kind: EventKind) throws(DiskProblem) {
    let file = path(name + Self.lock)
    let text = Array((reason + "\n" + Self.kindLine + kind.rawValue + "\n").utf8)
    let result = unsafe tl_keep_file(file, text, text.count)
    guard result == 0 else { throw DiskProblem(file, "cannot be written", -result) }
  }

  func rename(_ from: String, to name: String) throws(DiskProblem) {
    let result = unsafe tl_rename_kept(path(from), path(name))
    guard result == 0 else { throw DiskProblem(path(from), "cannot be renamed", -result) }
  }

  func space() throws(DiskProblem) -> (free: UInt64, total: UInt64) {
    var free: UInt64 = 0
    var total: UInt64 = 0
    let result = unsafe tl_disk_space(folder, &free, &total)
    guard result == 0 else { throw DiskProblem(folder, "its disk cannot be asked", -result) }
    return (free, total)
  }

  static var wallClock: Int64 { tl_realtime_ns() }
}

/// What the disk did not do.
package struct DiskProblem: Error, CustomStringConvertible {
  package let description: String

  init(_ path: String, _ what: String, _ number: Int32) {
    let text = unsafe tl_error_text(number).map { unsafe String(cString: $0) }
    description = "\(path): \(what): \(text ?? "error \(number)")"
  }
}
