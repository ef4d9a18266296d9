import CLinux
import Control
import Realtime
import Recording
import Signals
import Synchronization
import Units

/// The thread that writes drives: takes cycles from the control thread, keeps them in files, and the
/// files within their limits.
package final class DriveKeeper: @unchecked Sendable {
  package enum Weight: Sendable { case information, warning, failure }

  /// What may be lost is a chunk of half a second, this, and the time that the disk takes.
  private static let pause: Int64 = 50_000_000
  private static let lookInterval = Interval.milliseconds(1_000)
  private static let longestRetry = Interval.milliseconds(8_000)

  private let disk: DriveDisk
  private let limits: DriveLimits
  private let contents: RecordingContents
  private let handover: CycleHandover
  private let tell: @Sendable (Weight, String) -> Void
  private let shared = Mutex(DriveStatus())
  private let isEnding = Atomic<Bool>(false)
  private let hasEnded = Atomic<Bool>(false)
  private let vehicle = Mutex("")
  // From here on: the writing thread's.
  private var inventory: DriveInventory
  private var events = EventWatch()
  private var cycle = RecordedCycle()
  private var keyframe = Keyframe()
  private var hashes = DriveHashes()
  private var open: OpenFile?
  private var status = DriveStatus()
  private var part = 0
  private var lastHanded: UInt64 = 0
  private var lastWritten: UInt64 = 0
  private var lookAt = Instant.never
  private var retryAfter = lookInterval
  private var retryAt = Instant.never
  private var unlocked: [(name: String, event: KeptEvent)] = []
  private var isShort = false
  /// Too little was free, and not yet enough to go on.
  private var isOutOfSpace = false
  private var isPrepared = false
  /// Held as long as this is there; negative before.
  private var folderLock: Int32 = -1

  private struct OpenFile {
    let name: String
    let recorder: DriveRecorder
    let openedAt: Instant
    var chunks: UInt32 = 0
    /// Cycles that the disk has confirmed.
    var durable: UInt64 = 0
    var vehicle = ""
  }

  /// - Parameter tell: for the journal; called by the writing thread.
  package init(
    _ disk: DriveDisk, limits: DriveLimits, contents: RecordingContents, handover: CycleHandover,
    tell: @escaping @Sendable (Weight, String) -> Void
  ) {
    self.disk = disk
    self.limits = limits
    self.contents = contents
    self.handover = handover
    self.tell = tell
    inventory = DriveInventory(limits: limits)
  }

  deinit { if folderLock >= 0 { tl_close(folderLock) } }

  /// Which truck it is, once it has told; each file says so (S-25).
  package func note(vehicle number: String) { vehicle.withLock { $0 = number } }

  package var latest: DriveStatus { shared.withLock { $0 } }
  package var hasFinished: Bool { hasEnded.load(ordering: .acquiring) }

  /// Closes the file in hand; `hasFinished` says when.
  package func end() { isEnding.store(true, ordering: .releasing) }

  /// Inputs, outputs and the core's state are 20 kB each, and a debug build copies them often.
  private static func thread(_ name: String, priority: Int32 = 0) -> RealtimeThread.Options {
    .init(name: name, stackBytes: 2 << 20, priority: priority)
  }

  package func start() throws(RealtimeThread.Failure) {
    // Below every thread that drives, above all else: a computer that is short of time must not
    // cost more than a second of the drive. Where the kernel refuses, it is an ordinary thread.
    _ = try RealtimeThread(Self.thread("recorder", priority: 1)) { [self] in
      while !isEnding.load(ordering: .acquiring) {
        turn(at: MonotonicClock.now, utc: DriveDisk.wallClock)
        tl_sleep_until(tl_monotonic_ns() + Self.pause)
      }
      turn(at: MonotonicClock.now, utc: DriveDisk.wallClock)
      finish(at: MonotonicClock.now)
      hasEnded.store(true, ordering: .releasing)
    }
  }

  /// One look at ring and disk.
  package func turn(at now: Instant, utc: Int64) {
    if now >= lookAt {
      lookAt = now + Self.lookInterval
      look(at: now, utc: utc)
    }
    // Bounded, so that the disk is looked at however fast the cycles come.
    for _ in 0..<2 * CycleHandover.capacity {
      var hasKeyframe = false
      let isTaken = handover.take(&cycle) { state in
        keyframe = state
        hasKeyframe = true
      }
      guard isTaken else { break }
      write(hasKeyframe: hasKeyframe, utc: utc)
    }
    keep(at: now)
    handover.set(
      open == nil ? (status.problem.isEmpty ? .none : .failed) : isShort ? .short : .kept)
    publish()
  }

  private func publish() {
    status.file = open?.name ?? ""
    status.files = inventory.files.count
    status.lockedFiles = inventory.files.count { $0.isLocked }
    status.lockedBytes = inventory.lockedBytes
    status.unprotected = inventory.unprotected
    var status = status
    status.bytes += open?.recorder.size ?? 0
    status.cycles += open?.durable ?? 0
    shared.withLock { $0 = status }
  }
}

// MARK: - Cycles

extension DriveKeeper {
  private func write(hasKeyframe: Bool, utc: Int64) {
    let now = cycle.inputs.now
    let number = cycle.inputs.cycle
    if let event = events.take(cycle.inputs, cycle.outputs) {
      lock(
        inventory.event(event.kind, at: now),
        KeptEvent(event.kind, "\(event.text), cycle \(number)"))
    }
    let isGap = lastHanded != 0 && number != lastHanded &+ 1
    lastHanded = number
    if let file = open, isGap || hasKeyframe && inventory.isFull(openedAt: file.openedAt, now: now)
    {
      finish(at: now)
    }
    if open == nil { begin(at: now, utc: utc, hasKeyframe: hasKeyframe) }
    guard let file = open else {
      status.lost += 1
      return
    }
    do throws(RecordingError) {
      if hasKeyframe { try file.recorder.record(keyframe, before: cycle) }
      try file.recorder.record(&cycle)
      lastWritten = number
      hashes = file.recorder.hashes
      inventory.grow(to: file.recorder.size, at: now)
      if inventory.isFull(openedAt: file.openedAt, now: now) {
        handover.askForKeyframe()
      }
    } catch {
      status.lost += 1
      fail("\(error)", at: now)
    }
  }

  /// A file can begin where the core was made, or with its state.
  private func begin(at now: Instant, utc: Int64, hasKeyframe: Bool) {
    let number = cycle.inputs.cycle
    guard status.problem.isEmpty || now >= retryAt, !isOutOfSpace,
      status.free >= limits.minimumFree
    else {
      return
    }
    guard hasKeyframe || number == 1 else {
      return handover.askForKeyframe()
    }
    var facts = contents
    facts.facts += [
      MCAPPair("part", "\(part + 1)"), MCAPPair("first cycle", "\(number)"),
      MCAPPair("begun", "\(utc)"),
    ]
    if number > lastWritten &+ 1 {
      facts.facts.append(MCAPPair("missing cycles", "\(lastWritten &+ 1) to \(number - 1)"))
    }
    do {
      let name = DriveDisk.name(try disk.nextNumber(), utc: utc)
      let sink = try RecordingSink(creating: disk.path(name + DriveDisk.part), isNew: true)
      let recorder = try DriveRecorder(sink, facts, continuing: hashes)
      part += 1
      open = OpenFile(name: name, recorder: recorder, openedAt: now)
      lock(
        inventory.open(name, at: now), KeptEvent(inventory.lockKind, "goes on after an event"))
      inventory.grow(to: recorder.size, at: now)
      if !status.problem.isEmpty { tell(.information, "recording: goes on in \(name)") }
      status.problem = ""
      retryAfter = Self.lookInterval
    } catch {
      fail("\(error)", at: now)
    }
  }

  /// Closes the file in hand.
  package func finish(at now: Instant) {
    guard let file = open else { return }
    defer { publish() }
    open = nil
    do {
      try file.recorder.finish()
      status.cycles += file.recorder.cycles
      status.bytes += file.recorder.size
      inventory.grow(to: file.recorder.size, at: now)
      inventory.close()
    } catch {
      giveUp(file)
      inventory.close()
      return fail("\(error)", at: now)
    }
    do throws(DiskProblem) {
      try disk.rename(file.name + DriveDisk.part, to: file.name)
    } catch {
      fail("\(error)", at: now)
    }
  }

  /// What the disk has not confirmed may be anywhere.
  private func giveUp(_ file: OpenFile) {
    status.cycles += file.durable
    status.lost += file.recorder.cycles - file.durable
  }

  /// What is written comes to the disk: chunk by chunk, or when the control thread has stopped.
  private func keep(at now: Instant) {
    guard let file = open else { return }
    do throws(RecordingError) {
      try file.recorder.flush(at: now)
      let number = vehicle.withLock { $0 }
      if number != file.vehicle {
        try file.recorder.record(vehicle: number)
        open?.vehicle = number
      }
      guard file.recorder.chunks != file.chunks else { return }
      open?.chunks = file.recorder.chunks
      try file.recorder.synchronise()
      open?.durable = file.recorder.writtenCycles
    } catch {
      fail("\(error)", at: now)
    }
  }

  /// Told once: a full disk would fill the journal too.
  private func halt(_ problem: String) {
    if status.problem.isEmpty { tell(.failure, "recording: failed: \(problem)") }
    status.problem = problem
  }

  /// Nothing can be appended: the drive goes on, and the next attempt comes later and later.
  private func fail(_ problem: String, at now: Instant) {
    halt(problem)
    retryAt = now + retryAfter
    retryAfter = min(retryAfter + retryAfter, Self.longestRetry)
    guard let file = open else { return }
    open = nil
    giveUp(file)
    inventory.close()
    // What holds no cycle is of no use; the rest is left as it is, for `recover`.
    if file.recorder.chunks == 0 {
      disk.remove(part: file.name)
      inventory.removed(file.name)
    } else {
      status.bytes += file.recorder.size
    }
  }
}

// MARK: - The disk

extension DriveKeeper {
  private func look(at now: Instant, utc: Int64) {
    do throws(DiskProblem) {
      try prepare()
      inventory.look(at: try disk.files(at: now, utc: utc))
      var (free, total) = try disk.space()
      // Before anything is removed: what an event asked to keep.
      let again = unlocked
      unlocked = []
      for lock in again { self.lock([lock.name], lock.event) }
      let awaited = Set(unlocked.map(\.name))
      let wanted = isOutOfSpace ? limits.freeToGoOn : limits.minimumFree
      for name in inventory.removals(free: free, wanted: wanted, at: now)
      where !awaited.contains(name) { remove(name) }
      (free, total) = try disk.space()
      status.free = free
      status.total = total
      isShort = free < total / 10 || !inventory.unprotected.isEmpty
      isOutOfSpace = free < (isOutOfSpace ? limits.freeToGoOn : limits.minimumFree)
      if isOutOfSpace {
        let text =
          "\(disk.folder): \(megabytes(free)) MB free, \(megabytes(limits.minimumFree)) MB "
          + "must stay free, \(megabytes(limits.freeToGoOn)) MB to go on; locked drives hold \(megabytes(inventory.lockedBytes)) MB"
        finish(at: now)
        halt(text)
      }
    } catch {
      fail(error.description, at: now)
    }
  }

  /// One that cannot be removed stays, and is told; the drive in hand is written on.
  private func remove(_ name: String) {
    do throws(DiskProblem) {
      try disk.remove(name)
      tell(.information, "recording: \(name) is removed, the oldest that is not locked")
    } catch {
      tell(.failure, "recording: \(error)")
    }
    inventory.removed(name)
  }

  private func lock(_ names: [String], _ event: KeptEvent) {
    let reason = event.text
    for name in names {
      do throws(DiskProblem) {
        try disk.lock(name, reason, event.kind)
        inventory.locked(name, for: event.kind)
        tell(.information, "recording: \(name) is locked: \(reason)")
      } catch {
        if unlocked.isEmpty { tell(.failure, "recording: \(error), tried again") }
        unlocked.append((name, event))
      }
    }
    for name in inventory.unprotected where !status.unprotected.contains(name) {
      tell(
        .failure,
        "recording: \(name) should be locked (\(reason)), but locked drives hold "
          + "\(megabytes(inventory.lockedBytes)) of \(megabytes(limits.lockedBudget)) MB, of which "
          + "each other kind of event keeps an eighth: "
          + "fetch them and remove their \(DriveDisk.lock) files")
    }
    status.unprotected = inventory.unprotected
  }

  private func megabytes(_ bytes: UInt64) -> UInt64 { bytes >> 20 }

  /// Once: the folder; what earlier runs left in the making becomes whole in the background.
  private func prepare() throws(DiskProblem) {
    guard !isPrepared else { return }
    try disk.make()
    if folderLock < 0 { folderLock = try disk.take() }
    try disk.removeHalfRecovered()
    let leftovers = try disk.leftovers()
    isPrepared = true
    guard !leftovers.isEmpty else { return }
    let thread = try? RealtimeThread(Self.thread("recover")) { [self] in
      for name in leftovers { recover(name) }
    }
    if thread == nil { tell(.warning, "recording: no thread to make leftovers whole") }
  }

  /// Makes a whole file of what a killed process left; on its own thread.
  private func recover(_ leftover: String) {
    let name = String(leftover.dropLast(DriveDisk.part.utf8.count))
    let scratch = disk.path(name + DriveDisk.recovering)
    do {
      let source = try ByteSource(opening: disk.path(leftover))
      let (free, _) = try disk.space()
      guard free >= limits.minimumFree + source.size else {
        return tell(
          .warning, "recording: no room to make \(leftover) whole; it can be read as it is")
      }
      let recovery = try Recovery(source) { () throws(RecordingError) in
        try RecordingSink(creating: scratch, isNew: true)
      }
      try disk.rename(name + DriveDisk.recovering, to: name)
      // Behind a damaged place there may be minutes that only somebody else can read.
      guard recovery.isComplete else {
        try disk.keepDamaged(name)
        return tell(
          .warning,
          "recording: \(name) is what can be read of \(name)\(DriveDisk.damaged), which is kept: "
            + "\(recovery.damage?.description ?? "")")
      }
      disk.remove(part: name)
      tell(
        .information,
        "recording: \(name) is whole again, \(recovery.messages) messages of a run that broke off")
    } catch {
      _ = unsafe tl_remove(scratch)
      tell(.warning, "recording: \(leftover) is left as it is: \(error)")
    }
  }
}
