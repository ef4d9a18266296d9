import Foundation
import GPSD
import Signals
import TestSupport
import Testing
import Units

private func read(_ text: String) throws(GNSSLogError) -> GNSSLog {
  try GNSSLog(Array(text.utf8), file: "drive.log")
}

/// What a judge makes of a log that arrives at its own pace.
func judged(_ log: GNSSLog) -> Bench {
  var bench = Bench(.recorded)
  let start = log.entries.first?.utc ?? 0
  for entry in log.entries {
    let seconds = Double(entry.utc - start) * 1e-9
    switch entry.content {
    case .fix(let fix): bench.take(fix, at: seconds)
    case .heading(let degrees): bench.take(heading: degrees, at: seconds)
    case .satellites(let sky): bench.judge.take(sky, at: instant(seconds))
    }
  }
  bench.advance(to: 1e9)
  return bench
}

@Suite struct GNSSLogs {
  @Test func gpsdLinesAreRead() throws {
    let log = try read(
      """
      {"class":"VERSION","release":"3.22","rev":"3.22","proto_major":3,"proto_minor":14}
      {"class":"TPV","device":"udp://127.0.0.1:1","status":3,"mode":3,"time":"2026-11-21T18:49:39.900Z","lat":46.683,"lon":82.8,"altHAE":310.0,"speed":5.144,"track":90.0}\r
      # a comment

      {"class":"ATT","heading":89.500}
      {"class":"SKY","satellites":[{"PRN":1,"used":true},{"PRN":2,"a":[]}],"hdop":0.7}
      """)
    #expect(log.entries.count == 3)
    #expect(log.entries.map(\.line) == [2, 5, 6])
    let report = try #require(judged(log).reports.first)
    #expect(iso8601(report.validAtUTC) == "2026-11-21T18:49:39.900Z")
    #expect(report.heading == Degrees(89.5))
    #expect(report.sigma == Metres(0.02))
  }

  /// R-GNSS-4: only what is used counts, and a strength of 0 is none.
  @Test func satellitesAreSummedUp() throws {
    let log = try read(
      """
      {"class":"SKY","hdop":0.7,"satellites":[\
      {"PRN":1,"gnssid":0,"svid":1,"el":60,"ss":44,"used":true},\
      {"PRN":1,"gnssid":0,"svid":1,"sigid":3,"el":60,"ss":40,"used":true},\
      {"PRN":65,"gnssid":6,"svid":1,"el":-2,"ss":0,"used":true},\
      {"PRN":3,"gnssid":2,"svid":3,"el":-9,"ss":20,"used":false}]}
      {"class":"SKY","satellites":[{"PRN":7,"used":true},{"PRN":7,"used":true}]}
      """)
    var sky = SatelliteSummary()
    sky.used = 3
    sky.systems = 0b1000001
    (sky.meanSignal, sky.signalRange) = (42, 4)
    (sky.lowestElevation, sky.horizontalDilution) = (-2, 0.7)
    guard case .satellites(let first) = log.entries[0].content,
      case .satellites(let second) = log.entries[1].content
    else {
      Issue.record("no satellites")
      return
    }
    #expect(first == sky)
    #expect(second.hasDuplicate && second.used == 2 && second.meanSignal.isNaN)
    for bad in ["3", "{}", "[3]", #"[{"ss":"x"}]"#, #"[{"used":1}]"#, #"[{"svid":0.5}]"#] {
      #expect(throws: GNSSLogError.self) { try read(#"{"class":"SKY","satellites":\#(bad)}"#) }
    }
  }

  @Test func sentencesAreRead() throws {
    let log = try read(
      """
      $GPGGA,235959.90,4641.0000,N,08248.0000,W,4,15,0.7,350.0,M,-40.0,M,1.0,0001*73
      $GPRMC,235959.90,A,4641.0000,N,08248.0000,W,10.0,090.0,311225,,,R*7F
      $GPGSA,A,3,01,02,03,04,05,06,07,08,09,10,11,12,1.2,0.7,1.0*3E
      $GPHDT,089.5,T*07
      $GPGGA,000000.00,4641.0000,N,08248.0000,W,4,15,0.7,350.0,M,-40.0,M,1.0,0001*74
      """.withSums)
    let bench = judged(log)
    #expect(
      bench.reports.map { iso8601($0.validAtUTC) } == [
        "2025-12-31T23:59:59.900Z", "2026-01-01T00:00:00.000Z",
      ])
    let report = try #require(bench.reports.first)
    #expect(report.longitude == Degrees(-82.8))
    #expect((report.latitude.value - (46 + 41.0 / 60)).magnitude < 1e-12)
    #expect(report.height == Metres(310))
    #expect((report.speed.value - 5.1444).magnitude < 1e-3)
    #expect(report.heading == Degrees(89.5))
    #expect(report.status == 3)
  }

  /// RMC alone makes a flat fix, as gpsd has it.
  @Test func aReceiverMayNotSendHeights() throws {
    let log = try read("$GPRMC,120000,A,4641.0,N,08248.0,E,10.0,090.0,211126,,*??".withSums)
    let report = try #require(judged(log).reports.first)
    #expect(report.mode == 2)
    #expect(report.height.value.isNaN)
    #expect(iso8601(report.validAtUTC) == "2026-11-21T12:00:00.000Z")
  }

  static let bad: [(line: String, text: String)] = [
    (#"{"class":"TPV","mode":4}"#, #""mode" is 4.0, allowed is an integer from 0 to 3"#),
    (#"{"class":"TPV","mode":2.5}"#, "allowed is an integer"),
    (#"{"class":"TPV","lat":"46"}"#, #""lat" is no number"#),
    (#"{"class":"TPV","lat":1e999}"#, "out of range"),
    (#"{"class":"TPV","time":"2026-02-29T00:00:00Z"}"#, #""time" is no UTC time"#),
    (#"{"class":"TPV","time":12}"#, #""time" is no UTC time"#),
    (#"{"class":"TPV","mode":3"#, "column 24"),
    (#"{"class":"TPV","mode":3,"mode":3}"#, "occurs twice"),
    (#"{"mode":3}"#, #""class" is missing"#),
    (#"{"class":"SKY","satellites":[{"PRN":1]}"#, "not a JSON object"),
    (#"{"class":"TPV"} x"#, "nothing may follow"),
    ("[1]", "not a JSON object"),
    ("$GPHDT,1,T*00", "not a JSON object"),
  ]

  /// A bad line is named with its number, and nothing of the file is used.
  @Test(arguments: bad)
  func aBadLineIsNamed(_ bad: (line: String, text: String)) {
    let error = #expect(throws: GNSSLogError.self) {
      try read("{\"class\":\"SKY\"}\n" + bad.line + "\n")
    }
    #expect(error?.line == 2)
    #expect(error?.file == "drive.log")
    #expect(error?.text.contains(bad.text) == true, "\(error?.text ?? "")")
  }

  static let badSentences: [(line: String, text: String)] = [
    ("$GPHDT,89.5,T*00", "the checksum is 00, the sentence sums to"),
    ("$GPHDT,89.5,T", "no checksum"),
    ("$GPHDT,89.5,T*+5", "not hexadecimal"),
    ("garbage", "starts with '$'"),
    ("$GPHDT,361,T*??", "HDT heading: read \"361\", allowed is a number from 0.0 to 360.0"),
    ("$GPGGA,256000,,,,,0,,,,,,*??", "GGA time"),
    ("$GPGGA,,4660.0,N,08200.0,E,1,,,,,,*??", "minutes below 60"),
    ("$GPGGA,,4641.0,X,08200.0,E,1,,,,,,*??", "hemisphere: read \"X\", allowed is N or S"),
    ("$GPGGA,1*??", "GGA has 1 fields, at least 11 are due"),
    ("$GPRMC,000000,A,,,,,,,310226,,*??", "RMC date: read \"310226\""),
    ("$GPRMC,000000,Q,,,,,,,310126,,*??", "RMC status"),
    ("$GPGSA,A,4*??", "GSA fix"),
    ("{\"class\":\"TPV\"}", "starts with '$'"),
  ]

  @Test(arguments: badSentences)
  func aBadSentenceIsNamed(_ bad: (line: String, text: String)) {
    let error = #expect(throws: GNSSLogError.self) {
      try read(("$GPHDT,001.0,T*??\n" + bad.line + "\n").withSums)
    }
    #expect(error?.line == 2)
    #expect(error?.text.contains(bad.text) == true, "\(error?.text ?? "")")
  }

  @Test func anEmptyFileIsNoLog() {
    #expect(throws: GNSSLogError.self) { try read("") }
    #expect(throws: GNSSLogError.self) { try read("# only this\n\n") }
  }
}

private let isobluePath = sharedData("data/isoblue/test_points.log")
private let rtkPath = sharedData("data/gpsd-3.22/nmea-rtk.log")

@Suite struct RecordedGNSS {
  /// The recording jumps by 212 km over a week's pause, which a truck may drive; without the pause
  /// it may not.
  @Test(.enabled(if: isobluePath != nil, "the recording is not on this machine"))
  func aRecordedJumpIsRefused() throws {
    let bytes = try Data(contentsOf: URL(filePath: try #require(isobluePath)))
    let log = try GNSSLog(Array(bytes), file: "test_points.log")
    #expect(judged(log).reasons.allSatisfy { $0 == .noFix })
    let hour: Int64 = 3_600_000_000_000
    var bench = Bench(.recorded)
    var last = log.entries.first?.utc ?? 0
    var pause: Int64 = 0
    for entry in log.entries {
      guard case .fix(var fix) = entry.content else { continue }
      if entry.utc - last > hour { pause += entry.utc - last - 1_000_000_000 }
      last = entry.utc
      if fix.utc != 0 { fix.utc -= pause }
      bench.take(fix, at: Double(entry.utc - pause - (log.entries.first?.utc ?? 0)) * 1e-9)
    }
    let jumps = bench.refusals.filter { $0.reason == .positionJump }
    #expect((211_000...214_000).contains(jumps.first?.measured ?? 0))
    #expect(bench.reports.count > 20)
  }

  /// R-GNSS-4: what a receiver on a tractor tells of its satellites goes with the fixes that follow.
  @Test(.enabled(if: isobluePath != nil, "the recording is not on this machine"))
  func satellitesGoWithTheFixes() throws {
    let bytes = try Data(contentsOf: URL(filePath: try #require(isobluePath)))
    let log = try GNSSLog(Array(bytes), file: "test_points.log")
    let skies = log.entries.compactMap { entry -> SatelliteSummary? in
      guard case .satellites(let sky) = entry.content else { return nil }
      return sky
    }
    #expect(skies.count == 54)
    let first = try #require(skies.first)
    #expect(first.used == 14 && first.systems == 0 && !first.hasDuplicate)
    #expect((first.meanSignal - 43.143).magnitude < 0.001 && first.signalRange == 12)
    #expect(first.lowestElevation == 11 && first.horizontalDilution == 0.68)
    let report = try #require(judged(log).reports.last)
    #expect(report.satellites.used > 0 && report.satellites.receivedAt <= report.receivedAt)
  }

  /// R-GNSS-4: no receiver of gpsd's own logs is taken for a liar by its geometry, and systems are
  /// told where gpsd tells them.
  @Test(
    .enabled(if: rtkPath != nil, "the recordings are not on this machine"),
    arguments: [
      ("beidou-bd", 2), ("bt451", 1), ("bu303-moving", 1), ("garmin-10x", 1), ("quectel", 1),
      ("ublox-neo-m8n", 3), ("ublox-zed-f9p-hp", 5),
    ])
  func recordedSkiesAreSound(log name: String, systems: Int) throws {
    let path = try #require(rtkPath).replacing("nmea-rtk.log", with: name + ".log.chk")
    let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    var most = 0
    for line in text.split(whereSeparator: \.isNewline) where line.hasPrefix(#"{"class":"SKY""#) {
      guard
        case .satellites(let sky)? = try GNSSLog(Array(line.utf8), file: name).entries.first?
          .content
      else { continue }
      most = max(most, sky.systems.nonzeroBitCount)
      #expect(!sky.hasDuplicate && !(sky.lowestElevation < 0))
      #expect(sky.meanSignal.isNaN || (10...60).contains(sky.meanSignal))
    }
    #expect(most == systems)
  }

  /// Our reading of a receiver's sentences equals gpsd's.
  @Test(.enabled(if: rtkPath != nil, "the recording is not on this machine"))
  func sentencesAreReadAsGpsdReadsThem() throws {
    let path = try #require(rtkPath)
    let bytes = try Data(contentsOf: URL(filePath: path))
    let bench = judged(try GNSSLog(Array(bytes), file: "nmea-rtk.log"))
    let expected = try Reference.epochs(path + ".chk").filter { $0.time != nil }
    #expect(bench.reports.count >= expected.count)
    var compared = 0
    for epoch in expected {
      guard let report = bench.reports.first(where: { iso8601($0.validAtUTC) == epoch.time })
      else { continue }
      compared += 1
      #expect(epoch.matches(report), "\(epoch.time ?? "")")
    }
    #expect(compared == expected.count)
  }
}

extension String {
  /// Fills in each checksum written as two question marks or digits that are to be computed.
  fileprivate var withSums: String {
    split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
      guard line.hasPrefix("$"), let star = line.lastIndex(of: "*"), !line.hasSuffix("*00"),
        !line.hasSuffix("*+5")
      else { return String(line) }
      let sum = line[line.index(after: line.startIndex)..<star].utf8.reduce(0, ^)
      let digits = String(sum, radix: 16, uppercase: true)
      return line[...star] + (digits.count < 2 ? "0" : "") + digits
    }.joined(separator: "\n")
  }
}
