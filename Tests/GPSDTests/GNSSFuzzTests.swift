import Foundation
import GPSD
import Signals
import TestSupport
import Testing
import Units

@Suite struct GNSSFuzzTests {
  private static let json = FuzzCorpus(
    [
      #"{"class":"TPV","mode":3,"time":"2026-11-21T18:49:39.900Z","lat":46.6,"lon":82.8,"x":[{}]}"#,
      #"{"class":"TPV","status":4,"mode":2,"speed":0.004,"track":359.9,"altHAE":-12.5,"datum":"WGS84"}"#,
      #"{"class":"ATT","heading":89.500}"#,
      #"{"class":"SKY","satellites":[{"PRN":1,"used":true}]}"#,
      #" {"class" : "TPV" , "mode":1, "eph":null,"a":"\u00e9\n","b":{"c":[1,[2,{"d":"}"}]]} } "#,
      #"{"class":"VERSION","release":"3.22","rev":"3.22","proto_major":3,"proto_minor":14}"#,
    ],
    tokens: [
      "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u", "true", "false", "null", "\"class\":",
      "\"TPV\"", "\"lat\":", "\"lon\":", "\"time\":", "\"mode\":", "\"status\":", "[[[[[[[[",
      "2026-02-29T00:00:00Z", "1969-12-31T23:59:59Z", "2255-12-31T23:59:60.999999999Z", "\"\"",
    ], longest: 1_200)

  private static let sentences = FuzzCorpus(
    [
      "$GPGGA,235959.90,4641.0000,N,08248.0000,W,4,15,0.7,350.0,M,-40.0,M,1.0,0001*",
      "$GNRMC,235959.90,A,4641.0000,N,08248.0000,W,10.0,090.0,311225,,,R*",
      "$GPGSA,A,3,04,05,,09,12,,,24,,,,,2.5,1.3,2.1*", "$GPHDT,274.07,T*", "$PUBX,00*",
      "$GPRMC,120000,V,,,,,,,211126,,*", "$GPGGA,,,,,,0,,,,,,,,*", "$GLGSV,1,1,01,65,40,083,46*",
      "$GPRMC,235959.9,A,4641.0,N,08248.0,E,0,0,311225,,*\n$GPGGA,000000.1,4641.0,N,08248.0,E,5,9,1,2,M,3,M,,*",
    ],
    tokens: [
      "$", "*", ",", ",,", "$GP", "GGA", "RMC", "GSA", "HDT", "N", "S", "E", "W", "A", "V", "M",
      "240000", "235960.999999999", "290226", "310480", "311279", "9000.0000", "18000.0000",
      "4660.0", "\n", "\r\n",
    ], longest: 400)

  @Test(
    "gpsd's objects: every value in its range and written back the same, or refused with a line")
  func objects() {
    let fuzz = Fuzz("gpsd objects", cases: 1_000_000)
    #expect(fuzz.run(Self.json) { bytes, _ in Self.judge(bytes) } == [])
  }

  @Test("NMEA sentences, three in four with a checksum that is right")
  func nmea() {
    let fuzz = Fuzz("NMEA sentences", cases: 1_000_000)
    let failures = fuzz.run(Self.sentences) { bytes, random in
      Self.judge(random.next(below: 4) == 0 ? bytes : Self.summed(bytes))
    }
    #expect(failures == [])
  }

  @Test("whole logs: what the judge lets through is finite")
  func logs() {
    let fuzz = Fuzz("GNSS logs", cases: 10_000)
    let failures = fuzz.run(Self.documents) { bytes, random in
      guard
        let log = try? GNSSLog(random.next(below: 2) == 0 ? bytes : Self.summed(bytes), file: "f")
      else { return .refused }
      for report in judged(log).reports
      where !report.latitude.value.isFinite || !report.longitude.value.isFinite {
        return .broken("a report without a position: \(report)")
      }
      return .accepted
    }
    #expect(failures == [])
  }

  private static let documents: FuzzCorpus = {
    var objects = ""
    var sentences = ""
    for i in 0..<20 {
      let time = "2026-11-21T18:49:3\(i / 10).\(i % 10)00Z"
      objects += #"{"class":"TPV","time":"\#(time)","lat":46.68\#(i),"lon":82.79,"altHAE":450,"#
      objects += #""speed":4.2,"track":90,"mode":3,"status":3}"# + "\n"
      sentences += "$GPRMC,1200\(i + 10).00,A,4641.00\(i + 10),N,08248.0,E,9.1,90.0,211126,,*\n"
      sentences +=
        "$GPGGA,1200\(i + 10).00,4641.00\(i + 10),N,08248.0,E,4,15,0.7,350.0,M,-40.0,M,,*\n"
    }
    return FuzzCorpus(
      [objects, sentences],
      tokens: ["\n", "\"time\":", "2026-11-21T18:49:30.000Z", "$GPHDT,90,T*\n"],
      longest: 8_000, depth: 8)
  }()

  // MARK: - What was promised

  private static func judge(_ bytes: [UInt8]) -> FuzzVerdict {
    let log: GNSSLog
    do throws(GNSSLogError) { log = try GNSSLog(bytes, file: "fuzz.log") } catch {
      let lines = bytes.count { $0 == 0x0A } + 1
      let isExplained =
        error.file == "fuzz.log" && (1...lines).contains(error.line) && !error.text.isEmpty
      return isExplained ? .refused : .broken("unexplained: \(error)")
    }
    for entry in log.entries {
      if let broken = differs(entry.content) { return .broken(broken) }
    }
    return .accepted
  }

  /// Written as gpsd would, it is read as the same fix.
  private static func differs(_ content: GNSSLog.Content) -> String? {
    let line: String
    switch content {
    // Summed up, it is not the line any more.
    case .satellites: return nil
    case .heading(let heading): line = #"{"class":"ATT""# + member("heading", heading) + "}"
    case .fix(let fix):
      guard (0...3).contains(fix.mode), (0...9).contains(fix.status) else { return "\(fix)" }
      line =
        #"{"class":"TPV","mode":\#(fix.mode),"status":\#(fix.status)"#
        + (fix.datumIsForeign ? #","datum":"PZ90""# : "") + member("lat", fix.latitude)
        + member("lon", fix.longitude) + member("altHAE", fix.height)
        + member("speed", fix.speed) + member("track", fix.track)
        + (fix.utc == 0 ? "" : #","time":"\#(iso8601(fix.utc))""#) + "}"
    }
    guard let again = try? GNSSLog(Array(line.utf8), file: "f").entries.first?.content else {
      return "\(content) is written as \(line), which is refused"
    }
    return "\(again)" == "\(content)" ? nil : "\(content) is read again as \(again)"
  }

  private static func member(_ name: String, _ value: Double) -> String {
    value.isNaN ? "" : #","\#(name)":\#(value)"#
  }

  /// Every line with the checksum that it should have.
  private static func summed(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    for (index, line) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
    {
      if index > 0 { result.append(0x0A) }
      let body = line.prefix { $0 != UInt8(ascii: "*") }
      result += body
      guard line.first == UInt8(ascii: "$") else { continue }
      let sum = body.dropFirst().reduce(0, ^)
      result.append(UInt8(ascii: "*"))
      for digit in [sum >> 4, sum & 15] { result.append(digit < 10 ? 0x30 + digit : 0x37 + digit) }
    }
    return result
  }
}
