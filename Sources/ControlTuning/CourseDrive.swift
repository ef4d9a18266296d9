import BorderZone
import Control
import DriveConfiguration
import PathFollowing
import Plant
import Signals
import Simulation
import Units

/// A route with the truck that drives it.
package struct TuningCourse: Sendable {
  package let name: String
  package let configuration: DriveConfiguration
  package let trailer: TrailerFacts
  /// Of the truck where it differs from the profile.
  package let settings: TruckSettings
  package let truth: VehicleParameters

  package init(
    name: String, configuration: DriveConfiguration, trailer: TrailerFacts,
    settings: TruckSettings, truth: VehicleParameters
  ) {
    self.name = name
    self.configuration = configuration
    self.trailer = trailer
    self.settings = settings
    self.truth = truth
  }

  /// With other weights.
  package func with(_ choice: WeightChoice) -> DriveConfiguration {
    var changed = configuration
    choice.apply(to: &changed.controller.follower)
    return changed
  }

  /// One drive with these weights, from start to end or to what makes it inadmissible.
  package func drive(_ choice: WeightChoice, seed: UInt64) -> DriveMeasures {
    var scenario = Scenario()
    // Waiting at a line tells nothing of the steering.
    scenario.releaseAfter = .milliseconds(2_000)
    var drive = SimulatedDrive(
      configuration: with(choice), scenario: scenario, seed: seed, trailer: trailer,
      settings: settings, truth: truth)
    var meter = DriveMeter()
    var hasArmed = false
    var goesOn = true
    while goesOn {
      goesOn = drive.advance()
      hasArmed = hasArmed || drive.loop.outputs.mode == .autonomous
      let record = drive.loop.truck.record
      var sample = DriveSample()
      sample.speed = record.speed
      sample.lateral = record.lateral
      sample.roadWheelAngle = record.roadWheelAngle
      sample.lateralAcceleration = record.motion.lateralAcceleration
      meter.add(sample)
      if let fault = fault(drive, hasArmed, hasEnded: !goesOn) {
        var measures = meter.measures
        measures.fault = fault
        return measures
      }
      if meter.oscillates { return meter.measures }
    }
    return meter.measures
  }

  /// Why the drive must not go on.
  private func fault(
    _ drive: SimulatedDrive, _ hasArmed: Bool, hasEnded: Bool
  ) -> String? {
    let outputs = drive.loop.outputs
    let time = drive.loop.truth.time
    // The mode is left in the cycle in which a stop is demanded.
    if hasArmed, outputs.demand.level > .degraded {
      return "\(outputs.demand.level) because \(outputs.demand.reason) at \(time) s"
    }
    if let violation = drive.loop.monitor.violations.first {
      return "\(violation.requirement) at \(violation.time) s: \(violation.what)"
    }
    let isLate = time > timeLimit || hasEnded
    return isLate && !drive.isCompleted ? "not at the end after \(time) s" : nil
  }

  /// At 1 m/s and with half a minute for each line it would be lost on the way.
  private var timeLimit: Double {
    60 + configuration.controller.routeLength.value
      + 30 * Double(configuration.controller.zones.lineCount)
  }
}
