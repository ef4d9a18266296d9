import Foundation

/// The three ratios over time, with the band in which those of an honest covariance lie.
struct ConsistencyPlot {
  private let found: Consistency
  private let title: String
  private static let size = (width: 720.0, height: 360.0)
  private static let highest = 4.0

  init(_ found: Consistency, title: String) {
    self.found = found
    self.title = title
  }

  var svg: String {
    let (width, height) = Self.size
    var parts = [
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 \(width) \(height)' "
        + "font-family='sans-serif' font-size='12'>",
      "<rect width='\(width)' height='\(height)' fill='white'/>",
      "<text x='50' y='18'>\(title): squared errors over claimed variance, "
        + "mean of \(found.runs) runs; bands hold 95 % of honest means</text>",
    ]
    parts += [band(2, "#4477aa"), band(1, "#cc6677")]
    parts += [
      line(found.position, "#4477aa", "position (2)", 0),
      line(found.innovation, "#228833", "fix innovation (2)", 1),
      line(found.heading, "#cc6677", "heading (1)", 2),
    ]
    for value in stride(from: 0.0, through: Self.highest, by: 1) {
      parts.append("<text x='20' y='\(y(value) + 4)'>\(Int(value))</text>")
    }
    for second in stride(from: 0, through: Consistency.seconds, by: 10) {
      parts.append("<text x='\(x(Double(second)))' y='\(height - 6)'>\(second) s</text>")
    }
    return (parts + ["</svg>", ""]).joined(separator: "\n")
  }

  private func x(_ second: Double) -> Double {
    40 + second / Double(Consistency.seconds) * (Self.size.width - 80)
  }

  private func y(_ value: Double) -> Double {
    let height = Self.size.height
    return height - 24 - min(value, Self.highest) / Self.highest * (height - 60)
  }

  private func band(_ degrees: Double, _ colour: String) -> String {
    let bounds = found.bounds(degrees: degrees)
    return "<rect x='40' y='\(y(bounds.upperBound))' width='\(Self.size.width - 80)' "
      + "height='\(y(bounds.lowerBound) - y(bounds.upperBound))' fill='\(colour)' opacity='0.15'/>"
  }

  private func line(_ values: [Double], _ colour: String, _ name: String, _ place: Int) -> String {
    let points = values.enumerated().map { "\(x(Double($0.offset + 1))),\(y($0.element))" }
    return "<polyline points='\(points.joined(separator: " "))' fill='none' stroke='\(colour)'/>"
      + "<text x='\(50 + 160 * place)' y='36' fill='\(colour)'>\(name)</text>"
  }
}
