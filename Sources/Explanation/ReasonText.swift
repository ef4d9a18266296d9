import Signals

/// What a reason means, and what ends it, for a person.
package struct ReasonText: Sendable {
  package let meaning: String
  package let wayOn: String

  private init(_ meaning: String, _ wayOn: String) {
    self.meaning = meaning
    self.wayOn = wayOn
  }

  package init(_ reason: Reason) {
    switch reason {
    case .none, .wheelSpeedStale, .vehicleSpeedStale, .yawRateStale, .engineStale, .brakeStale,
      .steeringStale, .drivelineStale, .bodyStale, .gnssLost, .gnssRefused, .headingUnknown,
      .busDown, .busStarved, .busErrors, .signalFrozen, .checksumBad, .speedsDisagree,
      .sourceAddressConflict, .sourceAddressLost, .waitingForInputs, .recordingShort,
      .recordingFailed, .radarSilent:
      self = Self.input(reason)
    case .brakeNotObeyed, .steeringNotObeyed, .engineNotObeyed, .parkingBrakeNotObeyed,
      .steeringLockedOut, .steeringRunaway, .rollBack, .independentBrakeTripped, .offPath,
      .overSpeed, .authorityExceeded, .routeEnd, .trailerOff, .speedImplausible, .airPressureLow,
      .brakesWorn, .trailerArticulation, .gateClamped:
      self = Self.motion(reason)
    case .controlHung, .controlLate, .cycleSlips, .supervisorHung, .guardianLost, .daemonLost,
      .commandStale, .commandInvalid, .planUnfit, .trapped, .restarted, .configurationInvalid,
      .steeringLawsDisagree:
      self = Self.stack(reason)
    case .operatorStop, .emergencyStopPressed, .driverInput, .shutdown, .protectiveFieldViolated,
      .protectiveFieldStale, .attendantAway, .remoteStopPressed, .emergencyBrakingDemanded,
      .driverSteered, .driverParked, .driverShifted, .keyRemoved, .notArmed, .notAcknowledged,
      .noAuthority, .identityUnconfirmed, .busExchanged, .uncommissioned, .trailerUnverified,
      .brakeTestDue:
      self = Self.person(reason)
    }
  }

  private static func input(_ reason: Reason) -> ReasonText {
    let back = "the message comes again in its period, with every value that is needed"
    return switch reason {
    case .none: ReasonText("nothing stands against driving", "nothing is needed")
    case .wheelSpeedStale: ReasonText("the wheel speeds are no longer told", back)
    case .vehicleSpeedStale: ReasonText("the second speed source is no longer told", back)
    case .yawRateStale: ReasonText("the yaw rate is no longer told", back)
    case .engineStale: ReasonText("the engine no longer tells its state", back)
    case .brakeStale: ReasonText("the brake controller no longer tells its state", back)
    case .steeringStale: ReasonText("the steering no longer tells its angle or state", back)
    case .drivelineStale: ReasonText("the driveline no longer tells its state", back)
    case .bodyStale: ReasonText("the body controller no longer tells its state", back)
    case .gnssLost:
      ReasonText(
        "the position may no longer be used",
        "fixes come again that agree with the wheels, and the truck is on its route")
    case .gnssRefused:
      ReasonText("the receiver's fixes contradict the wheels", "fixes that agree with the wheels")
    case .headingUnknown:
      ReasonText("the heading is not observed", "a dual-antenna fix or a verified parked heading")
    case .busDown:
      ReasonText(
        "a CAN bus is down or its controller is bus-off",
        "the interface is up and its controller active: see `tulpar buses`")
    case .busStarved:
      ReasonText(
        "a CAN bus is full of frames of others, ours are missing", "the flood ends, and ours return"
      )
    case .busErrors: ReasonText("a CAN bus has too many errors", "the wiring is mended")
    case .signalFrozen:
      ReasonText("a speed repeats one value while another moves", "the sensor moves again")
    case .checksumBad:
      ReasonText(
        "a message arrives, and its checksum, counter or length is wrong",
        "its sender is mended, or the profile's checksum and counter are")
    case .speedsDisagree:
      ReasonText("two speed sources differ", "they agree: tyre, tone ring or scale is mended")
    case .sourceAddressConflict:
      ReasonText("somebody else sends in our name", "the other sender is taken off the bus")
    case .sourceAddressLost:
      ReasonText("another controller holds our source address", "the address is ours again")
    case .waitingForInputs:
      ReasonText("needed messages have not been good for a second", "they come, and go on coming")
    case .recordingShort:
      ReasonText("less than a tenth of the disk is free", "recordings are copied off and removed")
    case .recordingFailed:
      ReasonText("the drive cannot be recorded", "room on the disk of the recordings")
    case .radarSilent:
      ReasonText(
        "the radar tells nothing, or nothing that may be believed, of the vehicle ahead", back)
    default: ReasonText("\(reason)", "its cause gone")
    }
  }

  private static func motion(_ reason: Reason) -> ReasonText {
    let mended = "the actuator is examined and mended"
    return switch reason {
    case .brakeNotObeyed:
      ReasonText("the brake does not brake as it is told", "the brake is examined and mended")
    case .steeringNotObeyed: ReasonText("the steering does not follow its command", mended)
    case .engineNotObeyed: ReasonText("the engine does not do what it is told", mended)
    case .parkingBrakeNotObeyed:
      ReasonText("a parking brake does not do what it is told", mended)
    case .steeringLockedOut:
      ReasonText("the steering controller refuses commands", "it is ready, and not locked out")
    case .steeringRunaway: ReasonText("the steering runs away from its command", mended)
    case .rollBack:
      ReasonText("the truck rolls back", "it stands, held by brakes that are examined")
    case .independentBrakeTripped:
      ReasonText(
        "the independent brake path has tripped", "it has cleared, its enable changing again")
    case .offPath:
      ReasonText(
        "the truck is off its path", "it is driven back onto the path by hand, its position trusted"
      )
    case .overSpeed: ReasonText("the truck is faster than it may be", "its speed is below the cap")
    case .authorityExceeded:
      ReasonText(
        "the truck cannot, or did not, stop before the limit of its authority",
        "a release beyond the place where it stands")
    case .routeEnd: ReasonText("the route ends here", "another mission")
    case .trailerOff: ReasonText("the trailer is off its path", "it is driven back by hand")
    case .speedImplausible:
      ReasonText(
        "the speeds fell faster than friction allows", "wheels and sensors are examined, standing")
    case .airPressureLow:
      ReasonText(
        "the service air is low, or soon will be",
        "a running engine until the reservoirs are full, leaks mended")
    case .brakesWorn: ReasonText("the brakes are worn", "they are mended")
    case .trailerArticulation:
      ReasonText(
        "the trailer does not follow as the path makes it",
        "trailer and coupling are examined, standing")
    case .gateClamped: ReasonText("the gate changes what is commanded", "commands within limits")
    default: ReasonText("\(reason)", "its cause gone")
    }
  }

  private static func stack(_ reason: Reason) -> ReasonText {
    let again = "the process runs again, and the stop is acknowledged"
    return switch reason {
    case .controlHung: ReasonText("the control thread missed its cycles", again)
    case .controlLate: ReasonText("the control thread is late", "`tulpar doctor` finds why")
    case .cycleSlips: ReasonText("cycles were skipped", "`tulpar doctor` finds why")
    case .supervisorHung: ReasonText("the supervisor thread stopped", again)
    case .guardianLost: ReasonText("the guardian stops the truck, or is gone", again)
    case .daemonLost: ReasonText("the daemon was gone", again)
    case .commandStale: ReasonText("no fresh command reached the guardian", again)
    case .commandInvalid: ReasonText("a command was no command", again)
    case .planUnfit: ReasonText("the stop plan was unfit", again)
    case .trapped: ReasonText("a program ended by a fault of its own", again)
    case .restarted:
      ReasonText("the daemon was started again during a stop", "an acknowledge at standstill")
    case .steeringLawsDisagree:
      ReasonText(
        "the two laws of steering disagree; the simple one steers",
        "the recording of the drive is examined, and the stop is acknowledged")
    case .configurationInvalid:
      ReasonText("profile or mission may not drive", "`tulpar check` names what is missing")
    default: ReasonText("\(reason)", "its cause gone")
    }
  }

  private static func person(_ reason: Reason) -> ReasonText {
    let released = "the control is released"
    return switch reason {
    case .operatorStop: ReasonText("an operator asked for a stop", "an acknowledge while held")
    case .emergencyStopPressed:
      ReasonText("an emergency stop is pressed, or its wires contradict", "it is pulled out again")
    case .driverInput: ReasonText("a driver touches the pedals", released)
    case .shutdown: ReasonText("the daemon is asked to end", "it is started again")
    case .protectiveFieldViolated:
      ReasonText("something is in the protective field", "the field is clear for 3 s")
    case .protectiveFieldStale:
      ReasonText("the protective field tells nothing", "its message comes again, field clear")
    case .attendantAway:
      ReasonText("the attendant let go, or is not heard", "the attendant holds the enable")
    case .remoteStopPressed: ReasonText("the remote stop is pressed", released)
    case .emergencyBrakingDemanded:
      ReasonText("the emergency braking system brakes", "it no longer demands braking")
    case .driverSteered: ReasonText("a driver turns the wheel", released)
    case .driverParked: ReasonText("a driver pulled the parking brake", "the lever is released")
    case .driverShifted: ReasonText("a driver moved the gear lever", "the lever is in drive")
    case .keyRemoved:
      ReasonText("the key for driverless operation is off", "it is turned on")
    case .notArmed: ReasonText("nobody armed the truck", "`tulpar tell SOCKET arm`")
    case .notAcknowledged:
      ReasonText("a stop is held", "`tulpar tell SOCKET acknowledge`, its cause gone")
    case .noAuthority: ReasonText("no authority beyond this place", "a release of the hold line")
    case .identityUnconfirmed:
      ReasonText("this is not the truck of the commissioning record", "the commissioned truck")
    case .busExchanged:
      ReasonText("a bus is not recognised", "each plug on the interface that the profile names")
    case .uncommissioned:
      ReasonText("the truck is not commissioned for this profile", "`tulpar commission`")
    case .trailerUnverified:
      ReasonText("the trailer is not verified", "`tulpar tell SOCKET trailer FILE` at standstill")
    case .brakeTestDue:
      ReasonText("the trailer's brake test is missing or older than a day", "a brake test")
    default: ReasonText("\(reason)", "its cause gone")
    }
  }
}
