import Signals
import Units

/// Open-loop drives of the bare truck that show what its physics can do: what tests and the page of
/// plots hold against references.
package enum Manoeuvre: String, Sendable, CaseIterable {
  case brakeDry = "brake-dry"
  case brakeWet = "brake-wet"
  /// Anti-lock control failed on both units, or on the tractor alone.
  case brakeWetLocked = "brake-wet-locked"
  case brakeWetTractorLocked = "brake-wet-tractor-locked"
  case brakeIce = "brake-ice"
  /// Anti-lock control failed on both units.
  case brakeIceLocked = "brake-ice-locked"
  /// Two opposite pulses of the wheel at 50 km/h.
  case laneChange = "lane-change"
  /// The retarder locks the drive axle on ice while the trailer pushes.
  case jackKnife = "jack-knife"
  /// The same with anti-lock control, which cuts the retarder.
  case jackKnifePrevented = "jack-knife-prevented"
  /// Only the trailer's brakes lock.
  case trailerSwing = "trailer-swing"
  case rollOver = "roll-over"
  /// 44 t on 8 %: held by springs, released, caught by the service brake.
  case rollBack = "roll-back"
  case springBrakes = "spring-brakes"
  /// A wet bend, braked harder and harder: all of the friction circle.
  case brakedBend = "braked-bend"
  /// The same brakes at 450 degrees.
  case brakeFaded = "brake-faded"
  /// Wind of 25 m/s from the right at 60 km/h from 1 s on, then also a bank of 4 %.
  case windAndBank = "wind-and-bank"

  package var seconds: Double {
    switch self {
    case .brakeDry, .brakeWet, .brakeWetLocked, .brakeWetTractorLocked, .laneChange, .rollOver,
      .springBrakes, .brakedBend, .brakeFaded, .windAndBank:
      8
    case .brakeIce, .brakeIceLocked: 20
    case .jackKnife, .jackKnifePrevented, .trailerSwing: 6
    case .rollBack: 10
    }
  }

  package var parameters: VehicleParameters {
    var parameters = VehicleParameters()
    parameters.mass = Kilograms(self == .rollBack ? 44_000 : 36_000)
    // Enough to lock every wheel.
    parameters.brakeDeceleration = MetresPerSecondSquared(7)
    return parameters
  }

  package var startSpeed: Double {
    switch self {
    case .rollBack: 0
    case .laneChange: 50 / 3.6
    case .brakeDry, .brakeWet, .brakeWetLocked, .brakeWetTractorLocked, .brakeIce, .brakeIceLocked,
      .springBrakes, .brakeFaded, .brakedBend:
      15
    case .windAndBank: 60 / 3.6
    case .jackKnife, .jackKnifePrevented, .trailerSwing: 15
    case .rollOver: 16
    }
  }

  package var friction: Double {
    switch self {
    case .brakeWet, .brakeWetLocked, .brakeWetTractorLocked, .brakedBend: Surface.wet.left
    case .brakeIce, .brakeIceLocked, .jackKnife, .jackKnifePrevented, .trailerSwing:
      Surface.ice.left
    case .brakeDry, .laneChange, .rollOver, .rollBack, .springBrakes, .brakeFaded, .windAndBank:
      Surface.dry.left
    }
  }

  package func truck() -> TruckDynamics {
    var settings = TruckSettings()
    settings.friction = friction
    var truck = TruckDynamics(
      parameters: parameters, settings: settings,
      start: TruckStart(east: 0, north: 0, heading: 0, speed: startSpeed))
    switch self {
    case .brakeIceLocked, .brakeWetLocked: truck.setAntiLock(tractor: false, trailer: false)
    case .brakeFaded: truck.setBrakeHeat(450)
    case .brakeWetTractorLocked, .jackKnife: truck.setAntiLock(tractor: false)
    case .trailerSwing:
      truck.setAntiLock(tractor: false, trailer: false)
      truck.setBrake(axle: 0, 0)
      truck.setBrake(axle: 1, 0)
    case .rollBack: truck.grade = 0.08
    case .brakeDry, .brakeWet, .brakeIce, .laneChange, .jackKnifePrevented, .rollOver,
      .springBrakes, .brakedBend, .windAndBank:
      break
    }
    return truck
  }

  package func demand(at time: Double) -> ActuatorDemand {
    var demand = ActuatorDemand()
    switch self {
    case .brakeDry, .brakeWet, .brakeWetLocked, .brakeWetTractorLocked, .brakeIce, .brakeIceLocked:
      demand.brakeDeceleration = 6
    case .brakeFaded: demand.brakeDeceleration = 3
    case .brakedBend:
      demand.roadWheelAngle = 0.045 * min(time, 1)
      demand.brakeDeceleration = max(time - 2, 0) * 2
    case .windAndBank: break
    case .laneChange:
      demand.roadWheelAngle = time < 1 ? 0 : time < 2.5 ? 0.02 : time < 4 ? -0.02 : 0
    case .jackKnife, .jackKnifePrevented:
      // A nudge at the wheel is what every road gives.
      demand.roadWheelAngle = time < 0.5 ? 0.005 : 0
      demand.retarderTorque = 1
    case .trailerSwing:
      demand.roadWheelAngle = time < 0.5 ? 0.005 : 0
      demand.brakeDeceleration = 3
    case .rollOver: demand.roadWheelAngle = 0.02 * min(time, 8)
    case .rollBack:
      demand.tractorParkingBrake = time < 2
      demand.trailerParkingBrake = time < 2
      demand.brakeDeceleration = time < 6 ? 0 : 3
    case .springBrakes:
      demand.tractorParkingBrake = time >= 1
      demand.trailerParkingBrake = time >= 1
    }
    return demand
  }

  /// What happens to the truck from outside.
  private func change(_ truck: inout TruckDynamics, at time: Double) {
    guard self == .windAndBank else { return }
    truck.sideWind = time >= 1 ? 25 : 0
    truck.bank = time >= 4 ? 0.04 : 0
  }

  /// Runs it and shows the truck every 10 ms, at first at the start.
  package func run(_ show: (_ time: Double, TruckDynamics) -> Void) {
    var truck = truck()
    for millisecond in 0..<Int(seconds * 1000) {
      let time = Double(millisecond) / 1000
      if millisecond % 10 == 0 { show(time, truck) }
      change(&truck, at: time)
      truck.step(demand(at: time))
    }
    show(seconds, truck)
  }
}

extension TruckRecord {
  /// What a bare truck has to tell.
  package init(time: Double, _ dynamics: TruckDynamics) {
    self.init()
    self.time = time
    monotonic = time
    east = dynamics.east
    north = dynamics.north
    heading = dynamics.heading
    speed = dynamics.speed
    acceleration = dynamics.acceleration
    roadWheelAngle = dynamics.roadWheelAngle
    trailerHeading = dynamics.trailerHeading
    brakeDeceleration = dynamics.brakeDeceleration
    motion = dynamics.motionRecord
  }
}
