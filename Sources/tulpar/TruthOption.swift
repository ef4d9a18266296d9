import Plant
import Signals
import Units

/// Values that only the truck knows, as `--set NAME=VALUE` gives them: SI units.
enum TruthOption {
  private typealias Truth = (
    name: String, set: (Double, inout TruckSettings, inout VehicleParameters) -> Void
  )

  private static var all: [Truth] {
    [
      ("steering-bias", { value, settings, _ in settings.steeringBias = value }),
      (
        "steering-wheel-offset",
        { value, settings, _ in settings.sensors.steeringWheelOffset = value }
      ),
      ("wheel-scale", { value, settings, _ in settings.sensors.wheelSpeedScale = value }),
      ("yaw-bias", { value, settings, _ in settings.sensors.yawRateBias = value }),
      ("drag", { value, settings, _ in settings.untoldDrag = value }),
      ("friction", { value, settings, _ in settings.friction = value }),
      ("brake", { value, settings, _ in settings.brakeEffectiveness = value }),
      ("mass", { value, _, vehicle in vehicle.mass = Kilograms(value) }),
      ("brake-delay", { value, _, vehicle in vehicle.brakeDelay = .seconds(value) }),
      ("brake-lag", { value, _, vehicle in vehicle.brakeLag = .seconds(value) }),
      ("drive-delay", { value, _, vehicle in vehicle.driveDelay = .seconds(value) }),
      ("drive-lag", { value, _, vehicle in vehicle.driveLag = .seconds(value) }),
      ("steering-delay", { value, _, vehicle in vehicle.steeringDelay = .seconds(value) }),
      ("steering-lag", { value, _, vehicle in vehicle.steeringLag = .seconds(value) }),
      ("steering-rate", { value, _, vehicle in vehicle.steeringRate = RadiansPerSecond(value) }),
      ("understeer", { value, _, vehicle in vehicle.understeerGradient = value }),
      ("gnss-latency", { value, _, vehicle in vehicle.gnssLatency = .seconds(value) }),
      ("antenna-forward", { value, _, vehicle in vehicle.antennaForward = Metres(value) }),
      ("antenna-left", { value, _, vehicle in vehicle.antennaLeft = Metres(value) }),
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
    truth.set(value, &settings, &vehicle)
  }
}
