/// The actuators that a trial takes, and what they move.
struct LongitudinalModel {
  var brake: Actuator?
  var brakeGain: Double
  var drive: Actuator?
  var inverseMass: Double
}

/// Samples without a gap, in pieces of some seconds in which the truck moves.
struct LongitudinalRun {
  private var samples: [LongitudinalSample] = []
  /// Of samples that are compared.
  private var pieces: [Range<Int>] = []

  /// It moves little, and seldom, so that its lag is not fitted, s.
  private static var retarder: Actuator { Actuator(delay: 0.1, lag: 0.3) }
  /// Before this the answers still hold what was commanded earlier, s.
  private static var settling: Double { 1.5 }
  /// Grade is one number over a piece, s.
  private static var pieceLength: Double { 8 }
  private static var shortestPiece: Double { 3 }
  /// Sensors and friction are another matter near standstill, m/s.
  private static var slowest: Double { 0.6 }

  static func runs(_ samples: [LongitudinalSample]) -> [LongitudinalRun] {
    var runs: [LongitudinalRun] = []
    var run = LongitudinalRun()
    for sample in samples where sample.time.isFinite {
      let gap = sample.time - (run.samples.last?.time ?? sample.time)
      if gap > 0.15 || gap < 0 {
        runs.append(run)
        run = LongitudinalRun()
      }
      run.samples.append(sample)
    }
    runs.append(run)
    for i in runs.indices { runs[i].findPieces() }
    return runs.filter { !$0.pieces.isEmpty }
  }

  var brakes: Bool { pieces.contains { samples[$0].contains { $0.brake > 0.1 } } }
  var drives: Bool { pieces.contains { samples[$0].contains { $0.drive > 0 } } }

  private mutating func findPieces() {
    guard let first = samples.first?.time else { return }
    var begin: Int?
    for i in samples.indices {
      let isUsable = samples[i].time - first > Self.settling && !isStanding(i)
      if let start = begin {
        let length = samples[i].time - samples[start].time
        if !isUsable || length >= Self.pieceLength {
          if length >= Self.shortestPiece, isExcited(start..<i) { pieces.append(start..<i) }
          begin = isUsable ? i : nil
        }
      } else if isUsable {
        begin = i
      }
    }
  }

  private func isStanding(_ index: Int) -> Bool {
    // Where nothing new was measured the piece goes on.
    samples[index].speed < Self.slowest
  }

  /// A piece without a change tells nothing but its rest.
  private func isExcited(_ piece: Range<Int>) -> Bool {
    let first = samples[piece.lowerBound]
    return samples[piece].contains {
      ($0.brake - first.brake).magnitude > 0.05 || ($0.drive - first.drive).magnitude > 500
        || ($0.retarder - first.retarder).magnitude > 500
    }
  }

  func compare(_ model: LongitudinalModel, brakeSlip: Double, into all: inout Residuals) {
    let times = samples.map(\.time)
    var slip = [Double](repeating: 0, count: times.count)
    var acceleration = [Double](repeating: 0, count: times.count)
    func add(
      _ actuator: Actuator?, _ commands: [Double], _ factor: Double, slipping share: Double = 0
    ) {
      guard let actuator, factor != 0 else { return }
      let answers = actuator.answer(times: times, commands: commands, start: commands.first ?? 0)
      for i in times.indices {
        acceleration[i] += factor * answers[i]
        slip[i] += share * answers[i]
      }
    }
    add(model.brake, samples.map(\.brake), -model.brakeGain, slipping: brakeSlip * model.brakeGain)
    add(model.drive, samples.map(\.drive), model.inverseMass)
    if samples.contains(where: { $0.retarder > 0 }) {
      // A retarder's force fades below some 2 m/s.
      add(
        Self.retarder, samples.map { $0.retarder * ($0.speed < 2 ? 0.5 * $0.speed : 1) },
        -model.inverseMass)
    }
    for piece in pieces {
      all.blocks.append(all.values.count)
      all.values += remainder(piece, times, acceleration, slip)
    }
  }

  /// Measured less integrated speed, without its mean and slope.
  private func remainder(
    _ piece: Range<Int>, _ times: [Double], _ acceleration: [Double], _ slip: [Double]
  ) -> [Double] {
    var points: [(t: Double, y: Double)] = []
    var speed = 0.0
    var sums = (n: 0.0, t: 0.0, y: 0.0, tt: 0.0, ty: 0.0)
    for i in piece {
      if i > piece.lowerBound {
        speed += (acceleration[i] + acceleration[i - 1]) / 2 * (times[i] - times[i - 1])
      }
      guard samples[i].speed.isFinite else { continue }
      let t = times[i] - times[piece.lowerBound]
      let y = samples[i].speed * (1 + slip[i]) - speed
      points.append((t, y))
      sums.n += 1
      sums.t += t
      sums.y += y
      sums.tt += t * t
      sums.ty += t * y
    }
    let determinant = sums.n * sums.tt - sums.t * sums.t
    guard sums.n > 2, determinant > 0 else { return points.map { _ in 0 } }
    let slope = (sums.n * sums.ty - sums.t * sums.y) / determinant
    let mean = (sums.y - slope * sums.t) / sums.n
    return points.map { $0.y - mean - slope * $0.t }
  }
}
