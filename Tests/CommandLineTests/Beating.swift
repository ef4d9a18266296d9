import Foundation

/// Does something 20 times a second, as a program that lives would, until it is ended.
final class Beating {
  private let thread: Thread

  init(_ beat: @escaping @Sendable (_ count: Int) -> Void) {
    thread = Thread {
      var count = 0
      while !Thread.current.isCancelled {
        beat(count)
        count += 1
        Thread.sleep(forTimeInterval: 0.05)
      }
    }
    thread.start()
  }

  func end() { thread.cancel() }

  deinit { end() }
}
