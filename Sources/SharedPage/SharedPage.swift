import CLinux
import Signals
import Units

/// The memory that daemon and guardian share: three channels of the latest value, one frozen
/// configuration, the trap word.
///
/// A channel has two slots and a published number whose lowest bit says which slot is good. The
/// writer fills the other slot and then publishes, so that one that dies at any instruction leaves
/// the last good value; a lone sequence lock would stay odd for ever. Each slot also carries its
/// number before and after its words and a checksum, so that a reader that was overtaken finds out.
///
/// Nothing is ever unlinked: whoever comes first makes the file, whoever is restarted finds it.
@safe package struct SharedPage: @unchecked Sendable {
  /// Who writes a channel; there must never be two writers of one.
  package enum Channel: Int, Sendable {
    /// Command, plan and limits of the control thread.
    case daemon
    /// What the guardian did.
    case guardian
    /// Heartbeat and demand of the supervisor thread, which must not pass through control.
    case supervisor
  }

  /// Words of one slot.
  package static var slotCapacity: Int { 512 }
  /// Words of the frozen configuration.
  package static var configurationCapacity: Int { 24_576 }

  // Layout in words: head, three channels of a published number and two slots, configuration.
  private static var headWords: Int { 64 }
  private static var slotWords: Int { 8 + slotCapacity }
  private static var channelWords: Int { 8 + 2 * slotWords }
  private static var configurationStart: Int { headWords + 3 * channelWords }
  private static var totalWords: Int { configurationStart + 8 + configurationCapacity }
  package static var byteCount: Int { (totalWords * 8 + 4095) / 4096 * 4096 }

  /// "TULPAR" and the layout's version; another version is refused, never reinterpreted.
  private static var signature: UInt64 { 0x0002_5241_504C_5554 }

  private let words: UnsafeMutablePointer<UInt64>

  /// Maps the page at `path`; answers nil with the errno, `EPROTO` when it is not such a page.
  package static func map(_ path: UnsafePointer<CChar>, error: inout Int32) -> SharedPage? {
    // Safety: the mapping is `byteCount` long and lives until `unmap`.
    guard let start = unsafe tl_page_map(path, byteCount, &error) else { return nil }
    let page = unsafe SharedPage(
      words: start.bindMemory(to: UInt64.self, capacity: byteCount / 8))
    let found = unsafe tl_word_load_acquire(page.words)
    // Two first comers store the same word; everything else starts as the zeroes of a new file.
    if found == 0 { unsafe tl_word_store_release(page.words, signature) }
    guard found == 0 || found == signature else {
      error = 71
      page.unmap()
      return nil
    }
    return page
  }

  private init(words: UnsafeMutablePointer<UInt64>) { unsafe self.words = unsafe words }

  /// Ends the mapping; no copy may be used afterwards.
  package func unmap() { unsafe tl_page_unmap(words, Self.byteCount) }

  /// Touches every page of it, before the real-time loop starts.
  package func prefault() { unsafe tl_memory_prefault(words, Self.byteCount) }

  // MARK: Head words

  private enum Head: Int {
    case signature, trap, daemonProcess, guardianProcess
  }

  private func head(_ word: Head) -> UnsafeMutablePointer<UInt64> {
    unsafe words + word.rawValue
  }

  /// Where a signal handler leaves what trapped: signal number | thread id << 32.
  package var trapWord: UnsafeMutablePointer<UInt64> { unsafe head(.trap) }
  package var trap: UInt64 {
    get { unsafe tl_word_load_acquire(head(.trap)) }
    nonmutating set { unsafe tl_word_store_release(head(.trap), newValue) }
  }
  /// Process id of the daemon that commands, 0 before the first.
  package var daemonProcess: UInt64 {
    get { unsafe tl_word_load_acquire(head(.daemonProcess)) }
    nonmutating set { unsafe tl_word_store_release(head(.daemonProcess), newValue) }
  }
  package var guardianProcess: UInt64 {
    get { unsafe tl_word_load_acquire(head(.guardianProcess)) }
    nonmutating set { unsafe tl_word_store_release(head(.guardianProcess), newValue) }
  }

  /// How many transmit rows can keep their counters here.
  package static var counterCapacity: Int { 20 }

  /// Counter of the frame that was last sent for a transmit row, nil before the first: whoever
  /// sends next goes on from it.
  package func sentCounter(row: Int) -> UInt8? {
    guard row >= 0, row < Self.counterCapacity else { return nil }
    let word = unsafe tl_word_load_acquire(words + (Self.counterStart + row))
    return word == 0 ? nil : UInt8(truncatingIfNeeded: word &- 1)
  }

  package func setSentCounter(_ counter: UInt8, row: Int) {
    guard row >= 0, row < Self.counterCapacity else { return }
    unsafe tl_word_store_release(words + (Self.counterStart + row), UInt64(counter) &+ 1)
  }

  private static var counterStart: Int { 16 }

  // MARK: Channels

  private enum SlotWord: Int {
    case begin, end, count, checksum
  }

  private func channel(_ channel: Channel) -> UnsafeMutablePointer<UInt64> {
    unsafe words + (Self.headWords + channel.rawValue * Self.channelWords)
  }

  private func slot(_ channel: Channel, _ number: UInt64) -> UnsafeMutablePointer<UInt64> {
    unsafe self.channel(channel) + (8 + Int(number & 1) * Self.slotWords)
  }

  /// Publishes a value; false (and nothing published) when it has more words than a slot.
  @discardableResult
  package func write<T: Visitable>(_ value: inout T, to channel: Channel) -> Bool {
    let published = unsafe self.channel(channel)
    let number = unsafe tl_word_load(published) &+ 1
    let slot = unsafe self.slot(channel, number)
    unsafe tl_word_store(slot + SlotWord.begin.rawValue, number)
    tl_fence_release()
    var writer = unsafe PageWriter<MultiplicativeSum>(at: slot + 8, capacity: Self.slotCapacity)
    value.visit(&writer)
    unsafe tl_word_store(slot + SlotWord.count.rawValue, UInt64(writer.count))
    unsafe tl_word_store(slot + SlotWord.checksum.rawValue, writer.checksum.value)
    guard !writer.failed else { return false }
    unsafe tl_word_store_release(slot + SlotWord.end.rawValue, number)
    unsafe tl_word_store_release(published, number)
    return true
  }

  /// Number of the latest value of a channel; it stands still when the writer does.
  package func published(_ channel: Channel) -> UInt64 {
    unsafe tl_word_load_acquire(self.channel(channel))
  }

  /// Replaces `value` by the latest one and answers its number; 0, and `value` as it was, when
  /// there is none or none could be read whole.
  package func read<T: Visitable>(_ channel: Channel, into value: inout T) -> UInt64 {
    // An overtaken reader tries again; a writer takes 10 ms for two values, so twice is plenty.
    for _ in 0..<4 {
      let number = published(channel)
      guard number != 0 else { return 0 }
      let slot = unsafe self.slot(channel, number)
      guard unsafe tl_word_load_acquire(slot + SlotWord.end.rawValue) == number else { continue }
      let count = unsafe tl_word_load(slot + SlotWord.count.rawValue)
      let checksum = unsafe tl_word_load(slot + SlotWord.checksum.rawValue)
      guard count <= UInt64(Self.slotCapacity) else { continue }
      var copy = value
      var reader = unsafe PageReader<MultiplicativeSum>(at: slot + 8, count: Int(count))
      copy.visit(&reader)
      tl_fence_acquire()
      guard unsafe tl_word_load(slot + SlotWord.begin.rawValue) == number else { continue }
      guard !reader.failed, reader.count == Int(count), reader.checksum.value == checksum else {
        return 0
      }
      value = copy
      return number
    }
    return 0
  }

  // MARK: Configuration

  private enum ConfigurationWord: Int {
    /// Even: frozen generation; odd: being written.
    case generation, count, checksum
  }

  private var configuration: UnsafeMutablePointer<UInt64> {
    unsafe words + Self.configurationStart
  }

  /// Generation of the frozen configuration, 0 for none or while one is being written.
  package var configurationGeneration: UInt64 {
    let generation = unsafe tl_word_load_acquire(configuration)
    return generation & 1 == 0 ? generation : 0
  }

  package var configurationChecksum: UInt64 {
    unsafe tl_word_load(configuration + ConfigurationWord.checksum.rawValue)
  }

  /// Writes the configuration and freezes it; false when it does not fit.
  ///
  /// One frozen earlier is replaced: its reader has its own copy and takes a new generation only
  /// while nothing moves.
  package func freeze<T: Visitable>(_ value: inout T) -> Bool {
    let last = unsafe tl_word_load(configuration)
    let odd = last | 1
    unsafe tl_word_store(configuration, odd)
    tl_fence_release()
    var writer = unsafe PageWriter<CyclicSum>(
      at: configuration + 8, capacity: Self.configurationCapacity)
    value.visit(&writer)
    guard !writer.failed else { return false }
    unsafe tl_word_store(
      configuration + ConfigurationWord.count.rawValue, UInt64(writer.count))
    unsafe tl_word_store(
      configuration + ConfigurationWord.checksum.rawValue, writer.checksum.value)
    unsafe tl_word_store_release(configuration, odd &+ 1)
    return true
  }

  /// Replaces `value` by the frozen configuration and answers its generation; 0, and `value` in an
  /// undefined but valid state, when there is none or it is damaged.
  package func readConfiguration<T: Visitable>(into value: inout T) -> UInt64 {
    let generation = configurationGeneration
    guard generation != 0 else { return 0 }
    let count = unsafe tl_word_load(configuration + ConfigurationWord.count.rawValue)
    guard count <= UInt64(Self.configurationCapacity) else { return 0 }
    let checksum = configurationChecksum
    var reader = unsafe PageReader<CyclicSum>(at: configuration + 8, count: Int(count))
    value.visit(&reader)
    tl_fence_acquire()
    guard
      unsafe tl_word_load(configuration) == generation, !reader.failed,
      reader.count == Int(count), reader.checksum.value == checksum
    else { return 0 }
    return generation
  }
}

/// A path or an interface name in fixed memory, for what crosses the page.
package struct FixedText: Sendable, Visitable {
  package static var capacity: Int { 120 }
  private var words = InlineArray<16, UInt64>(repeating: 0)
  package private(set) var count = 0

  package init() {}

  /// Appends one byte; false when it is full.
  ///
  /// The last byte always stays 0, as C wants it.
  @discardableResult
  package mutating func append(_ byte: UInt8) -> Bool {
    guard count < Self.capacity, byte != 0 else { return false }
    words[count >> 3] |= UInt64(byte) << UInt64(8 * (count & 7))
    count += 1
    return true
  }

  package var isEmpty: Bool { count == 0 }

  /// Runs `body` with the text as a C string.
  package func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    var bytes = InlineArray<128, CChar>(repeating: 0)
    for i in 0..<count {
      bytes[i] = CChar(truncatingIfNeeded: words[i >> 3] >> UInt64(8 * (i & 7)))
    }
    return unsafe bytes.span.withUnsafeBufferPointer { buffer in
      var empty: CChar = 0
      guard let start = buffer.baseAddress else { return unsafe body(&empty) }
      return unsafe body(start)
    }
  }

  package mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    visitor.visitCount("count", &count, limit: Self.capacity)
    for i in 0..<16 { visitor.visit("words", &words[i]) }
  }
}
