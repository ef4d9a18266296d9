import SafeStop
import Signals
import Units

extension HealthCheck {
  /// What its reading is, for a person.
  package var quantity: String {
    switch self {
    case .speedsDisagree: "difference of two speed sources"
    case .signalFrozen: "time for which a speed repeated one value"
    case .brakeNotObeyed: "deceleration that the brake accepts"
    case .brakeWeak: "deceleration that is felt"
    case .steeringNotObeyed: "curvature against the commanded one"
    case .steeringRunaway: "predicted sideways displacement"
    case .steeringLockedOut: "readiness of the steering"
    case .engineNotObeyed: "torque without demand"
    case .parkingBrakeNotObeyed: "parking brake against its command"
    case .rollBack: "motion backwards"
    case .independentBrakeTripped: "trip of the independent brake path"
    case .emergencyStopPressed: "emergency stop line"
    case .driverBrake: "brake pedal"
    case .driverAccelerator: "accelerator pedal"
    case .offPathWarning: "distance from the path"
    case .offPath: "distance or heading from the path"
    case .overSpeed: "speed"
    case .busDown: "state of the bus"
    case .airPressureLow: "service air pressure"
    case .gnssLost: "dead reckoning since the last good fix"
    case .speedImplausible: "speed that the truck may still have"
    case .engineTakenOver: "source that controls the engine"
    case .parkingBrakeInMotion: "speed with a parking brake on"
    case .sourceAddressUsed, .sourceAddressTaken: "frames of somebody else in our name"
    case .protectiveFieldStale: "silence of the protective field"
    case .protectiveFieldViolated: "protective field"
    case .attendantUnknown: "silence of the attendant's enable"
    case .attendantReleased: "attendant's enable"
    case .remoteStop: "remote stop"
    case .emergencyBraking: "state of the emergency braking system"
    case .trailerArticulation: "articulation against the path's"
    case .airPressureFalling: "service air pressure 20 s ahead"
    case .driverSteering: "driver's force or rate at the wheel"
    case .driverParkingBrake: "parking brake lever"
    case .driverGear: "gear lever"
    case .steeringLawsDisagree: "angle between the two laws of steering"
    case .driverKey: "key for driverless operation"
    case .radarSilent: "what the radar tells of the vehicle ahead"
    }
  }
}

extension ReadingUnit {
  package var symbol: String {
    switch self {
    case .none, .state: ""
    case .seconds: "s"
    case .metres: "m"
    case .metresPerSecond: "m/s"
    case .metresPerSecondSquared: "m/s2"
    case .radians: "rad"
    case .radiansPerSecond: "rad/s"
    case .perMetre: "1/m"
    case .pascals: "Pa"
    case .fraction: "of full scale"
    case .newtonMetres: "N m"
    case .address: "(address)"
    case .frames: "frames"
    }
  }
}

extension Reading {
  package var channelRead: SignalChannel? { SignalChannel(rawValue: channel) }

  /// As in "read 0.2 m/s2, must not be below 0.75 m/s2".
  package var text: String {
    guard unit != .none else { return "asked for" }
    let symbol = unit.symbol.isEmpty ? "" : " " + unit.symbol
    let (read, bound) = (rounded(value) + symbol, rounded(limit) + symbol)
    return switch relation {
    case .above: "read \(read), must not be above \(bound)"
    case .below: "read \(read), must not be below \(bound)"
    case .differs: "read \(read), must be \(bound)"
    case .unknown: "read no value, one is needed"
    }
  }
}

extension MoveObstacle {
  /// What is in the way; what the arming table or the authority says of it is told beside.
  package var text: String {
    switch self {
    case .none: "nothing keeps it from moving"
    case .notArmed: "it is not armed"
    case .stopInForce: "a stop is in force"
    case .offRoute: "it is not on its route"
    case .brakePathTripped: "the independent brake path has tripped"
    case .positionSuspect: "its position is too doubtful to pass the next hold line"
    case .brakesWeak: "its brakes give too little to pass the next hold line"
    case .personsUnprotected: "the protective field or the attendant does not allow a move-off"
    case .trailerUnverified: "the trailer is not verified"
    case .noAuthority: "its authority ends here"
    case .notReady: "a row of the arming table fails"
    case .parkingBrakesUnconfirmed: "the parking brakes are not confirmed"
    case .warning: "lamps and horn warn for 3 s before it moves"
    case .releasing: "parking brakes and driveline have not answered yet"
    case .vehicleAhead: "the vehicle ahead has not gone on far enough"
    }
  }
}

extension VehicleAheadReport {
  package var text: String {
    let place = "\(rounded(gap.value)) m ahead at \(rounded(speed.value)) m/s"
    return switch phase {
    case .absent: "no radar looks for one"
    case .clear: "the radar sees nobody"
    case .doubtful:
      "something ahead that may be a ghost" + (gap.value.isNaN ? "" : ", besides one \(place)")
    case .followed: "a vehicle \(place)"
    case .remembered: "a vehicle that is no longer seen and would be \(place)"
    case .lost: "a vehicle that was lost, or a silent radar"
    }
  }
}

extension ClockTrust {
  package var text: String {
    switch self {
    case .unknown: "neither the kernel nor the receiver vouches for it"
    case .systemUnsynchronised: "the kernel does not call the system clock synchronised"
    case .gnssTimeAbsent: "the receiver tells no time"
    case .systemStepped: "the system clock jumped"
    case .gnssStepped: "the receiver's time jumped"
    case .disagree: "system clock and receiver tell different times"
    case .settling: "system clock and receiver agree, not yet for long enough"
    case .trusted: "system clock and receiver agree"
    }
  }
}

/// Four significant digits are more than any of these is good for.
package func rounded(_ value: Double) -> String {
  guard value.isFinite else { return "no value" }
  guard value != 0 else { return "0" }
  var scale = 1.0
  while value.magnitude * scale < 1_000, scale < 1e9 { scale *= 10 }
  let result = (value * scale).rounded() / scale
  return result == result.rounded() && result.magnitude < 1e15
    ? "\(Int64(result))" : "\(result)"
}
