import Foundation
import QuadraticProgram

/// The lateral law's solver on a sequence of alike programmes whose rate limits are active, beside
/// DAQP on the same ones.
struct BenchQuadratic {
  struct Seen {
    /// Microseconds, 99 % of the programmes.
    let own: Double
    /// Nil, with the reason on standard error, when the peer cannot be run here.
    let peer: (microseconds: Double, worstDifference: Double)?
    let boundShare: Double
  }

  let script: String
  let now: () -> UInt64
  private static let count = 30
  private static let interval = 0.1

  func measure() -> Seen {
    let programs = Self.sequence(1_000)
    var best = [UInt64](repeating: .max, count: programs.count)
    var answers: [ChainSolution] = []
    var bound = 0
    // The machine's other work is no part of the solver: the best of three passes counts.
    for pass in 0..<3 {
      var active = ActiveSet()
      for (i, program) in programs.enumerated() {
        let start = now()
        let solution = ChainSolver.solve(program, from: &active)
        best[i] = min(best[i], now() - start)
        guard pass == 0 else { continue }
        answers.append(solution)
        if active != ActiveSet() { bound += 1 }
      }
    }
    best.sort()
    return Seen(
      own: Double(best[best.count * 99 / 100]) / 1_000, peer: peer(programs, answers),
      boundShare: Double(bound) / Double(programs.count))
  }

  /// Deviation, heading and a lagging wheel at 8 to 16 m/s, put 1 to 2 m aside every 15 programmes.
  private static func sequence(_ length: Int) -> [ChainProgram] {
    var state = [0.0, 0.0, 0.0]
    var last = 0.0
    var random: UInt64 = 1
    func draw() -> Double {
      random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(random >> 11) / 4_503_599_627_370_496 - 1
    }
    return (0..<length).map { k in
      let speed = 12 + 4 * sin(Double(k) / 111)
      if k % 15 == 14 { state[0] += (draw() > 0 ? 1 : -1) * (1.5 + 0.5 * draw()) }
      let program = program(state, speed, last)
      var active = ActiveSet()
      let command = ChainSolver.solve(program, from: &active).values[0]
      state = next(state, command, speed)
      state[0] += 0.02 * draw()
      last = command
      return program
    }
  }

  private static func next(_ x: [Double], _ command: Double, _ speed: Double) -> [Double] {
    let share = 1 - exp(-interval / 0.3)
    let turn = speed * interval / 3.6
    return [
      x[0] + speed * interval * (x[1] + 0.5 * turn * x[2]), x[1] + turn * x[2],
      x[2] + share * (command - x[2]),
    ]
  }

  private static func program(_ state: [Double], _ speed: Double, _ last: Double) -> ChainProgram {
    var program = ChainProgram(count: count)
    // Answers of the states to each command, and without any.
    func run(_ from: [Double], _ command: (Int) -> Double) -> [[Double]] {
      var x = from
      return (0..<count).map { k in
        x = next(x, command(k), speed)
        return x
      }
    }
    let free = run(state) { _ in 0 }
    let answers = (0..<count).map { j in run([0, 0, 0]) { $0 == j ? 1 : 0 } }
    func product(_ a: [[Double]], _ b: [[Double]]) -> Double {
      var sum = 0.0
      for k in 0..<count {
        sum += a[k][0] * b[k][0]
        sum += 2 * a[k][1] * b[k][1]
      }
      return sum
    }
    for i in 0..<count {
      program.gradient[i] = product(answers[i], free)
      for j in 0...i { program[i, j] = product(answers[i], answers[j]) }
      program[i, i] += 2 + (i + 1 < count ? 60 : 30)
      if i > 0 { program[i, i - 1] -= 30 }
      (program.lower[i], program.upper[i]) = (-0.55, 0.55)
      (program.leastChange[i], program.mostChange[i]) = (-0.035, 0.035)
    }
    program.gradient[0] -= 30 * last
    program.previous = last
    return program
  }

  private struct Problem: Encodable {
    var hessian: [[Double]] = []
    var gradient: [Double] = []
    var lower: [Double] = []
    var upper: [Double] = []
    var leastChange: [Double] = []
    var mostChange: [Double] = []
    var previous = 0.0

    init(_ program: ChainProgram) {
      previous = program.previous
      for i in 0..<program.count {
        hessian.append((0..<program.count).map { $0 <= i ? program[i, $0] : program[$0, i] })
        gradient.append(program.gradient[i])
        lower.append(program.lower[i])
        upper.append(program.upper[i])
        leastChange.append(program.leastChange[i])
        mostChange.append(program.mostChange[i])
      }
    }
  }

  private struct Answer: Decodable {
    let answer: [Double]
    let microseconds: Double
  }

  private func peer(
    _ programs: [ChainProgram], _ answers: [ChainSolution]
  ) -> (microseconds: Double, worstDifference: Double)? {
    let file = FileManager.default.temporaryDirectory
      .appending(path: "tulpar-bench-\(UUID().uuidString).jsonl")
    defer { try? FileManager.default.removeItem(at: file) }
    do {
      let encoder = JSONEncoder()
      let lines = try programs.map {
        String(decoding: try encoder.encode(Problem($0)), as: UTF8.self)
      }
      try Data(lines.joined(separator: "\n").utf8).write(to: file)
      let solved = try BenchCommand.runPeer(script, ["solve", file.path])
        .split(separator: UInt8(ascii: "\n"))
        .map { try JSONDecoder().decode(Answer.self, from: Data($0)) }
      guard solved.count == answers.count else { throw CocoaError(.fileReadCorruptFile) }
      var worst = 0.0
      for (own, other) in zip(answers, solved) {
        for i in 0..<Self.count { worst = max(worst, abs(own.values[i] - other.answer[i])) }
      }
      let times = solved.map(\.microseconds).sorted()
      return (times[times.count * 99 / 100], worst)
    } catch {
      FileHandle.standardError.write(Data("tulpar: DAQP not measured: \(error)\n".utf8))
      return nil
    }
  }
}
