import Foundation

/// Lateral error against steering rate and against lateral jerk, a point for each evaluated choice.
///
/// Plain SVG, so that any browser shows it; hovering over a point tells its weights.
package struct TradeOffPlot: Sendable {
  /// One evaluated choice: in SI units, by `TuningMeasure`.
  package struct Point: Sendable {
    package let choice: WeightChoice
    package let values: [Double]

    package init(choice: WeightChoice, values: [Double]) {
      self.choice = choice
      self.values = values
    }
  }

  private let title: String
  private let subtitle: String
  private let points: [Point]
  private let current: WeightChoice
  private let proposed: WeightChoice?
  /// With what was wrong with each.
  private let inadmissible: [(choice: WeightChoice, fault: String)]

  /// - Parameter points: of the admissible choices.
  package init(
    title: String, subtitle: String, points: [Point], current: WeightChoice,
    proposed: WeightChoice?, inadmissible: [(choice: WeightChoice, fault: String)]
  ) {
    self.title = title
    self.subtitle = subtitle
    self.points = points
    self.current = current
    self.proposed = proposed
    self.inadmissible = inadmissible
  }

  private static var width: Double { 1_080 }
  private static var height: Double { 560 }
  private static var top: Double { 90 }
  private static var bottom: Double { 440 }
  private static var panels: [(left: Double, measure: TuningMeasure)] {
    [(80, .steeringRate), (620, .jerk)]
  }
  private static var panelWidth: Double { 420 }

  package func svg() -> String {
    """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Self.width)) \(Int(Self.height))" \
    font-family="sans-serif" font-size="12">
    <rect width="100%" height="100%" fill="#fcfcfa"/>
    <text x="80" y="30" font-size="16" font-weight="bold">\(escaped(title))</text>
    <text x="80" y="50" fill="#555">\(escaped(subtitle))</text>
    \(Self.panels.map { panel(left: $0.left, $0.measure) }.joined())\(legend)</svg>

    """
  }

  /// The picture in a page of its own, with the points as a table.
  package func html() -> String {
    let weights = LateralWeight.allCases.map { "<th>\($0.key), \($0.unit)</th>" }.joined()
    let measures = TuningMeasure.allCases
      .map { "<th>\($0.name), \($0.unit.name)</th>" }.joined()
    let front = Set(paretoFront(points.map(\.values)))
    var rows = ""
    for (index, point) in points.enumerated() {
      let cells = LateralWeight.allCases.map { "<td>\(point.choice.text($0))</td>" }
      let values = TuningMeasure.allCases.map {
        "<td>\(shown(point.values[$0.rawValue], $0))</td>"
      }
      rows +=
        "<tr>\((cells + values).joined())<td>\(note(point.choice, front.contains(index)))</td></tr>\n"
    }
    for (choice, fault) in inadmissible {
      let cells = LateralWeight.allCases.map { "<td>\(choice.text($0))</td>" }
      rows += "<tr>\(cells.joined())<td colspan=\"4\">inadmissible: \(escaped(fault))</td></tr>\n"
    }
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"/><title>\(escaped(title))</title>
      <style>body{font-family:sans-serif;font-size:13px;max-width:1080px;margin:auto}
      table{border-collapse:collapse}td,th{padding:2px 10px;text-align:right;\
      border-bottom:1px solid #ddd}</style></head><body>
      \(svg())<table>
      <tr>\(weights)\(measures)<th>what</th></tr>
      \(rows)</table></body></html>

      """
  }

  private func note(_ choice: WeightChoice, _ isOnFront: Bool) -> String {
    if choice == current { return "the profile's" }
    if choice == proposed { return "proposed" }
    return isOnFront ? "front" : ""
  }

  private func panel(left: Double, _ measure: TuningMeasure) -> String {
    let across = Axis(points.map { $0.values[measure.rawValue] * measure.unit.scale })
    let up = Axis(points.map { $0.values[0] * TuningMeasure.error.unit.scale })
    func place(_ point: Point) -> (x: String, y: String) {
      let x =
        left + Self.panelWidth * across.share(point.values[measure.rawValue] * measure.unit.scale)
      let y =
        Self.bottom - (Self.bottom - Self.top)
        * up.share(point.values[0] * TuningMeasure.error.unit.scale)
      return (fixed(x), fixed(y))
    }
    var text = """
      <rect x="\(fixed(left))" y="\(fixed(Self.top))" width="\(fixed(Self.panelWidth))" \
      height="\(fixed(Self.bottom - Self.top))" fill="none" stroke="#888"/>
      <text x="\(fixed(left + Self.panelWidth / 2))" y="\(fixed(Self.bottom + 38))" \
      text-anchor="middle">\(measure.name), \(measure.unit.name)</text>
      <text transform="translate(\(fixed(left - 50)) \(fixed((Self.top + Self.bottom) / 2))) \
      rotate(-90)" text-anchor="middle">lateral error, \(TuningMeasure.error.unit.name)</text>

      """
    for tick in across.ticks {
      let x = fixed(left + Self.panelWidth * across.share(tick))
      text += """
        <line x1="\(x)" x2="\(x)" y1="\(fixed(Self.top))" y2="\(fixed(Self.bottom))" stroke="#e4e2da"/>
        <text x="\(x)" y="\(fixed(Self.bottom + 18))" text-anchor="middle">\(across.text(tick))</text>

        """
    }
    for tick in up.ticks {
      let y = Self.bottom - (Self.bottom - Self.top) * up.share(tick)
      text += """
        <line x1="\(fixed(left))" x2="\(fixed(left + Self.panelWidth))" y1="\(fixed(y))" \
        y2="\(fixed(y))" stroke="#e4e2da"/>
        <text x="\(fixed(left - 8))" y="\(fixed(y + 4))" text-anchor="end">\(up.text(tick))</text>

        """
    }
    let front = paretoFront(points.map(\.values))
    // What is looked for lies on top.
    let order = points.indices.sorted { rank(points[$0].choice, $0) < rank(points[$1].choice, $1) }
    func rank(_ choice: WeightChoice, _ index: Int) -> Int {
      let layer = choice == proposed ? 3 : choice == current ? 2 : front.contains(index) ? 1 : 0
      return layer * points.count + index
    }
    for index in order {
      let point = points[index]
      let (x, y) = place(point)
      let style = style(point.choice, front.contains(index))
      text += """
        <circle class="point" cx="\(x)" cy="\(y)" r="\(style.radius)" fill="\(style.colour)" \
        fill-opacity="0.8"><title>\(escaped(label(point)))</title></circle>

        """
    }
    return text
  }

  private func style(_ choice: WeightChoice, _ isOnFront: Bool) -> (radius: String, colour: String)
  {
    if choice == current { return ("7", "#c62828") }
    if choice == proposed { return ("7", "#2e7d32") }
    return isOnFront ? ("4.5", "#1565c0") : ("3.5", "#b0aca0")
  }

  private func label(_ point: Point) -> String {
    let weights = LateralWeight.allCases.map { "\($0.key) \(point.choice.text($0)) \($0.unit)" }
    let values = TuningMeasure.allCases.map {
      "\($0.name) \(shown(point.values[$0.rawValue], $0)) \($0.unit.name)"
    }
    return (weights + values).joined(separator: ", ")
  }

  private var legend: String {
    let entries = [
      ("#c62828", "the profile's weights"), ("#2e7d32", proposed == nil ? "" : "proposed"),
      ("#1565c0", "on the front: nothing betters them in all three"), ("#b0aca0", "other weights"),
    ].filter { !$0.1.isEmpty }
    var text = ""
    var x = 80.0
    for (colour, words) in entries {
      text += """
        <circle cx="\(fixed(x))" cy="506" r="5" fill="\(colour)"/>
        <text x="\(fixed(x + 12))" y="510">\(words)</text>

        """
      x += 40 + 7 * Double(words.count)
    }
    return text + """
      <text x="80" y="536" fill="#555">\(points.count) choices of weights drawn; \
      \(inadmissible.count) inadmissible: a stop, a broken requirement or an oscillation</text>

      """
  }

  private func shown(_ value: Double, _ measure: TuningMeasure) -> String {
    String(format: "%.4g", value * measure.unit.scale)
  }

  private func fixed(_ value: Double) -> String { String(format: "%.1f", value) }

  private func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: ">", with: "&gt;").replacingOccurrences(of: "\"", with: "&quot;")
  }

  /// A linear scale around all values.
  private struct Axis {
    private let low: Double
    private let high: Double
    let ticks: [Double]
    private let digits: Int

    init(_ values: [Double]) {
      let least = values.min() ?? 0
      let most = values.max() ?? 1
      let room = max(0.08 * (most - least), 0.02 * max(most.magnitude, 1e-3))
      low = max(least - room, 0)
      high = most + room
      let raw = (high - low) / 5
      var step = 1e-6
      while step * 10 <= raw { step *= 10 }
      step *= raw >= 5 * step ? 5 : raw >= 2 * step ? 2 : 1
      digits = step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3
      let first = Int((low / step).rounded(.up))
      let last = Int((high / step).rounded(.down))
      ticks = first <= last ? (first...last).map { Double($0) * step } : []
    }

    func share(_ value: Double) -> Double { (value - low) / (high - low) }
    func text(_ value: Double) -> String { String(format: "%.\(digits)f", value) }
  }
}
