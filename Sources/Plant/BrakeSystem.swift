/// Service and spring brakes at the wheels, their heat, and the anti-lock systems of both units.
struct BrakeSystem: Sendable {
  /// Of each axle's brakes, degrees Celsius.
  private(set) var temperatures = InlineArray<3, Double>(repeating: ambient)
  var tractorAntiLockWorks = true
  var trailerAntiLockWorks = true
  /// What is left of the brakes of each axle, apart from heat: 0 a failed circuit.
  var condition = InlineArray<3, Double>(repeating: 1)
  private(set) var tractorAntiLockActs = false
  private(set) var trailerAntiLockActs = false

  static var ambient: Double { 15 }

  /// What linings keep of their friction: all up to 300 degrees, then falling to 40 % at 660.
  static func share(at temperature: Double) -> Double {
    min(max(1 - (temperature - 300) / 600, 0.4), 1)
  }

  func works(_ axle: Int) -> Bool { axle == 2 ? trailerAntiLockWorks : tractorAntiLockWorks }

  func share(_ axle: Int) -> Double { condition[axle] * Self.share(at: temperatures[axle]) }

  mutating func heat(_ axle: Int, power: Double, _ c: ChassisModel, step h: Double) {
    let cooling = (temperatures[axle] - Self.ambient) / c.coolingSeconds
    temperatures[axle] += h * (power / c.brakeHeatCapacity - cooling)
  }

  mutating func setTemperature(_ degrees: Double) {
    for axle in 0..<3 { temperatures[axle] = degrees }
  }

  var hottest: Double { max(temperatures[0], temperatures[1], temperatures[2]) }

  mutating func noteActing(tractor: Bool, trailer: Bool) {
    tractorAntiLockActs = tractor
    trailerAntiLockActs = trailer
  }
}
