import Identification
import Records
import Signals
import Units

/// The dead time of the service brake, by the driver's own pedal or by command.
struct BrakeDelay: Procedure {
  private let context: CommissioningContext
  private var samples: [LongitudinalSample] = []
  /// What is driven without power, before it is known whether the brake will follow.
  private var coasting: [LongitudinalSample] = []
  private var previous = Instant.never
  private var brakings = 0
  private var isBraking = false
  private var usesPedal = false
  private static var needed: Int { 6 }
  private static var slowest: Double { 1.2 }
  private static var lead: Double { 3 }
  private static var capacity: Int { 20_000 }

  init(_ context: CommissioningContext) { self.context = context }

  mutating func take(_ sample: CommissioningSample) {
    let reading = sample.reading
    // A pedal's share of the whole is as good as a command: the gain is found beside the delay.
    let pedal = reading.brakePedal.isFinite ? reading.brakePedal : 0
    let command = sample.command.deceleration.isFinite ? sample.command.deceleration : 0
    let brake = max(command, pedal * context.vehicle.brakeDeceleration.value)
    if pedal > 0.05 { usesPedal = true }
    let isNew = reading.speedAt != previous && reading.speed.isFinite
    previous = reading.speedAt
    let now = Double(sample.now.nanoseconds) * 1e-9
    let isDriven =
      sample.signals[.engineTorque].fresh(at: sample.now, within: .milliseconds(500)) ?? 0 > 0.12
    guard reading.speed > Self.slowest, !isDriven || brake > 0, samples.count < Self.capacity else {
      coasting.removeAll(keepingCapacity: true)
      end(now)
      return
    }
    let entry = LongitudinalSample(
      time: now, speed: isNew ? reading.speed : .nan, brake: brake)
    if brake > 0 {
      if !isBraking {
        isBraking = true
        brakings += 1
        samples += coasting
        coasting.removeAll(keepingCapacity: true)
      }
      samples.append(entry)
    } else if isBraking {
      end(now)
    } else {
      coasting.append(entry)
      if let first = coasting.first, now - first.time > Self.lead { coasting.removeFirst() }
    }
  }

  /// What follows is not compared: a truck near standstill pitches back.
  private mutating func end(_ now: Double) {
    if isBraking { samples.append(LongitudinalSample(time: now, speed: 0, brake: 0)) }
    isBraking = false
  }

  var progress: ProcedureProgress {
    ProcedureProgress(
      (Double(brakings) - (isBraking ? 0.5 : 0)) / Double(Self.needed),
      "\(max(Self.needed - brakings, 0)) more brakings from 25 km/h after 2 s of rolling without "
        + "power" + (context.receives(.brakePedal) ? "" : ", by command: the bus tells no pedal"))
  }

  func finding() -> CommissioningEntry? {
    guard progress.isComplete else { return nil }
    let expected = context.vehicle.brakeDelay.seconds
    let limit =
      "at most \(CommissioningEntry.number(expected + context.limits.brakeDelay)) s"
    let found = LongitudinalResponse.identify(
      samples, brakeSlip: LongitudinalResponse.truckTyreSlip)
    if let advice = found.brakeDelay.advice {
      return .failed("the brakings tell too little, needed are \(advice)", limit: limit)
    }
    let delay = resolved(found.brakeDelay).quantity("s")
    let note = "build-up \(found.brakeLag.quantity("s").text)"
    guard delay.value <= expected + context.limits.brakeDelay,
      delay.uncertainty <= context.limits.brakeDelay
    else {
      return .failed(
        "the brake answers later than the braking curves count on", delay, limit: limit,
        note: note)
    }
    return .passed(delay, limit: limit, note: note)
  }

  /// A pedal is seen half the period of its message late on average, and the sensors 10 ms; what the
  /// slip of the braked wheels is wrong by looks like time at the mean speed of a stop.
  private func resolved(_ delay: Estimate) -> Estimate {
    let wait = usesPedal ? context.period(of: .brakePedal).seconds : 0
    let waiting = wait / 12.0.squareRoot() / Double(max(brakings, 1)).squareRoot() + 0.01
    let slipping = LongitudinalResponse.truckTyreSlipSigma * 5
    return delay.shifted(by: wait / 2).adding(
      systematic: (waiting * waiting + slipping * slipping).squareRoot())
  }
}
