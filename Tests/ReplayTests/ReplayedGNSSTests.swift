import Foundation
import GPSD
import Replay
import Signals
import Testing

/// gpsd's lines, ten a second, of a truck that drives north at 10 m/s.
private func gpsd(
  seconds: Double, change: (Int, inout Double, inout String) -> Void = { _, _, _ in }
) -> String {
  (0..<Int(seconds * 10)).map { i in
    var latitude = 46.6833 + Double(i) / 111_195
    var extra = ""
    change(i, &latitude, &extra)
    let time = iso8601(1_795_262_400_000_000_000 + Int64(i) * 100_000_000)
    return """
      {"class":"TPV","mode":3,"status":3,"time":"\(time)","lat":\(latitude),"lon":82.8201,\
      "altHAE":310,"speed":10,"track":0\(extra)}
      {"class":"ATT","heading":0.5}
      """
  }.joined(separator: "\n")
}

@Suite struct ReplayedGNSS {
  @Test func fixesReachTheStep() throws {
    let timeline = try Truck().replay(MadeUpLog().text, gnss: gpsd(seconds: 5))
    #expect(timeline.gnssReports == 50)
    #expect(timeline.gnssRefusals.isEmpty)
    let trusts = timeline.entries.compactMap { entry -> PositionTrust? in
      if case .trust(let trust) = entry.event { trust } else { nil }
    }
    #expect(trusts.contains(.trusted))
    #expect(timeline.entries.first { $0.event == .gnssAccepted }?.seconds ?? 9 < 0.1)
  }

  @Test func theOffsetMovesTheLines() throws {
    let timeline = try Truck().replay(MadeUpLog().text, gnss: gpsd(seconds: 5), offset: 3)
    let first = try #require(timeline.entries.first { $0.event == .gnssAccepted })
    #expect((3.0...3.05).contains(first.seconds))
    #expect(timeline.gnssReports < 50)
    #expect(timeline.gnssUnused > 30)
  }

  @Test func refusalsAreOnTheTimeLine() throws {
    let timeline = try Truck().replay(
      MadeUpLog().text,
      gnss: gpsd(seconds: 5) { i, latitude, _ in
        if (20..<30).contains(i) { latitude += 1 }
      })
    #expect(timeline.gnssReports == 40)
    #expect(timeline.gnssRefusals.map(\.reason) == ["positionJump"])
    #expect(timeline.gnssRefusals.first?.count == 10)
    let refused = try #require(
      timeline.entries.first { $0.event == .gnssRefused("positionJump") })
    #expect((1.9...2.1).contains(refused.seconds))
  }

  @Test func aBadLineIsNamed() throws {
    let truck = try Truck()
    let error = #expect(throws: GNSSLogError.self) {
      try truck.replay(MadeUpLog(seconds: 0.1).text, gnss: "{\"class\":\"TPV\"}\n{\"class\":}")
    }
    #expect(error?.line == 2)
  }

  @Test func linesWithoutATimeCannotBeLaidBesideFrames() throws {
    let truck = try Truck()
    #expect(throws: ReplayRefused.self) {
      try truck.replay(MadeUpLog(seconds: 0.1).text, gnss: "{\"class\":\"TPV\",\"mode\":1}")
    }
  }
}
