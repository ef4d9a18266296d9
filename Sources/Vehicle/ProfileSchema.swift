import ActuatorGate
import Estimation
import PathFollowing
import SafeStop
import Signals
import WireCodec

/// What a `profile.yaml` may hold.
package enum ProfileSchema {
  package static var keys: [Key] {
    [
      Key("format", .integer(1...1), "Version of this file format."),
      Key("name", .text, "Of the platform; the folder's name."),
      Key("description", .text, required: false, "For people."),
      Key(
        "use", .choice(["drive", "replay"]),
        "replay: recorded frames only, no actuator is bound; drive: may be armed."),
      Key("geometry", .mapping(geometry), "Where the truck's parts are."),
      Key("dynamics", .mapping(dynamics), "How it moves."),
      Key("trailer", .mapping(trailer), "What it may pull; each trip tells what it does (S-7)."),
      Key("buses", .dictionary(allowed: [], .mapping(bus)), "CAN buses, by a name of your choice."),
      Key("dbc", .list(.text, count: 1...8), "DBC files beside this one."),
      Key(
        "source_address", .integer(0...253),
        "J1939 address that this stack sends from; elsewhere the code by which controllers name it "
          + "as the one in control."),
      Key(
        "network", .mapping(network), required: false,
        "Address claim and trouble codes; absent where source_address is claimed from nobody."),
      Key("receive", .dictionary(allowed: [], .mapping(receive)), "Messages that are read."),
      Key(
        "transmit", .dictionary(allowed: [], .mapping(transmit)), required: false,
        "Messages that are sent."),
      Key(
        "identity", .mapping(identity), required: false,
        "Messages of the maker's own that tell the vehicle's number and its controllers' parts."),
      Key(
        "actuators",
        .dictionary(allowed: Actuator.allCases.map(\.name), .mapping(actuator)), required: false,
        "Command and feedback of every actuator, and what it does on silence (S-1, S-2)."),
      Key(
        "independent_brake_path", .mapping(independentBrakePath), required: false,
        "What brakes when both processes are dead (S-1)."),
      Key(
        "emergency_stop", .mapping(emergencyStop), required: false,
        "What the stop buttons do besides telling (S-20)."),
      Key("gnss", .mapping(gnss), "What a position of each fix status is worth."),
      Key("compute", .mapping(compute), required: false, "What real-time threads ask for."),
      Key("operation", .mapping(operation), required: false, "Of the truck on its route."),
      Key("limits", .mapping(limits), required: false, "Of the actuator gate."),
      Key(
        "safe_stop", .mapping(safeStop), required: false,
        "Thresholds of health, ladder, standstill and guardian."),
      Key(
        "estimation", .mapping(FieldTable(EstimatorConfiguration()).keys()), required: false,
        "What the estimator believes about its sensors."),
      Key(
        "path_following",
        .mapping(FieldTable(FollowerConfiguration()).keys(excluding: ofTheMission)),
        required: false,
        "Gains and bounds of lateral and longitudinal control."),
    ]
  }

  /// Fields of the follower that every mission gives.
  private static var ofTheMission: Set<String> {
    ["cruiseSpeed", "lateralAccelerationLimit", "acceleration", "deceleration", "jerk"]
  }

  /// Metres ahead of the tractor's rear-axle centre, the combination straight.
  private static var geometry: [Key] {
    [
      Key("origin", .choice(["tractor_rear_axle_centre"]), "Point that positions are given from."),
      Key("width", .quantity(.length, 1.5...3.5), "Without mirrors."),
      Key(
        "reference_points",
        .mapping([
          Key("front_bumper", .quantity(.length, 1...15), "Foremost part."),
          Key("front_axle", .quantity(.length, 1...12), "Centre; the wheelbase."),
          Key("tractor_rear", .quantity(.length, -10...0), "Rear end without trailer."),
          Key(
            "king_pin", .quantity(.length, -3...3), required: false,
            "Fifth wheel, of a truck that pulls a trailer."),
        ]), "Distance ahead of the origin, negative behind."),
      Key(
        "antenna",
        .mapping([
          Key("forward", .quantity(.length, -25...15), "Ahead of the origin."),
          Key("left", .quantity(.length, -3...3), "Left of the origin."),
          Key(
            "heading_offset", .quantity(.angle, -3.2...3.2), required: false,
            "Baseline of a dual antenna, counter-clockwise from the truck's heading."),
        ]), "GNSS lever arm (S-9)."),
    ]
  }

  /// Fields of `VehicleParameters` that geometry does not give, and their bounds.
  private static var dynamics: [Key] {
    [
      Key(
        "mass", .quantity(.mass, 3_000...200_000),
        "Of the truck: alone where it pulls a trailer, else as loaded."),
      Key("mass_limit", .quantity(.mass, 3_000...200_000), "Heaviest combination."),
      Key("steering_ratio", .number(1...60), "Steering wheel turns per road-wheel turn."),
      Key("steering_delay", .quantity(.duration, 0...1), "Dead time of the steering."),
      Key("steering_lag", .quantity(.duration, 0...2), "Time constant of the steering."),
      Key("steering_rate", .quantity(.angularRate, 0.01...2), "At the road wheel."),
      Key("road_wheel_angle_limit", .quantity(.angle, 0.1...1), "Stop to straight."),
      Key("understeer_gradient", .number(0...0.1), required: false, "rad per m/s2."),
      Key("rear_axle_slip", .number(0...0.2), required: false, "rad per m/s2."),
      Key("trailer_axle_slip", .number(0...0.2), required: false, "rad per m/s2."),
      Key("yaw_lag_at_rest", .quantity(.duration, 0...2), required: false, ""),
      Key("yaw_lag_per_speed", .number(0...0.5), required: false, "s per m/s."),
      Key("drive_force", .quantity(.force, 1_000...500_000), "At the wheels, lowest gear."),
      Key("drive_power", .quantity(.power, 10_000...2_000_000), "At the wheels."),
      Key("drive_delay", .quantity(.duration, 0...2), "Dead time of the driveline."),
      Key("drive_lag", .quantity(.duration, 0...5), "Time constant of the driveline."),
      Key("retarder_force", .quantity(.force, 0...200_000), "At the wheels."),
      Key("brake_delay", .quantity(.duration, 0...2), "From demand to first deceleration."),
      Key("brake_lag", .quantity(.duration, 0...2), "Time constant of the build-up."),
      Key("brake_deceleration", .quantity(.acceleration, 1...10), "Dry road, laden."),
      Key(
        "assumed_deceleration", .quantity(.acceleration, 0.3...8),
        "What may be counted on for the declared friction class (R-MOT-13)."),
      Key("rolling_resistance", .number(0...0.05), required: false, "Share of weight."),
      Key("drag_area", .quantity(.area, 0...30), required: false, "Coefficient times area."),
    ]
  }

  static var dynamicsNames: [String] { dynamics.map(\.name) }

  private static var bus: [Key] {
    [
      Key("interface", .text, "Network interface, such as can0."),
      Key("bit_rate", .quantity(.bitRate, 10_000...1_000_000), "Of the arbitration phase."),
      Key("fd", .flag, required: false, "Frames of up to 64 bytes."),
      Key(
        "data_bit_rate", .quantity(.bitRate, 10_000...8_000_000), required: false,
        "Of the data phase; without it FD frames keep to bit_rate."),
      Key(
        "restart_in_motion", .flag, required: false,
        "Whether tulpar-bus restarts the controller after bus-off though the truck moves."),
    ]
  }

  private static var counter: [Key] {
    [
      Key("signal", .text, "DBC signal of the rolling counter."),
      Key("modulus", .integer(2...255), "Counter values run from 0 to one less."),
    ]
  }

  private static var checksum: [Key] {
    [
      Key("signal", .text, "DBC signal of the checksum."),
      Key("kind", .choice(ChecksumKind.byName.map(\.name)), "How it is computed."),
      Key(
        "data_id", .integer(0...0xFFFF), required: false,
        "Goes into a CRC before the payload; the identifier's low 16 bits when absent."),
    ]
  }

  /// One entry of a signal map; the word alone is the DBC signal.
  static var binding: [Key] {
    [
      Key("signal", .text, "DBC signal."),
      Key(
        "per_unit", .text, required: false,
        "What one unit of the DBC signal stands for, when its unit does not say."),
      Key("inverted", .flag, required: false, "The wire counts the other way round."),
      Key(
        "codes", .dictionary(allowed: [], .integer(0...14)), required: false,
        "Code of the DBC signal: what it stands for here; any other code is not available."),
      Key(
        "unchecked", .flag, required: false,
        "Every raw value counts as a value: no not-available, error or range."),
    ]
  }

  /// What is sent is always a value.
  private static var sentBinding: [Key] { binding.filter { $0.name != "unchecked" } }

  private static var receive: [Key] {
    [
      Key("message", .text, "Its name in the DBC file."),
      Key("bus", .text, "Name of the bus."),
      Key("source", .integer(0...253), required: false, "J1939 address of the sender."),
      Key(
        "destination", .integer(0...255), required: false,
        "J1939 address it must be sent to (PDU1); any when absent."),
      Key("period", .quantity(.duration, 0.001...60), "As sent; verified at start-up (S-5)."),
      Key("freshness", .quantity(.duration, 0.001...600), "Older is stale."),
      Key(
        "on_loss",
        .mapping([
          Key("level", .choice(FieldTable.caseNames(of: StopLevel.nominal)), "What it demands."),
          Key("reason", .choice(Reason.byName.map(\.name)), "Reason code of the demand."),
        ]), "What its loss does."),
      Key("counter", .mapping(counter), required: false, "Rolling counter that must change."),
      Key("checksum", .mapping(checksum), required: false, "Checksum that must match."),
      Key(
        "signals",
        .dictionary(allowed: SignalChannel.byName.map(\.name), .textOr(binding)),
        "Canonical signal: DBC signal."),
    ]
  }

  private static var transmit: [Key] {
    [
      Key("message", .text, "Its name in the DBC file."),
      Key("bus", .text, "Name of the bus."),
      Key("destination", .integer(0...255), required: false, "J1939 address (PDU1)."),
      Key("period", .quantity(.duration, 0.01...1), "A multiple of the 10 ms cycle."),
      Key("counter", .mapping(counter), required: false, "Rolling counter."),
      Key("checksum", .mapping(checksum), required: false, "Checksum."),
      Key(
        "fields",
        .dictionary(allowed: CommandChannel.byName.map(\.name), .textOr(sentBinding)),
        "Canonical command: DBC signal."),
      Key(
        "constants", .dictionary(allowed: [], .integer(0...0xFFFF_FFFF)), required: false,
        "Raw values of further DBC signals."),
      Key(
        "fill", .choice(["ones", "zeros"]), required: false,
        "What is sent where no signal is bound; ones, as J1939 does, when absent."),
    ]
  }

  private static var actuator: [Key] {
    [
      Key("command", .text, "Name under transmit."),
      Key(
        "feedback",
        .list(.choice(SignalChannel.byName.map(\.name)), count: 0...8),
        "Canonical signals that show whether it obeys (S-4)."),
      Key("on_silence", .choice(["releases", "holds", "brakes"]), "When commands stop (S-1)."),
      Key(
        "timeout", .quantity(.duration, 0.01...10), required: false,
        "Of the actuator; absent when it holds for ever."),
      Key("known_from", .text, "Where time-out and behaviour are known from."),
    ]
  }

  private static var emergencyStop: [Key] {
    [
      Key(
        "category", .integer(0...2),
        "IEC 60204-1: 0 takes power at once, 1 after standstill, 2 not at all."),
      Key("removes_steering", .flag, "Whether the chain lets go of the wheel in motion."),
      Key("known_from", .text, "Drawing, measurement or maker."),
    ]
  }

  private static var independentBrakePath: [Key] {
    [
      Key("enable", .text, "Name under transmit of the message that carries dynamic_enable."),
      Key("trips_after", .quantity(.duration, 0.02...2), "Without a change of the enable."),
      Key("deceleration", .quantity(.acceleration, 1...8), "That it brakes with."),
      Key("holds_by", .choice(["spring_brakes"]), "At standstill."),
      Key("feedback", .choice(["independent_brake_tripped"]), "Signal that tells a trip."),
      Key("known_from", .text, "Where this is known from."),
    ]
  }

  private static var gnss: [Key] {
    let sigma = Shape.quantity(.length, 0.001...100)
    return [
      Key("latency", .quantity(.duration, 0...2), "From epoch to arrival."),
      Key(
        "sigma",
        .mapping([
          Key("autonomous", sigma, "Status 1: no corrections."),
          Key("differential", sigma, "Status 2."),
          Key("rtk_fixed", sigma, "Status 3."),
          Key("rtk_float", sigma, "Status 4."),
        ]), "One sigma of the horizontal position by fix status."),
    ]
  }

  private static var compute: [Key] {
    let priority = Shape.integer(1...99)
    let processor = Shape.integer(0...1_023)
    return [
      Key("control_priority", priority, required: false, "SCHED_FIFO."),
      Key("supervisor_priority", priority, required: false, "Above control."),
      Key("receive_priority", priority, required: false, "Below control."),
      Key("guardian_priority", priority, required: false, "Above all."),
      Key("control_processor", processor, required: false, "To pin to; any when absent."),
      Key("guardian_processor", processor, required: false, "To pin to; any when absent."),
      Key(
        "wake_up_latency", .quantity(.duration, 0...1), required: false,
        "Asked of /dev/cpu_dma_latency."),
    ]
  }

  private static var operation: [Key] {
    [
      Key(
        "start_tolerance", .quantity(.length, 0.5...20), required: false,
        "The truck must stand within this of its route before arming."),
      Key(
        "degraded_speed", .quantity(.speed, 0.5...8.9), required: false,
        "Speed cap of the degraded level."),
    ]
  }

  private static var limits: [Key] {
    [
      Key(
        "by_speed", .list(.mapping(limitRow), count: GateLimits.rowCount...GateLimits.rowCount),
        required: false, "Rows of rising speed; between rows it is interpolated.")
    ] + FieldTable(GateLimits()).keys()
  }

  private static var limitRow: [Key] {
    [
      Key("speed", .quantity(.speed, 0...40)),
      Key("curvature", .quantity(.curvature, 0...0.5)),
      Key("curvature_rate", .quantity(.curvatureRate, 0...2)),
      Key("lateral_acceleration", .quantity(.acceleration, 0...4)),
      Key("lateral_jerk", .quantity(.jerk, 0...50)),
      Key("drive_torque", .quantity(.fraction, 0...1)),
      Key("drive_torque_rate", .number(0...100)),
      Key("brake_deceleration", .quantity(.acceleration, 0...10)),
      Key("brake_release", .quantity(.jerk, 0...100)),
      Key("retarder_torque", .quantity(.fraction, 0...1)),
    ]
  }

  /// The rows of the health table by name, beside the plain fields.
  private static var safeStop: [Key] {
    let row = [
      Key("level", .choice(FieldTable.caseNames(of: StopLevel.nominal)), required: false),
      Key("debounce", .quantity(.duration, 0...60), required: false),
    ]
    return [
      Key(
        "conditions",
        .dictionary(allowed: HealthCheck.byName.map(\.name), .mapping(row)), required: false,
        "What each condition demands, and after how long.")
    ] + FieldTable(SafeStopConfiguration()).keys(excluding: ["ownAddress", "health"])
  }
}

/// The actuators that a driverless truck must have (S-2).
package enum Actuator: String, CaseIterable, Sendable {
  case serviceBrake, standstillHold, tractorParkingBrake, trailerParkingBrake, gear
  case hazardLamps, brakeLamps, audibleWarning, steering, engine
  case retarder

  package var name: String { snakeCase(rawValue) }

  /// Whether arming is refused without it.
  package var isRequired: Bool { self != .retarder }

  /// The command fields that it takes, any of which binds it.
  package var commands: [CommandChannel] {
    switch self {
    case .serviceBrake: [.brakeDeceleration]
    // The service brake holds first, the parking brakes then.
    case .standstillHold: [.brakeDeceleration, .tractorParkingBrake]
    case .tractorParkingBrake: [.tractorParkingBrake]
    case .trailerParkingBrake: [.trailerParkingBrake]
    case .gear: [.gear]
    case .hazardLamps: [.hazardLamps]
    case .brakeLamps: [.brakeLamps]
    case .audibleWarning: [.horn]
    case .steering: [.steeringCurvature, .roadWheelAngle]
    case .engine: [.engineTorque]
    case .retarder: [.retarderTorque]
    }
  }

  /// The signals any of which shows whether it obeys (S-4); others may be listed beside it.
  package var feedback: [SignalChannel] {
    switch self {
    case .serviceBrake: [.externalBrakeState, .externalBrakeMode, .externalBrakeLimit]
    case .standstillHold: [.haltBrakeMode, .tractorParkingBrake]
    case .tractorParkingBrake: [.tractorParkingBrake]
    case .trailerParkingBrake: [.trailerParkingBrake]
    case .gear: [.drivelineEngaged, .currentGear, .selectedGear]
    case .hazardLamps: [.hazardLamps]
    case .brakeLamps: [.brakeLamps]
    case .audibleWarning: [.horn]
    case .steering: [.roadWheelAngle, .steeringWheelAngle, .steeringCurvature]
    case .engine: [.engineTorque, .engineControllingSource]
    case .retarder: [.retarderTorque]
    }
  }
}
