import Records
import Signals

/// What a workshop is told of a procedure.
package struct ProcedureSheet: Sendable {
  package var title: String
  package var needs: String
  package var place: String
  package var duration: String
  package var instructions: [String]
  /// With the limits of the truck at hand.
  package var passes: String
}

extension CommissioningRecord.Step {
  /// Whether the step rests on a signal; the sender of one that it rests on voids it when replaced.
  func rests(on channel: SignalChannel) -> Bool {
    switch channel {
    case .roadWheelAngle, .steeringWheelAngle, .steeringCurvature:
      self == .steeringZero || self == .steeringSign || self == .steeringDelay
    case .wheelSpeedFrontLeft, .wheelSpeedFrontRight, .wheelSpeedRearLeft, .wheelSpeedRearRight:
      [.steeringZero, .steeringSign, .leverArm, .wheelScale, .brakeDelay, .brakeDeceleration]
        .contains(self)
    case .yawRate: self == .gyroMounting || self == .leverArm
    case .longitudinalAcceleration, .lateralAcceleration: self == .gyroMounting
    case .brakePedal, .brakeControllingSource, .externalBrakeState:
      self == .brakeDelay || self == .brakeDeceleration
    case .tractorParkingBrake, .trailerParkingBrake: self == .parkingHold
    case .emergencyStopLine, .emergencyStopLineInverse: self == .emergencyStop
    default: false
    }
  }

  /// Whether an exchanged GNSS receiver, whose antenna and delay are its own, voids the step.
  var restsOnReceiver: Bool { self == .leverArm || self == .wheelScale }

  package func sheet(_ limits: CommissioningLimits) -> ProcedureSheet {
    let n = CommissioningEntry.number
    func degrees(_ angle: Double) -> String { n((angle * 1_800 / .pi).rounded() / 10) }
    switch self {
    case .steeringZero:
      return ProcedureSheet(
        title: "Steering zero", needs: "a driver", place: "a straight level lane of 80 m",
        duration: "2 min",
        instructions: [
          "Drive straight at 10 to 20 km/h for 50 m or more, hands quiet.",
          "Turn round and drive the same lane back.",
        ],
        passes: "the steering shows no more than \(n(limits.steeringZero)) rad of road wheel "
          + "(\(degrees(limits.steeringZero)) degrees) while the truck drives straight")
    case .steeringSign:
      return ProcedureSheet(
        title: "Steering sign", needs: "a driver", place: "a yard of 40 m", duration: "2 min",
        instructions: ["Drive a bend of 70 degrees or more to the left, and one to the right."],
        passes: "the truck turns to the side and as far as its steering angle says, within "
          + "\(n(100 * limits.steeringGain)) %")
    case .steeringDelay:
      return ProcedureSheet(
        title: "Steering delay",
        needs: "a commanded test: a drive recorded on the bench (--from drive.mcap), or the "
          + "maker's tool on the bus",
        place: "a closed course, a person at the wheel", duration: "3 min",
        instructions: [
          "Command the steering to and fro by 3 degrees of road wheel or more, 35 degrees in all.",
          "This program sends nothing: it listens to the tool, or reads the recording.",
        ],
        passes: "the dead time is the profile's within \(n(1e3 * limits.steeringDelay)) ms")
    case .leverArm:
      return ProcedureSheet(
        title: "Antenna lever arm", needs: "a driver, RTK fix", place: "a level yard of 40 m",
        duration: "5 min",
        instructions: [
          "Stand for 5 s.",
          "Drive a full circle to the left at 5 km/h, steering angle held, and one at 10 to 12 km/h.",
          "Drive the same to the right; all of it twice where the wheelbase is longer than 6 m.",
        ],
        passes: "the antenna is within \(n(100 * limits.leverArm)) cm of where the profile has it, "
          + "uncertainty included")
    case .overhang:
      return ProcedureSheet(
        title: "Overhangs", needs: "a tape measure and a plumb line", place: "level ground",
        duration: "10 min",
        instructions: [
          "Measure along the ground from the centre of the tractor's rear axle (of the axle group) "
            + "to the front bumper, and to the tractor's rear.",
          "Enter both with what you are sure of: --measured front=5.02+-0.01 "
            + "--measured rear=0.99+-0.01",
        ],
        passes:
          "both are within \(n(100 * limits.overhang)) cm of the profile, uncertainty included")
    case .wheelScale:
      return ProcedureSheet(
        title: "Wheel scale", needs: "a driver, RTK fix, tyres at their pressure",
        place: "a road", duration: "3 min",
        instructions: [
          "Stand for 2 s.", "Drive 300 m or more straight at 15 to 30 km/h, as steadily as may be.",
        ],
        passes: "the wheels count the driven distance within \(n(100 * limits.wheelScale)) %")
    case .gyroMounting:
      return ProcedureSheet(
        title: "Gyro mounting", needs: "a driver, dual-antenna heading",
        place: "a level yard of 40 m", duration: "5 min",
        instructions: [
          "Stand for 10 s with the engine running.",
          "Drive a full circle to the left and one to the right.",
          "Start and brake firmly three times.",
        ],
        passes: "the gyro counts the turned angle within \(n(100 * limits.gyroGain)) %, reads no "
          + "more than \(n(limits.gyroBias)) rad/s at rest, and the accelerometers feel the "
          + "directions they are named for")
    case .brakeDelay, .brakeDeceleration, .parkingHold, .emergencyStop, .messagePeriods:
      return standingSheet(limits)
    }
  }

  private func standingSheet(_ limits: CommissioningLimits) -> ProcedureSheet {
    let n = CommissioningEntry.number
    switch self {
    case .brakeDelay:
      return ProcedureSheet(
        title: "Brake delay", needs: "a driver, the load of the day",
        place: "a level road of 200 m",
        duration: "5 min",
        instructions: [
          "Drive 25 km/h, let the truck roll without power for 3 s, then press the pedal at once "
            + "and hold it down to walking pace. Six times.",
          "Where the bus tells no pedal: brake by the maker's tool on the bus, or take a recorded "
            + "commanded test (--from drive.mcap).",
        ],
        passes: "the brake answers no later than the profile's dead time and "
          + "\(n(1e3 * limits.brakeDelay)) ms")
    case .brakeDeceleration:
      return ProcedureSheet(
        title: "Brake deceleration", needs: "a driver, belts on, the heaviest load",
        place: "a level dry road of 200 m", duration: "5 min",
        instructions: [
          "From 25 km/h brake as hard as you can to standstill, and stand for 2 s.", "Again.",
        ],
        passes: "each stop reaches \(n(limits.brakeDeceleration)) m/s2, grade-corrected")
    case .parkingHold:
      return ProcedureSheet(
        title: "Parking hold", needs: "the heaviest load, chocks at hand",
        place: "a slope of \(n(100 * limits.parkingGrade)) % or more",
        duration: "\(Int(limits.parkingTime / 60)) min",
        instructions: [
          "Stop on the slope, apply the parking brakes, let go of the pedal, engine off if the "
            + "buses stay awake.", "Wait. Nobody enters the truck's path.",
        ],
        passes: "the truck moves no more than \(n(limits.parkingCreep)) m")
    case .emergencyStop:
      return ProcedureSheet(
        title: "Emergency stop", needs: "a person at the button", place: "standstill, parked",
        duration: "1 min",
        instructions: [
          "Press an emergency stop, wait 2 s, release it, wait 2 s. "
            + "\(limits.emergencyStopPresses) times; repeat the step for each button."
        ],
        passes: "each press and release is told, and both wires agree within "
          + "\(n(limits.wireDisagreement)) s")
    default:
      return ProcedureSheet(
        title: "Message periods", needs: "ignition on", place: "anywhere", duration: "1 min",
        instructions: ["Wait \(Int(limits.listeningTime)) s with the engine running."],
        passes:
          "each message comes as often as the profile says within \(n(100 * limits.period)) %, "
          + "is never stale, and its checksum and counter are right")
    }
  }
}
