import QuadraticProgram
import TestSupport
import Testing

/// Requirement: the lateral law's own solver; always an answer within the bounds, whatever is asked.
struct ChainSolverTests {
  /// A well-conditioned programme that pulls each value to a wish and couples neighbours.
  static func programme(_ wishes: [Double], coupling: Double = 0.3) -> ChainProgram {
    var program = ChainProgram(count: wishes.count)
    for i in wishes.indices {
      program[i, i] = 1 + 2 * coupling
      if i > 0 { program[i, i - 1] = -coupling }
      program.gradient[i] = -wishes[i]
    }
    return program
  }

  static func bind(
    _ program: inout ChainProgram, value: ClosedRange<Double>, change: ClosedRange<Double>
  ) {
    for i in 0..<program.count {
      (program.lower[i], program.upper[i]) = (value.lowerBound, value.upperBound)
      (program.leastChange[i], program.mostChange[i]) = (change.lowerBound, change.upperBound)
    }
  }

  static func solve(_ program: ChainProgram) -> ChainSolution {
    var active = ActiveSet()
    return ChainSolver.solve(program, from: &active)
  }

  static func isWithinBounds(_ solution: ChainSolution, _ program: ChainProgram) -> Bool {
    var before = program.previous
    for i in 0..<program.count {
      let value = solution.values[i]
      let change = value - before
      guard value >= program.lower[i] - 1e-9, value <= program.upper[i] + 1e-9,
        change >= program.leastChange[i] - 1e-9, change <= program.mostChange[i] + 1e-9
      else { return false }
      before = value
    }
    return true
  }

  static func random(_ noise: inout SeededNoise, count: Int, scale: Double = 1) -> ChainProgram {
    var program = ChainProgram(count: count)
    for i in 0..<count {
      for j in 0...i { program[i, j] = 0 }
    }
    // A sum of squares of random rows, and a little of the identity.
    for _ in 0..<count {
      let row = (0..<count).map { _ in noise.gauss() }
      for i in 0..<count {
        for j in 0...i { program[i, j] += scale * row[i] * row[j] }
      }
    }
    for i in 0..<count {
      program[i, i] += 0.05 * scale
      program.gradient[i] = scale * 3 * noise.gauss()
      let width = 0.2 + noise.gauss().magnitude
      (program.lower[i], program.upper[i]) = (-width, 0.4 + noise.gauss().magnitude)
      program.leastChange[i] = -(0.05 + 0.3 * noise.gauss().magnitude)
      program.mostChange[i] = 0.05 + 0.3 * noise.gauss().magnitude
    }
    return program
  }

  /// Optimal by definition: no feasible chain near by costs less.
  static func cost(_ x: InlineArray<32, Double>, _ program: ChainProgram) -> Double {
    var sum = 0.0
    for i in 0..<program.count {
      sum += program.gradient[i] * x[i]
      for j in 0..<program.count {
        sum += 0.5 * x[i] * x[j] * (j <= i ? program[i, j] : program[j, i])
      }
    }
    return sum
  }

  @Test func `without active bounds it is the linear system's solution`() {
    var program = ChainProgram(count: 2)
    (program[0, 0], program[1, 0], program[1, 1]) = (4, 1, 3)
    (program.gradient[0], program.gradient[1]) = (-1, -2)
    let solution = Self.solve(program)
    #expect(solution.outcome == .optimal)
    #expect(abs(solution.values[0] - 1.0 / 11) < 1e-14)
    #expect(abs(solution.values[1] - 7.0 / 11) < 1e-14)
    #expect(solution.iterations == 1)
  }

  @Test func `one value ends at its bound`() {
    var program = Self.programme([5], coupling: 0)
    Self.bind(&program, value: -1...1, change: -9...9)
    #expect(Self.solve(program).values[0] == 1)
    Self.bind(&program, value: -9...9, change: -0.25...0.25)
    program.previous = 0.5
    #expect(Self.solve(program).values[0] == 0.75)
  }

  @Test(arguments: 1...30) func `random programmes: within bounds, and no neighbour is cheaper`(
    seed: Int
  ) {
    var noise = SeededNoise(seed: UInt64(seed))
    let program = Self.random(&noise, count: 3 + seed % 28)
    var active = ActiveSet()
    let solution = ChainSolver.solve(program, from: &active)
    #expect(solution.outcome == .optimal)
    #expect(Self.isWithinBounds(solution, program))
    let best = Self.cost(solution.values, program)
    for _ in 0..<10 {
      // A feasible direction: towards another chain within the bounds.
      var other = program
      for i in 0..<program.count { other.gradient[i] += 20 * noise.gauss() }
      let target = Self.solve(other)
      var probe = solution.values
      for i in 0..<program.count { probe[i] += 1e-4 * (target.values[i] - probe[i]) }
      #expect(Self.cost(probe, program) >= best - 1e-10)
    }
  }

  @Test func `a working set of the last solution saves working sets`() {
    var noise = SeededNoise(seed: 5)
    var program = Self.random(&noise, count: 30)
    var active = ActiveSet()
    let cold = ChainSolver.solve(program, from: &active)
    #expect(cold.iterations > 5)
    for i in 0..<30 { program.gradient[i] *= 1.001 }
    let again = Self.solve(program)
    let warm = ChainSolver.solve(program, from: &active)
    #expect(warm.iterations <= 3)
    for i in 0..<30 { #expect(abs(warm.values[i] - again.values[i]) < 1e-9) }
  }

  @Test func `a working set that is wrong throughout leads to the same answer`() {
    for seed in 1...20 {
      var noise = SeededNoise(seed: UInt64(seed))
      let program = Self.random(&noise, count: 30)
      let cold = Self.solve(program)
      var active = ActiveSet()
      (active.atLower, active.atUpper) = (0x5555_5555, .max)
      (active.atLeastChange, active.atMostChange) = (.max, 0x0F0F_0F0F)
      let warm = ChainSolver.solve(program, from: &active)
      #expect(warm.outcome == .optimal)
      for i in 0..<30 { #expect(abs(warm.values[i] - cold.values[i]) < 1e-8) }
    }
  }

  @Test func `a change limit that ends exactly at a bound is degenerate and solved`() {
    var program = Self.programme(Array(repeating: 100, count: 30))
    Self.bind(&program, value: -1...1, change: -0.1...0.1)
    let solution = Self.solve(program)
    #expect(solution.outcome == .optimal)
    for i in 0..<30 { #expect(abs(solution.values[i] - min(0.1 * Double(i + 1), 1)) < 1e-9) }
  }

  @Test func `equal bounds leave no choice`() {
    var program = Self.programme(Array(repeating: 3, count: 10))
    Self.bind(&program, value: 0.25...0.25, change: -0.5...0.5)
    let solution = Self.solve(program)
    #expect(solution.outcome == .optimal)
    for i in 0..<10 { #expect(solution.values[i] == 0.25) }
    Self.bind(&program, value: -1...1, change: 0...0)
    program.previous = 0.125
    #expect(Self.solve(program).values[9] == 0.125)
  }

  @Test func `where the bounds contradict each other the change limit holds`() {
    var program = Self.programme(Array(repeating: 0, count: 20))
    Self.bind(&program, value: -0.2...0.2, change: -0.05...0.05)
    program.previous = 0.5
    let solution = Self.solve(program)
    #expect(solution.outcome == .relaxed)
    for i in 0..<20 {
      #expect(abs(solution.values[i] - max(0.5 - 0.05 * Double(i + 1), 0)) < 0.21)
      let before = i > 0 ? solution.values[i - 1] : 0.5
      #expect(abs(solution.values[i] - before) <= 0.05 + 1e-12)
    }
    #expect(solution.values[5] <= 0.2 + 1e-9)
  }

  @Test func `a programme without a minimum holds the value before`() {
    var program = Self.programme([1, 1, 1])
    program[2, 2] = -4
    Self.bind(&program, value: -1...1, change: -0.1...0.1)
    program.previous = 0.3
    let solution = Self.solve(program)
    #expect(solution.outcome == .indefinite)
    #expect((0..<3).allSatisfy { solution.values[$0] == 0.3 })
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity], 0..<7)
  func `no number leads to no number`(bad: Double, place: Int) {
    var program = Self.programme([1, -1, 1, -1])
    Self.bind(&program, value: -0.5...0.5, change: -0.1...0.1)
    program.previous = 0.2
    switch place {
    case 0: program[2, 1] = bad
    case 1: program.gradient[3] = bad
    case 2: program.lower[1] = bad == -.infinity ? .nan : bad
    case 3: program.upper[1] = bad == .infinity ? .nan : bad
    case 4: program.leastChange[2] = bad == -.infinity ? .nan : bad
    case 5: program.mostChange[2] = bad == .infinity ? .nan : bad
    default: program.previous = bad
    }
    var active = ActiveSet()
    active.atUpper = .max
    let solution = ChainSolver.solve(program, from: &active)
    #expect(solution.outcome == .refused)
    #expect(active == ActiveSet())
    #expect((0..<4).allSatisfy { solution.values[$0] == (place == 6 ? 0 : 0.2) })
  }

  @Test(arguments: [1e-9, 1e-4, 1e5, 1e9]) func `costs of any size`(scale: Double) {
    var one = SeededNoise(seed: 9)
    var other = SeededNoise(seed: 9)
    let plain = Self.solve(Self.random(&one, count: 30))
    let scaled = Self.solve(Self.random(&other, count: 30, scale: scale))
    #expect(scaled.outcome == .optimal)
    for i in 0..<30 { #expect(abs(plain.values[i] - scaled.values[i]) < 1e-8) }
  }

  @Test func `weights nine orders apart`() {
    var program = Self.programme((0..<30).map { Double($0 % 3) - 1 })
    Self.bind(&program, value: -0.5...0.5, change: -0.1...0.1)
    for i in stride(from: 0, to: 30, by: 2) {
      program[i, i] *= 1e9
      program.gradient[i] *= 1e9
    }
    let solution = Self.solve(program)
    #expect(solution.outcome == .optimal)
    #expect(Self.isWithinBounds(solution, program))
  }

  @Test func `any bit pattern ends within the limit, finite and within well-formed bounds`() {
    var noise = SeededNoise(seed: 77)
    for seed in 0..<300 {
      var program = Self.random(&noise, count: 32, scale: 1)
      var random = SystemlessRandom(state: UInt64(seed))
      for _ in 0..<4 {
        let i = Int(random.next() % 32)
        let value = Double(bitPattern: random.next())
        switch random.next() % 4 {
        case 0: program[i, Int(random.next() % UInt64(i + 1))] = value
        case 1: program.gradient[i] = value
        case 2: program.upper[i] = value
        default: program.mostChange[i] = value
        }
      }
      var active = ActiveSet()
      active.atMostChange = UInt32(truncatingIfNeeded: random.next())
      let solution = ChainSolver.solve(program, from: &active)
      #expect(solution.iterations <= ChainSolver.iterationLimit + 1)
      #expect((0..<32).allSatisfy { solution.values[$0].isFinite })
      if solution.outcome == .optimal { #expect(Self.isWithinBounds(solution, program)) }
    }
  }

  @Test(.enabled(if: canCountHeapCalls)) func `no heap`() {
    var noise = SeededNoise(seed: 3)
    let program = Self.random(&noise, count: 30)
    var active = ActiveSet()
    var solution = ChainSolution()
    let calls = heapCalls { solution = ChainSolver.solve(program, from: &active) }
    #expect(solution.iterations > 5)
    #expect(calls == 0)
  }
}

/// splitmix64.
private struct SystemlessRandom {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
