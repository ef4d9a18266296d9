import DriveConfiguration
import Foundation
import Replay
import Signals
import Testing
import Units

@Suite struct Replays {
  @Test func aSteadyDriveStopsNothing() throws {
    let timeline = try Truck().replay(MadeUpLog().text)
    #expect(timeline.firstStop == nil)
    #expect(try #require(timeline.signal(.vehicleSpeed)).last == 10)
    #expect(timeline.messages.allSatisfy { $0.frames > 50 })
  }

  /// The same recording, the same bits; one changed byte is seen.
  @Test func aReplayRepeatsItself() throws {
    let truck = try Truck()
    let text = MadeUpLog(seconds: 2).text
    let first = try truck.replay(text)
    #expect(first.json == (try truck.replay(text)).json)
    let changed = text.replacingOccurrences(of: "FF 00 24 FC", with: "FF 01 24 FC")
    #expect(changed != text)
    #expect(first.json != (try truck.replay(changed)).json)
  }

  @Test func bothFormsAndDatesTellTheSame() throws {
    let truck = try Truck()
    let spaced = try truck.replay(MadeUpLog().text)
    let dated = try truck.replay(
      MadeUpLog(isCompact: true, start: 1_795_262_400, interface: "vcan7").text)
    #expect(spaced.entries == dated.entries)
    #expect(dated.date == 1_795_262_400_000_000_000)
    #expect(spaced.date == 0)
  }

  /// Silence of one computer is its own fault, of all computers not starvation; a flood is.
  @Test func silenceAndStarvationAreToldApart() throws {
    let truck = try Truck()
    let engine = try truck.replay(
      MadeUpLog(isSent: { id, seconds in seconds < 4 || !id.hasSuffix("00") }).text)
    #expect(engine.firstStop?.reason == .engineStale)
    #expect(engine.beginnings(of: "busStarved").isEmpty)

    // Another node still speaks now and then, so the log goes on.
    let silent = try truck.replay(
      MadeUpLog(isSent: { _, seconds in seconds < 4 }, flood: { $0 < 4 ? 0 : 10 }).text)
    #expect(try #require(silent.firstStop).seconds < 4.2)
    #expect(silent.beginnings(of: "busStarved").isEmpty)
    #expect(!silent.beginnings(of: "engineStale").isEmpty)

    let flooded = try truck.replay(
      MadeUpLog(isSent: { _, seconds in seconds < 4 }, flood: { $0 < 4 ? 0 : 500 }).text)
    #expect(flooded.firstStop?.reason == .busStarved)
  }

  @Test func textAndJSONHoldTheTimeLine() throws {
    var timeline = try Truck().replay(
      MadeUpLog(isSent: { id, seconds in seconds < 4 || !id.hasSuffix("00") }).text)
    timeline.log = "a \"quoted\"\\name\u{1}"
    #expect(timeline.text.contains("because engineStale"))
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(timeline.json.utf8)) as? [String: Any])
    #expect(object["log"] as? String == timeline.log)
    let entries = try #require(object["timeline"] as? [[String: Any]])
    #expect(entries.count == timeline.entries.count)
    let demand = try #require(entries.first { $0["kind"] as? String == "demand" })
    #expect(demand["reason"] as? String == "engineStale")
    #expect(demand["level"] as? String == "comfortStop")
    let command = try #require(entries.first { $0["kind"] as? String == "command" })
    #expect(command["hazardLamps"] as? Bool == true)
    let stop = try #require(object["firstStop"] as? [String: Any])
    #expect((stop["t"] as? Double).map { (4.0...4.2).contains($0) } == true)
  }
}

@Suite struct RefusedRecordings {
  static let bad: [(text: String, message: String)] = [
    ("", "holds no frame"),
    ("\n \n", "holds no frame"),
    ("hello world\n", "drive.log:1:"),
    (" (000.010000)  can0  18FEF100   [2]  FF\n", "drive.log:1:"),
    (" (000.010000)  can0  18FEF100   [1]  FF\n (0.02)  can0  1\n", "drive.log:2:"),
    (
      " (005.000000)  can0  18FEF100   [1]  FF\n (001.000000)  can0  18FEF100   [1]  FF\n",
      "drive.log:2: time steps back by 4.0 s"
    ),
    (
      " (000.000000)  can0  18FEF100   [1]  FF\n (000.001000)  can1  18FEF100   [1]  FF\n",
      "drive.log:2: a second interface can1"
    ),
    (
      " (000.000000)  can0  18FEF100   [1]  FF\n (090000.000000)  can0  18FEF100   [1]  FF\n",
      "drive.log:2: the log is longer than 24 h"
    ),
  ]

  @Test(arguments: bad)
  func aBadLogIsRefusedWithItsLine(_ bad: (text: String, message: String)) throws {
    let truck = try Truck()
    let error = #expect(throws: ReplayRefused.self) { try truck.replay(bad.text) }
    #expect(error?.description.contains(bad.message) == true, "\(error?.description ?? "")")
  }

  @Test func interfacesThatLogAtOnceMayBeALittleOutOfOrder() throws {
    let timeline = try Truck().replay(
      " (000.020000)  can0  18FEF100   [1]  FF\n (000.019000)  can0  18FEF100   [1]  FF\n")
    #expect(timeline.reorderedFrames == 1)
  }
}
