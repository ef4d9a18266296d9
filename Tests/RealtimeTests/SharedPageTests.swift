import CLinux
import Foundation
import Realtime
import SharedPage
import Signals
import Testing

/// A value whose every word is the same number, so that a torn one shows.
private struct Uniform: Visitable, Sendable {
  var words = InlineArray<200, UInt64>(repeating: 0)

  init(_ number: UInt64 = 0) { words = InlineArray(repeating: number) }

  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    for i in 0..<200 { visitor.visit("word", &words[i]) }
  }

  var isWhole: Bool {
    for i in 1..<200 where words[i] != words[0] { return false }
    return true
  }
}

private struct TooWide: Visitable {
  var word: UInt64 = 7
  mutating func visit<V: FieldVisitor>(_ visitor: inout V) {
    for _ in 0...SharedPage.slotCapacity { visitor.visit("word", &word) }
  }
}

/// A page in a folder of its own, removed afterwards.
private final class TemporaryPage {
  let path: String
  let page: SharedPage

  init() throws {
    path = NSTemporaryDirectory() + "tulpar-page-\(UUID().uuidString)"
    page = try #require(Self.map(path))
  }

  static func map(_ path: String) -> SharedPage? {
    var error: Int32 = 0
    return unsafe path.withCString { unsafe SharedPage.map($0, error: &error) }
  }

  deinit {
    page.unmap()
    try? FileManager.default.removeItem(atPath: path)
  }
}

@Suite struct SharedPageTests {
  @Test func aValueComesThroughUnchanged() throws {
    let shared = try TemporaryPage()
    var value = Uniform(3)
    #expect(shared.page.read(.daemon, into: &value) == 0)
    #expect(value.words[0] == 3)
    #expect(shared.page.write(&value, to: .daemon))
    let other = try #require(TemporaryPage.map(shared.path))
    defer { other.unmap() }
    var received = Uniform()
    #expect(other.read(.daemon, into: &received) == 1)
    #expect(received.isWhole && received.words[0] == 3)
    #expect(other.read(.guardian, into: &received) == 0)
    #expect(other.read(.supervisor, into: &received) == 0)
  }

  @Test func aValueWiderThanASlotIsNotPublished() throws {
    let shared = try TemporaryPage()
    var good = Uniform(1)
    #expect(shared.page.write(&good, to: .daemon))
    var wide = TooWide()
    #expect(!shared.page.write(&wide, to: .daemon))
    #expect(shared.page.published(.daemon) == 1)
    var received = Uniform()
    #expect(shared.page.read(.daemon, into: &received) == 1)
    #expect(received.isWhole && received.words[0] == 1)
  }

  @Test func aFlippedBitIsFound() throws {
    let shared = try TemporaryPage()
    var value = Uniform(0xEE)
    #expect(shared.page.write(&value, to: .daemon))
    let file = try #require(FileHandle(forUpdatingAtPath: shared.path))
    let bytes = try #require(try file.readToEnd())
    let index = try #require(bytes.firstIndex(of: 0xEE))
    try file.seek(toOffset: UInt64(index))
    file.write(Data([0xEF]))
    try file.close()
    var received = Uniform(9)
    #expect(shared.page.read(.daemon, into: &received) == 0)
    #expect(received.words[0] == 9)
  }

  @Test func aReaderNeverSeesATornValueOfALivingWriter() throws {
    let shared = try TemporaryPage()
    let page = shared.page
    let isDone = SharedFlag()
    let writer = try RealtimeThread(.init(name: "writer")) {
      for number in 1...20_000 as ClosedRange<UInt64> {
        var value = Uniform(number)
        page.write(&value, to: .daemon)
      }
      isDone.raise()
    }
    var reads = 0
    while !isDone.isRaised {
      var value = Uniform()
      if page.read(.daemon, into: &value) != 0 {
        reads += 1
        #expect(value.isWhole)
      }
    }
    writer.join()
    #expect(reads > 0)
  }

  /// A writer killed at any instant leaves the last good value, and its successor goes on (S-15).
  @Test func aWriterKilledAtAnyInstantLeavesAWholeValue() throws {
    let shared = try TemporaryPage()
    var last: UInt64 = 0
    for round in 0..<60 {
      // Safety: the child calls nothing but stores into the page until it is killed.
      let child = forkWriter(shared.page, from: last + 1)
      #expect(child > 0)
      // Different lengths of life, so that the kill meets different instants of the write.
      usleep(UInt32(500 + round * 37 % 800))
      kill(child, SIGKILL)
      #expect(tl_wait(child) == 128 + SIGKILL)
      var value = Uniform()
      let number = shared.page.read(.daemon, into: &value)
      #expect(number >= last)
      if number > 0 {
        #expect(value.isWhole)
        #expect(value.words[0] == number)
      }
      last = number
    }
    #expect(last > 0)
  }

  @Test func aFrozenConfigurationIsReadWholeOrNotAtAll() throws {
    let shared = try TemporaryPage()
    var value = Uniform()
    #expect(shared.page.readConfiguration(into: &value) == 0)
    var first = Uniform(5)
    #expect(shared.page.freeze(&first))
    #expect(shared.page.readConfiguration(into: &value) == 2)
    #expect(value.isWhole && value.words[0] == 5)
    var second = Uniform(6)
    #expect(shared.page.freeze(&second))
    #expect(shared.page.readConfiguration(into: &value) == 4)
    #expect(value.words[0] == 6)
  }

  @Test func anotherFileIsRefused() throws {
    let path = NSTemporaryDirectory() + "tulpar-page-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(repeating: 0x41, count: 4_096).write(to: URL(filePath: path))
    #expect(TemporaryPage.map(path) == nil)
    #expect(TemporaryPage.map("/nonexistent/page") == nil)
    #expect(TemporaryPage.map(NSTemporaryDirectory()) == nil)
  }

  @Test func fixedTextKeepsWhatFits() {
    var text = FixedText()
    for byte in "unix:/run/bus".utf8 { text.append(byte) }
    let tookZero = text.append(0)
    #expect(!tookZero)
    let back = unsafe text.withCString { unsafe String(cString: $0) }
    #expect(back == "unix:/run/bus")
    for _ in 0..<200 { text.append(65) }
    #expect(text.count == FixedText.capacity)
  }
}

/// A child process that publishes without end.
private func forkWriter(_ page: SharedPage, from first: UInt64) -> Int32 {
  typealias Fork = @convention(c) () -> Int32
  guard let symbol = unsafe dlsym(nil, "fork") else { return -1 }
  let fork = unsafe unsafeBitCast(symbol, to: Fork.self)
  let child = fork()
  guard child == 0 else { return child }
  var number = first
  while true {
    var value = Uniform(number)
    page.write(&value, to: .daemon)
    number += 1
  }
}
