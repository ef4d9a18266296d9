import Plant
import Signals
import Units

/// Values that only the truck knows, as `--set NAME=VALUE` gives them: SI units.
package enum TruthOption {
  private typealias Truth = (
    name: String, range: ClosedRange<Double>,
    set: (Double, inout TruckSettings, inout VehicleParameters) -> Void
  )

  private static var all: [Truth] {
    [
      ("steering-bias", -0.5...0.5, { value, settings, _ in settings.steeringBias = value }),
      (
        "steering-wheel-offset", -10...10,
        { value, settings, _ in settings.sensors.steeringWheelOffset = value }
      ),
      ("wheel-scale", 0.5...2, { value, settings, _ in settings.sensors.wheelSpeedScale = value }),
      ("yaw-bias", -0.5...0.5, { value, settings, _ in settings.sensors.yawRateBias = value }),
      ("drag", -2...2, { value, settings, _ in settings.untoldDrag = value }),
      ("friction", 0.01...2, { value, settings, _ in settings.friction = value }),
      ("brake", 0...2, { value, settings, _ in settings.brakeEffectiveness = value }),
      ("mass", 1_000...100_000, { value, _, vehicle in vehicle.mass = Kilograms(value) }),
      ("brake-delay", 0...5, { value, _, vehicle in vehicle.brakeDelay = .seconds(value) }),
      ("brake-lag", 0.001...10, { value, _, vehicle in vehicle.brakeLag = .seconds(value) }),
      ("drive-delay", 0...5, { value, _, vehicle in vehicle.driveDelay = .seconds(value) }),
      ("drive-lag", 0.001...10, { value, _, vehicle in vehicle.driveLag = .seconds(value) }),
      ("steering-delay", 0...5, { value, _, vehicle in vehicle.steeringDelay = .seconds(value) }),
      ("steering-lag", 0.001...10, { value, _, vehicle in vehicle.steeringLag = .seconds(value) }),
      (
        "steering-rate", 0.001...10,
        { value, _, vehicle in vehicle.steeringRate = RadiansPerSecond(value) }
      ),
      ("understeer", -0.1...0.1, { value, _, vehicle in vehicle.understeerGradient = value }),
      ("gnss-latency", 0...5, { value, _, vehicle in vehicle.gnssLatency = .seconds(value) }),
      (
        "antenna-forward", -30...30, { value, _, vehicle in vehicle.antennaForward = Metres(value) }
      ),
      ("antenna-left", -5...5, { value, _, vehicle in vehicle.antennaLeft = Metres(value) }),
    ]
  }

  static var names: String { all.map(\.name).joined(separator: " ") }

  static func apply(
    _ assignment: String, _ settings: inout TruckSettings, _ vehicle: inout VehicleParameters
  ) throws(CommandFailure) {
    let parts = assignment.split(separator: "=", maxSplits: 1)
    guard parts.count == 2, let value = Double(parts[1]), value.isFinite else {
      throw .badInput("--set: read \"\(assignment)\", expected NAME=NUMBER")
    }
    guard let truth = all.first(where: { $0.name == parts[0] }) else {
      throw .badInput("--set: unknown name \"\(parts[0])\"; known are \(names)")
    }
    guard truth.range.contains(value) else {
      throw .badInput(
        "--set \(truth.name): read \(value), allowed is \(truth.range.lowerBound) to "
          + "\(truth.range.upperBound)")
    }
    truth.set(value, &settings, &vehicle)
  }
}
