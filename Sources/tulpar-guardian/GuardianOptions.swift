import CLinux
import SharedPage

/// Where the guardian finds its page; all else it is told through the page.
struct GuardianOptions {
  enum Request {
    case run, help, version, wrong
  }

  private(set) var page = FixedText()
  private(set) var wake = FixedText()
  private(set) var lock = FixedText()

  mutating func read() -> Request {
    var index: UInt32 = 1
    var isGiven = false
    while let argument = unsafe tl_argument(index) {
      if unsafe equals(argument, "--help") { return .help }
      if unsafe equals(argument, "--version") { return .version }
      guard unsafe equals(argument, "--page"), let path = unsafe tl_argument(index + 1) else {
        return .wrong
      }
      guard unsafe take(path) else { return .wrong }
      isGiven = true
      index += 2
    }
    if !isGiven {
      if let folder = unsafe tl_environment(cString("RUNTIME_DIRECTORY")) {
        guard unsafe take(folder), append("/page", to: &page) else { return .wrong }
      } else {
        guard append("/run/tulpar/page", to: &page) else { return .wrong }
      }
    }
    wake = page
    lock = page
    return append(".wake", to: &wake) && append(".lock", to: &lock) ? .run : .wrong
  }

  private mutating func take(_ text: UnsafePointer<CChar>) -> Bool {
    page = FixedText()
    var index = 0
    while unsafe text[index] != 0 {
      guard page.append(UInt8(bitPattern: unsafe text[index])) else { return false }
      index += 1
    }
    return !page.isEmpty
  }

  private func append(_ suffix: StaticString, to text: inout FixedText) -> Bool {
    for i in 0..<suffix.utf8CodeUnitCount {
      guard unsafe text.append(suffix.utf8Start[i]) else { return false }
    }
    return true
  }

  private func equals(_ text: UnsafePointer<CChar>, _ other: StaticString) -> Bool {
    for i in 0..<other.utf8CodeUnitCount
    where unsafe UInt8(bitPattern: text[i]) != other.utf8Start[i] {
      return false
    }
    return unsafe text[other.utf8CodeUnitCount] == 0
  }
}

/// A literal as C wants it.
func cString(_ text: StaticString) -> UnsafePointer<CChar> {
  // Safety: the bytes of a literal live for ever and end with a zero.
  unsafe UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
}
