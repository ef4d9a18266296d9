/// One moment of steering by command.
package struct SteeringSample: Sendable {
  /// s, rising.
  package var time: Double
  /// Road-wheel angle, rad, left positive; NaN while nobody commands.
  package var commanded: Double
  /// As measured at this time, rad; NaN where nothing new was measured.
  package var measured: Double

  package init(time: Double, commanded: Double, measured: Double) {
    self.time = time
    self.commanded = commanded
    self.measured = measured
  }
}

/// How the steering follows its command: d(angle)/dt = (command(t - delay) - angle) / lag, no
/// faster than the rate limit; measured = angle + offset + noise.
///
/// The model is that of `VehicleParameters` and of the lateral controller.
package struct SteeringResponse: Sendable {
  /// s.
  package var delay: Estimate
  /// s.
  package var lag: Estimate
  /// rad/s of road wheel.
  package var rateLimit: Estimate
  /// Measured less commanded at rest, rad.
  package var offset: Estimate

  /// - Parameter samples: every 20 ms or closer, in order of time; gaps part them.
  package static func identify(_ samples: [SteeringSample]) -> SteeringResponse {
    let runs = SteeringRun.runs(samples)
    guard !runs.isEmpty, let first = firstFit(runs) else { return unknown }
    var fit = first
    var hasRate = false
    if let limited = rateFit(runs, from: first) {
      fit = limited
      hasRate = true
    }
    return SteeringResponse(
      delay: fit.estimate(0).needing(halfWidth: 0.06, stepAdvice),
      lag: fit.estimate(1).needing(halfWidth: 0.12, stepAdvice),
      rateLimit: hasRate
        ? fit.estimate(3).needing(halfWidth: 0.1 * fit.parameters[3].magnitude, rateAdvice)
        : .unknown(rateAdvice),
      offset: fit.estimate(2).needing(halfWidth: 0.01, stepAdvice))
  }

  static var unknown: SteeringResponse {
    SteeringResponse(
      delay: .unknown(stepAdvice), lag: .unknown(stepAdvice), rateLimit: .unknown(rateAdvice),
      offset: .unknown(stepAdvice))
  }

  private static var stepAdvice: String {
    "steps or quick changes of the commanded angle of some degrees, five or more"
  }
  private static var rateAdvice: String {
    "steps of the commanded angle that exceed rate limit times lag, to both sides"
  }

  private static func residuals(_ runs: [SteeringRun], _ p: [Double]) -> Residuals {
    var all = Residuals()
    let actuator = Actuator(delay: p[0], lag: p[1], rate: p.count > 3 ? p[3] : .infinity)
    for run in runs { run.compare(actuator, offset: p[2], into: &all) }
    return all
  }

  private static func firstFit(_ runs: [SteeringRun]) -> Fit? {
    best(of: [0.05, 0.2].map { parameters(delay: $0, lag: 0.25) }, runs)
  }

  private static func parameters(delay: Double, lag: Double) -> [LeastSquares.Parameter] {
    [
      .init(start: delay, step: 0.001, range: 0...1),
      .init(start: lag, step: 0.001, range: 0.002...3),
      .init(start: 0, step: 0.0001),
    ]
  }

  /// Two rounds from every start, the rest from the best of them.
  private static func best(
    of starts: [[LeastSquares.Parameter]], _ runs: [SteeringRun]
  ) -> Fit? {
    var best: (start: [LeastSquares.Parameter], scatter: Double)?
    for start in starts {
      guard let trial = LeastSquares.fit(start, rounds: 2, { residuals(runs, $0) }),
        trial.scatter < best?.scatter ?? .infinity
      else { continue }
      var refined = start
      for i in refined.indices { refined[i].start = trial.parameters[i] }
      best = (refined, trial.scatter)
    }
    return best.flatMap { LeastSquares.fit($0.start) { residuals(runs, $0) } }
  }

  /// With the rate limit, where it explains what the lag alone cannot.
  private static func rateFit(_ runs: [SteeringRun], from first: Fit) -> Fit? {
    let fastest = runs.map { $0.fastestDemand(lag: first.parameters[1]) }.max() ?? 0
    guard fastest > 0 else { return nil }
    let starts = [0.8, 0.4].map { share in
      parameters(delay: first.parameters[0], lag: first.parameters[1]) + [
        LeastSquares.Parameter(
          start: share * fastest, step: 0.002 * fastest, range: 0.01 * fastest...4 * fastest)
      ]
    }
    let best = best(of: starts, runs)
    // One more parameter must earn its place: a likelihood ratio beyond 99.9 % of chi-square.
    guard let best, first.scatter > 0 else { return nil }
    let count = Double(runs.reduce(0) { $0 + $1.measuredCount })
    let gain = count * (first.scatter * first.scatter / (best.scatter * best.scatter) - 1)
    return gain > 10.8 ? best : nil
  }
}

/// Samples without a gap.
private struct SteeringRun {
  private var times: [Double] = []
  private var commands: [Double] = []
  private var measured: [Double] = []

  /// Before this the answer still holds what was commanded earlier, s.
  private static var settling: Double { 1 }

  static func runs(_ samples: [SteeringSample]) -> [SteeringRun] {
    var runs: [SteeringRun] = []
    var run = SteeringRun()
    for sample in samples {
      let gap = sample.time - (run.times.last ?? sample.time)
      if sample.commanded.isNaN || gap > 0.15 || gap < 0 {
        runs.append(run)
        run = SteeringRun()
      }
      guard sample.commanded.isFinite, sample.time.isFinite else { continue }
      run.times.append(sample.time)
      run.commands.append(sample.commanded)
      run.measured.append(sample.measured)
    }
    runs.append(run)
    return runs.filter {
      guard let first = $0.times.first, let last = $0.times.last else { return false }
      return last - first > 2 * settling
    }
  }

  var measuredCount: Int { measured.count { $0.isFinite } }

  func compare(_ actuator: Actuator, offset: Double, into all: inout Residuals) {
    guard let first = times.first else { return }
    let start = measured.first { $0.isFinite }.map { $0 - offset } ?? 0
    let answers = actuator.answer(times: times, commands: commands, start: start)
    all.blocks.append(all.values.count)
    for i in times.indices where measured[i].isFinite && times[i] - first > Self.settling {
      all.values.append(measured[i] - answers[i] - offset)
    }
  }

  /// The fastest that the lag alone would turn the wheels, rad/s.
  func fastestDemand(lag: Double) -> Double {
    guard let start = commands.first else { return 0 }
    let answers = Actuator(delay: 0, lag: lag).answer(
      times: times, commands: commands, start: start)
    return zip(commands, answers).map { (($0 - $1) / max(lag, 1e-3)).magnitude }.max() ?? 0
  }
}
