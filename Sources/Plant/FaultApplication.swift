struct ScheduledCommand: Sendable {
  var at: Int64
  var command: FaultCommand
}

extension Truck {
  /// Carries a command out when the truck's time reaches `at`, ms.
  package mutating func schedule(_ command: FaultCommand, at time: Int64) {
    pendingCommands.append(ScheduledCommand(at: time, command: command))
  }

  mutating func runScheduledCommands() {
    guard !pendingCommands.isEmpty else { return }
    var index = 0
    while index < pendingCommands.count {
      if pendingCommands[index].at <= now {
        apply(pendingCommands.remove(at: index).command)
      } else {
        index += 1
      }
    }
  }

  package mutating func apply(_ command: FaultCommand) {
    switch command {
    case .message(let message, let fault): messageFaults[Int(message.rawValue)] = fault
    case .node(let node, let isOff): controls.silenced.set(node, isOff)
    case .steeringOffset(let angle): setSteeringBias(angle)
    case .steeringRunaway(let angle): runawayAngle = angle
    case .steeringStuck(let isStuck): isSteeringStuck = isStuck
    case .lockout(let isLockedOut): controls.steering.isLockedOut = isLockedOut
    case .flood(let share): bus.flood = share
    case .traffic(let share): bus.background = share
    case .emergencyStop(let isPressed): isEmergencyStopPressed = isPressed
    case .brakeRefused(let isRefused): controls.refusesBrakeDemand = isRefused
    case .parkingStuck(let isStuck):
      stuckParkingBrakes = isStuck ? (isTractorBraked, isTrailerBraked) : nil
    case .engineRunaway(let share): controls.runawayTorque = share
    case .engineSource(let address): shownEngineSource = address
    case .brake(let share): setBrake(share)
    case .friction(let coefficient): setFriction(coefficient)
    case .airLeak(let rate): air.leak = rate
    case .trailerAirLeak(let rate): air.trailerLeak = rate
    case .antiLock(true, let works): dynamics.setAntiLock(tractor: works)
    case .antiLock(false, let works): dynamics.setAntiLock(trailer: works)
    case .axleBrake(let axle, let share): dynamics.setBrake(axle: axle, share)
    case .brakeHeat(let degrees): dynamics.setBrakeHeat(degrees)
    case .wheelSensor(let axle, let fault): sensors.axleFaults[axle] = fault
    case .road(let command): apply(command)
    case .site(let command): apply(command)
    case .cutOut(let speed): settings.sensors.wheelSpeedCutOut = speed
    case .cutOutAll(let speed): settings.sensors.speedCutOut = speed
    case .protection(let command): protection.apply(command)
    case .yawBias(let bias): settings.sensors.yawRateBias = bias
    case .driver(.follow(let speed)): follow(speed)
    case .driver(.wheel(let angle)): hold(angle)
    case .driver(let act): cab.apply(act)
    case .clear: clearFaults()
    case .gnssPower(let isOn): receiver.isOn = isOn
    case .gnssFrozen: receiver.isFrozen = true
    case .gnssQuality(let quality): receiver.quality = quality
    case .gnssJump(let east, let north):
      receiver.jumpEast = east
      receiver.jumpNorth = north
    }
  }
}
