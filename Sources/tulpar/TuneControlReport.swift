import ControlTuning
import Foundation
import Vehicle

/// What a search found as table, plot and overlay.
struct TuneControlReport {
  let setup: TuningSetup
  let result: TuningResult
  let searched: [UInt64]
  let judged: [UInt64]
  let activity: Double

  private var current: WeightChoice { WeightChoice(of: setup.follower) }

  var text: String {
    var text = "profile \(setup.profileName), \(setup.plant); courses "
    text += setup.courses.map(\.name).joined(separator: ", ") + "\n"
    let faulty = result.evaluated.count { $0.scores.fault != nil }
    text += "\(result.evaluated.count) choices of weights driven, \(faulty) inadmissible\n\n"
    text += weights
    guard let best = result.best, let heldOut = result.heldOut else {
      return text + "\nnothing is proposed: no choice betters the profile's weights within "
        + "\(activity) of their steering rate and jerk\n"
    }
    text += "\non the searched seeds, \(named(searched)): rms over the seeds (least to most)\n"
    text += table(result.reference, best.scores)
    text += "\non the held-out seeds, \(named(judged))\n"
    text += table(heldOut.reference, heldOut.best)
    text += "\nheld out, of the profile's weights, with the 95 % interval over the seeds: "
    text +=
      TuningMeasure.allCases.map { measure in
        let ratio = heldOut.judgement.ratios[measure.rawValue]
        return String(format: "%@ %.3f +- %.3f", measure.name, ratio.mean, ratio.scatter)
      }.joined(separator: ", ") + "\n"
    switch heldOut.judgement.verdict {
    case .proposed: return text + "proposed\n"
    case .refused(let reason): return text + "nothing is proposed: \(reason)\n"
    }
  }

  private func named(_ seeds: [UInt64]) -> String {
    guard let first = seeds.first, let last = seeds.last, first != last else {
      return seeds.map { "\($0)" }.joined()
    }
    return "\(first) to \(last)"
  }

  private var weights: String {
    var text = line(
      "weight", ["profile", result.proposed == nil ? "found" : "proposed", "searched"])
    for weight in LateralWeight.allCases {
      let low = Double(weight.range.lowerBound) / 100
      let high = Double(weight.range.upperBound) / 100
      let unit = weight.unit == "1" ? "" : " " + weight.unit
      text += line(
        weight.key,
        [
          current.text(weight), result.best?.choice.text(weight) ?? "-",
          String(format: "%g to %g", low, high) + unit,
        ])
    }
    return text
  }

  private func table(_ reference: CourseScores, _ best: CourseScores) -> String {
    let units = TuningMeasure.allCases.map { "\($0.name), \($0.unit.name)" }
    var text = line("course", ["weights"] + units + ["most error, mm"])
    for (index, course) in setup.courses.enumerated() {
      for (name, scores) in [("profile", reference), ("found", best)] {
        var cells = [name]
        for measure in TuningMeasure.allCases {
          let scale = measure.unit.scale
          let values = scores.drives[index].map { measure.value(of: $0) * scale }
          cells.append(
            String(
              format: "%.3g (%.3g to %.3g)", scores.value(measure, course: index) * scale,
              values.min() ?? 0, values.max() ?? 0))
        }
        cells.append(
          String(format: "%.0f", (scores.drives[index].map(\.errorMax).max() ?? 0) * 1e3))
        text += line(name == "profile" ? course.name : "", cells)
      }
    }
    return text
  }

  private func line(_ head: String, _ cells: [String]) -> String {
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(width - text.count, 1))
    }
    var line = padded(head, 24)
    for (index, cell) in cells.enumerated() { line += padded(cell, index == 0 ? 10 : 28) }
    while line.hasSuffix(" ") { line.removeLast() }
    return line + "\n"
  }

  /// In units of today: the share of what the profile's weights give, times the courses' mean of it.
  var plot: TradeOffPlot {
    let means = TuningMeasure.allCases.map { measure in
      setup.courses.indices.map { result.reference.value(measure, course: $0) }.reduce(0, +)
        / Double(max(setup.courses.count, 1))
    }
    let points = result.evaluated.filter { $0.scores.fault == nil }.map { one in
      TradeOffPlot.Point(
        choice: one.choice,
        values: TuningMeasure.allCases.map {
          one.scores.ratio($0, to: result.reference) * means[$0.rawValue]
        })
    }
    return TradeOffPlot(
      title: "tulpar tune control: \(setup.profileName)",
      subtitle: setup.courses.map(\.name).joined(separator: ", ")
        + "; seeds \(named(searched)); \(setup.plant); mean of the courses, each by what the "
        + "profile's weights give there",
      points: points, current: current, proposed: result.proposed,
      inadmissible: result.evaluated.compactMap { one in
        one.scores.fault.map { (one.choice, $0) }
      })
  }

  /// The proposed weights as `tuning.yaml`; what such a file already gives stays in it.
  var overlay: String {
    guard let proposed = result.proposed, let heldOut = result.heldOut else { return "" }
    let ratios = TuningMeasure.allCases.map {
      String(format: "%@ x %.3f", $0.name, heldOut.judgement.ratios[$0.rawValue].mean)
    }
    var text = """
      # Proposed by tulpar tune control: \(ratios.joined(separator: ", "))
      # of the profile's own on seeds that were held out (\(setup.plant);
      # \(setup.courses.map(\.name).joined(separator: ", "))).
      # It takes effect as \(ProfileOverlay.fileName) beside profile.yaml.
      format: 1
      profile: \(setup.profileName)
      path_following:

      """
    for (key, value) in setup.kept { text += "  \(key): \(value)\n" }
    for weight in LateralWeight.allCases {
      text +=
        "  \(weight.key): \(proposed.text(weight))\(weight.written)  # was \(current.text(weight))\n"
    }
    return text
  }
}
