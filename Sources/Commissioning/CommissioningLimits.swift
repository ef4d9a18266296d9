import Control
import DriveConfiguration
import Estimation
import SafeStop
import Signals
import Units

/// What a step must find to pass; one table, each number with where it is from.
///
/// SI units.
package struct CommissioningLimits: Sendable {
  /// A third of `safe_stop.steering_mismatch`, so that the offset alone cannot look like a steering
  /// that disobeys: 1 degree of road wheel on the tractor's profile.
  package var steeringZero: Double
  /// Turned by GNSS over turned by steering angle: understeer and tyre wear are within a quarter.
  package var steeringGain = 0.25
  /// R-MOT: the lateral controller is tuned for the profile's dead time and lag; its phase margin
  /// stands one control period of the slowest feedback (100 ms) less.
  package var steeringDelay = 0.08
  /// S-9, S-13: a tenth of `safe_stop.authority_margin`, and no more than 5 cm: with what the
  /// measurement leaves open, it enters every distance to a line.
  package var leverArm: Double
  package var overhang: Double
  /// Two sigma of what the estimator expects: `estimation.wheel_scale_sigma`.
  package var wheelScale: Double
  /// The cosine of a gyro mounted 15 degrees askew is 0.966.
  package var gyroGain = 0.035
  /// What the estimator can learn: `estimation.gyro_bias_limit`.
  package var gyroBias: Double
  /// An axis that feels another direction is off by far more.
  package var accelerometerGain = 0.35
  /// S-11: the dead time counts in every braking curve; longer than the profile's is refused, beyond
  /// what a message of 100 ms can resolve.
  package var brakeDelay = 0.08
  /// R-MOT-13, S-11: `dynamics.assumed_deceleration`.
  package var brakeDeceleration: Double
  /// S-2: 0.10 m in 30 min on a slope of 8 % (7.5 % as an accelerometer reads it).
  package var parkingCreep = 0.10
  package var parkingTime = 1_800.0
  package var parkingGrade = 0.075
  /// ISO 13849-1 speaks of a discrepancy time; 0.5 s is usual for two contacts of a button.
  package var wireDisagreement = 0.5
  package var emergencyStopPresses = 2
  /// S-5: a period is declared in the profile and verified; clocks and schedulers of controllers are
  /// within a tenth.
  package var period = 0.1
  package var listeningTime = 60.0
  /// Share of frames whose checksum, counter or length is wrong.
  package var unsoundShare = 0.001

  package init(_ configuration: DriveConfiguration) {
    let controller = configuration.controller
    steeringZero =
      controller.safeStop.steeringMismatch.value * controller.vehicle.wheelbase.value / 3
    overhang = controller.safeStop.authorityMargin.value / 10
    leverArm = min(overhang, 0.05)
    wheelScale = 2 * controller.estimator.wheelScaleSigma
    gyroBias = controller.estimator.gyroBiasLimit.value
    brakeDeceleration = controller.vehicle.assumedDeceleration.value
  }
}
