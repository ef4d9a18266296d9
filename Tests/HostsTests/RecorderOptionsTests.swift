import Logbook
import Testing
import Units
import tulpard

/// What `tulpard` takes for the recorder: each bound, one below and one above it.
@Suite struct RecorderOptions {
  /// `--version` ends the reading of the command line before the options are held against each other.
  private func limits(_ option: String, _ value: String) throws -> DriveLimits {
    try Arguments(["--version", option, value]).driveLimits
  }

  private static let sizes:
    [(option: String, allowed: String, at: [(String, UInt64)], not: [String])] =
      [
        (
          "--drive-size", "1MB to 10GB",
          [("1MB", 1_000_000), ("1000kB", 1_000_000), ("10GB", 10_000_000_000)],
          ["999kB", "0MB", "10001MB", "10000001kB", "11GB"]
        ),
        (
          "--drives-budget", "10MB to 100000GB",
          [("10MB", 10_000_000), ("100000GB", 100_000_000_000_000)],
          ["9999kB", "9MB", "100000001MB", "100001GB"]
        ),
        (
          "--drives-locked", "10MB to 100000GB",
          [("10MB", 10_000_000), ("100000GB", 100_000_000_000_000)],
          ["9999kB", "9MB", "100000001MB", "100001GB"]
        ),
        (
          "--drives-free", "1MB to 1000GB", [("1MB", 1_000_000), ("1000GB", 1_000_000_000_000)],
          ["999kB", "0GB", "1000001MB", "1001GB"]
        ),
      ]

  @Test(arguments: sizes.indices) func aSizeIsTakenUpToItsBounds(_ index: Int) throws {
    let (option, allowed, taken, refused) = Self.sizes[index]
    for (value, bytes) in taken {
      let limits = try limits(option, value)
      let read = [
        "--drive-size": limits.fileBytes, "--drives-budget": limits.budget,
        "--drives-locked": limits.lockedBudget, "--drives-free": limits.minimumFree,
      ]
      #expect(read[option] == bytes, "\(option) \(value)")
    }
    let malformed = ["MB", "1.5MB", "-20MB", "20mb", "20", "20 MB", "18446744073709551617MB", "kB"]
    for value in refused + malformed {
      let failure = #expect(throws: StartFailure.self, "\(option) \(value)") {
        try limits(option, value)
      }
      #expect(
        failure?.message
          == "\(option): read '\(value)', allowed is a whole number and kB, MB or GB, \(allowed)")
    }
    let failure = #expect(throws: StartFailure.self) { try limits(option, "") }
    #expect(failure?.message == "\(option): the value is empty")
  }

  @Test func aTimeIsTakenUpToItsBounds() throws {
    #expect(try limits("--drive-time", "1s").fileTime == .milliseconds(1_000))
    #expect(try limits("--drive-time", "86400s").fileTime == .milliseconds(86_400_000))
    for value in ["0s", "86401s", "-1s", "10", "1.5s", "1m", "s", "9223372036854775808s"] {
      let failure = #expect(throws: StartFailure.self, "\(value)") {
        try limits("--drive-time", value)
      }
      #expect(failure?.message == "--drive-time: read '\(value)', allowed is 1s to 86400s")
    }
  }

  /// A budget that holds no file would keep nothing; of the locked ones one kind of event has half.
  @Test func limitsThatContradictEachOtherAreRefused() throws {
    func read(_ size: String, _ budget: String, _ locked: String) throws -> DriveLimits {
      try Arguments([
        "--configuration", "x", "--drive-size", size, "--drives-budget", budget, "--drives-locked",
        locked,
      ]).driveLimits
    }
    #expect(try read("10MB", "10MB", "20MB").lockedBudget == 20_000_000)
    let small = #expect(throws: StartFailure.self) { try read("10001kB", "10MB", "1GB") }
    #expect(
      small?.message
        == "--drives-budget: read 10000kB, allowed is at least a file of --drive-size, 10001kB")
    let locked = #expect(throws: StartFailure.self) { try read("10001kB", "1GB", "20MB") }
    #expect(
      locked?.message
        == "--drives-locked: read 20000kB, allowed is at least two files of --drive-size, 20002kB")
  }
}
