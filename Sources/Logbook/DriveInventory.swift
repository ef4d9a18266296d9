import Units

/// How much is kept, and for how long.
package struct DriveLimits: Sendable, Equatable {
  /// A file that has become so large or so old is followed by the next one.
  package var fileBytes: UInt64 = 128 << 20
  package var fileTime = Interval.milliseconds(600_000)
  /// Of all files that are not locked.
  ///
  /// R-REC-1: 72 h, of which a busy truck's take 19 GB.
  package var budget: UInt64 = 20 << 30
  /// Of all that are: what is locked is removed by nobody but a person.
  package var lockedBudget: UInt64 = 4 << 30
  /// What must stay free on the disk, for the journal and others.
  package var minimumFree: UInt64 = 256 << 20
  /// What must be free before a recording that found less goes on: at the limit itself it would
  /// begin and end a file each second.
  package var freeToGoOn: UInt64 { minimumFree + minimumFree / 4 }

  package init() {}
}

/// One file of a drive.
package struct DriveFile: Sendable, Equatable {
  /// Without the ending of a file in the making.
  package let name: String
  package var bytes: UInt64
  package var isLocked: Bool
  /// Of the event that it is locked for, where its lock says so.
  package var kind: EventKind?
  /// When the last cycle in it was, on the monotonic clock of this run.
  package var end: Instant

  package init(
    name: String, bytes: UInt64, isLocked: Bool, kind: EventKind? = nil, end: Instant
  ) {
    self.name = name
    self.bytes = bytes
    self.isLocked = isLocked
    self.kind = kind
    self.end = end
  }
}

/// Which files of drives there are, which of them an event locks, and which must go: decisions only,
/// the disk is somebody else's.
package struct DriveInventory: Sendable {
  /// R-REC-4.
  package static var before: Interval { .milliseconds(90_000) }
  package static var after: Interval { .milliseconds(30_000) }

  package let limits: DriveLimits
  /// Oldest first; while one is being written it is the last.
  package private(set) var files: [DriveFile] = []
  package private(set) var hasOpenFile = false
  private var lockUntil = Instant.never
  /// Of the event whose window is open.
  package private(set) var lockKind = EventKind.stop
  /// Files that an event asked to keep, and that there was no room for under the locked ones' budget.
  package private(set) var unprotected: [String] = []

  package init(limits: DriveLimits, files: [DriveFile] = []) {
    self.limits = limits
    self.files = files
  }

  package var lockedBytes: UInt64 { files.reduce(0) { $0 + ($1.isLocked ? $1.bytes : 0) } }
  package var unlockedBytes: UInt64 { files.reduce(0) { $0 + ($1.isLocked ? 0 : $1.bytes) } }

  /// What the disk says of the closed files, which people may remove and unlock meanwhile.
  package mutating func look(at found: [DriveFile]) {
    let open = hasOpenFile ? files.last : nil
    let ends = Dictionary(files.map { ($0.name, $0.end) }) { first, _ in first }
    files = found.filter { $0.name != open?.name }.map { file in
      var file = file
      // What this run wrote it knows better than the file's date does.
      if let end = ends[file.name] { file.end = end }
      return file
    }
    if var open {
      if let found = found.first(where: { $0.name == open.name }) {
        (open.isLocked, open.kind) = (found.isLocked, found.kind)
      }
      files.append(open)
    }
    let names = Set(files.filter { !$0.isLocked }.map(\.name))
    unprotected.removeAll { !names.contains($0) }
  }

  /// A new file; whether it is to be locked, as it falls into the window of an event.
  package mutating func open(_ name: String, at now: Instant) -> [String] {
    files.append(DriveFile(name: name, bytes: 0, isLocked: false, end: now))
    hasOpenFile = true
    return lockUntil != .never && now <= lockUntil ? lockable([name], for: lockKind) : []
  }

  package mutating func grow(to bytes: UInt64, at now: Instant) {
    guard hasOpenFile, let last = files.indices.last else { return }
    files[last].bytes = bytes
    files[last].end = now
  }

  package mutating func close() { hasOpenFile = false }

  /// Something that must be kept has happened: the files that are to be locked now.
  package mutating func event(_ kind: EventKind, at now: Instant) -> [String] {
    lockUntil = now + Self.after
    lockKind = kind
    let first = now - Self.before
    return lockable(files.filter { !$0.isLocked && $0.end >= first }.map(\.name), for: kind)
  }

  /// The lock of a file stands on the disk.
  package mutating func locked(_ name: String, for kind: EventKind) {
    guard let index = files.firstIndex(where: { $0.name == name }) else { return }
    files[index].isLocked = true
    files[index].kind = kind
  }

  /// What the other kinds have not used of the eighth that each of them has for itself.
  private func reserved(from kind: EventKind) -> UInt64 {
    EventKind.allCases.filter { $0 != kind }.reduce(0) { sum, other in
      let used = files.reduce(0) { $0 + ($1.isLocked && $1.kind == other ? $1.bytes : 0) }
      let share = limits.lockedBudget / 8
      return sum + share - min(share, used)
    }
  }

  /// The budget lets these be locked; the others stay named.
  private mutating func lockable(_ names: [String], for kind: EventKind) -> [String] {
    var bytes = lockedBytes + reserved(from: kind)
    var list: [String] = []
    // The newest first: the event is in it.
    for name in names.reversed() {
      guard let file = files.first(where: { $0.name == name }) else { continue }
      // A file in the making will be as large as files become.
      let isOpen = hasOpenFile && name == files.last?.name
      let size = isOpen ? max(file.bytes, limits.fileBytes) : file.bytes
      if bytes + size <= limits.lockedBudget {
        bytes += size
        list.append(name)
        unprotected.removeAll { $0 == name }
      } else if !unprotected.contains(name) {
        unprotected.append(name)
      }
    }
    return list
  }

  /// Whether the file in hand is to be followed by the next one.
  package func isFull(openedAt: Instant, now: Instant) -> Bool {
    guard hasOpenFile, let file = files.last else { return false }
    return file.bytes >= limits.fileBytes || now - openedAt >= limits.fileTime
  }

  /// What has to go: the oldest that is closed and not locked, until budget and disk allow; but to
  /// free the disk for others none that an event of this moment would lock.
  ///
  /// - Parameter wanted: what is to be free on the disk.
  package func removals(free: UInt64, wanted: UInt64, at now: Instant) -> [String] {
    var free = free
    var kept = unlockedBytes
    var names: [String] = []
    for file in hasOpenFile ? files.dropLast() : files[...] where !file.isLocked {
      guard kept > limits.budget || free < wanted else { break }
      guard kept > limits.budget || file.end < now - Self.before else { break }
      names.append(file.name)
      kept -= min(kept, file.bytes)
      free += file.bytes
    }
    return names
  }

  package mutating func removed(_ name: String) { files.removeAll { $0.name == name } }
}
