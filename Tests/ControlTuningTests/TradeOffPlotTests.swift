import ControlTuning
import Foundation
import FoundationXML
import Testing

struct TradeOffPlotTests {
  private final class Reader: NSObject, XMLParserDelegate {
    var circles = 0
    var texts: [String] = []
    private var text = ""

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
      qualifiedName: String?, attributes: [String: String]
    ) {
      if name == "circle", attributes["class"] == "point" { circles += 1 }
      text = ""
    }
    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
    func parser(
      _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
    ) {
      if name == "text" || name == "title" { texts.append(text) }
    }
  }

  private func read(_ text: String) throws -> Reader {
    let reader = Reader()
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = reader
    try #require(parser.parse(), "\(parser.parserError.map { "\($0)" } ?? "")")
    return reader
  }

  private let plot = TradeOffPlot(
    title: "a <truck> & \"others\"", subtitle: "courses",
    points: (0..<7).map {
      TradeOffPlot.Point(
        choice: WeightChoice(hundredths: [100 + $0, 350, 90, 100]),
        values: [0.03 + 0.001 * Double($0), 0.02 - 0.001 * Double($0), 0.3])
    }, current: WeightChoice(hundredths: [100, 350, 90, 100]),
    proposed: WeightChoice(hundredths: [101, 350, 90, 100]),
    inadmissible: [(WeightChoice(hundredths: [99, 350, 90, 100]), "comfortStop <x>")])

  @Test func `the picture is well-formed and holds every point in both panels`() throws {
    let reader = try read(plot.svg())
    #expect(reader.circles == 14)
    for words in [
      "steering rate, mrad/s rms", "lateral jerk, m/s3 rms", "lateral error, mm rms",
      "a <truck> & \"others\"", "proposed", "the profile's weights",
    ] { #expect(reader.texts.contains(words), "\(words) in \(reader.texts)") }
    #expect(reader.texts.contains { $0.contains("lateral_bandwidth 1.03 rad/s") })
    #expect(reader.texts.contains { $0.contains("1 inadmissible") })
  }

  @Test func `the page is the picture and a row for each choice`() throws {
    let page = plot.html()
    let body = page.replacingOccurrences(of: "<!DOCTYPE html>\n", with: "")
    #expect(try read(body).circles == 14)
    #expect(page.components(separatedBy: "<tr>").count - 1 == 1 + 7 + 1)
    #expect(page.contains("inadmissible: comfortStop &lt;x&gt;"))
    #expect(!page.contains("http://") || page.components(separatedBy: "http://").count == 2)
  }

  /// One choice, or all alike: no axis without a length.
  @Test func `few points are drawn too`() throws {
    let choice = WeightChoice(hundredths: [100, 350, 90, 100])
    for count in 0...2 {
      let plot = TradeOffPlot(
        title: "t", subtitle: "s",
        points: (0..<count).map { _ in
          TradeOffPlot.Point(choice: choice, values: [0.01, 0.02, 0.3])
        }, current: choice, proposed: nil, inadmissible: [])
      #expect(try read(plot.svg()).circles == 2 * count)
      #expect(!plot.svg().contains("nan"))
    }
  }
}
