import ArgumentParser
import Foundation
import Identification
import Replay
import Signals
import Units

struct EstimateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "estimate",
    abstract: "Run the estimator over foreign sensor data and compare it with a reference pose.",
    discussion: """
      DIR holds the arrays of a comma2k19 segment (github.com/commaai/comma2k19) as .npy files: wheel \
      speed, steering angle, IMU, the live receiver, and the reference pose that was computed \
      afterwards. The estimator is the truck's own, fed cycle by cycle; it sees nothing of the \
      reference. Prints the error of position and heading, whole and at the end of GNSS outages.
      """)

  @Argument(help: ArgumentHelp("Folder of the arrays.", valueName: "DIR")) var folder: String
  @Option(help: ArgumentHelp("Of the car, m.", valueName: "M")) var wheelbase = 2.66
  @Option(help: "Steering wheel turns per road-wheel turn.") var steeringRatio = 16.9
  @Option(help: ArgumentHelp("Device ahead of the rear axle, m.", valueName: "M"))
  var antennaForward = 1.5
  @Option(
    help: ArgumentHelp(
      "Of the receiver, s; what its speed against the wheels tells when absent.",
      valueName: "S"))
  var gnssLatency: Double?

  mutating func run() throws {
    guard (0.5...10).contains(wheelbase), (1...60).contains(steeringRatio),
      antennaForward.magnitude < 20, (gnssLatency ?? 0) >= 0, (gnssLatency ?? 0) < 1
    else {
      throw CommandFailure.badInput(
        "estimate: allowed are --wheelbase 0.5...10, --steering-ratio 1...60, --antenna-forward "
          + "-20...20 and --gnss-latency 0...1")
    }
    let segment: CommaSegment
    do {
      segment = try CommaSegment { try readInput(folder + "/" + $0) }
    } catch let refused as ReplayRefused {
      throw CommandFailure.badInput("\(folder)/\(refused)")
    }
    var vehicle = EstimatorTrial.passengerCar
    vehicle.wheelbase = Metres(wheelbase)
    vehicle.steeringRatio = steeringRatio
    vehicle.antennaForward = Metres(antennaForward)
    let found = EstimatorTrial(segment, vehicle).latency
    vehicle.gnssLatency = .seconds(gnssLatency ?? (found.isEnough ? found.value : 0.1))
    let trial = EstimatorTrial(segment, vehicle)
    let spread = String(format: "%.0f to %.0f ms", found.lower * 1000, found.upper * 1000)
    print(
      "GNSS latency \(Int((vehicle.gnssLatency.seconds * 1000).rounded())) ms"
        + (found.isEnough ? "; from the wheels, 95 %: \(spread)" : ""))
    print("                           position, m             heading, degrees")
    print("                           median   95 %  worst    median   95 %  worst   poses")
    print(line("receiver alone", trial.receiver))
    print(line("estimator", trial.run()))
    for length in [5.0, 10, 30] {
      print(line("end of \(Int(length)) s without GNSS", trial.outages(of: length)))
    }
  }

  private func line(_ name: String, _ errors: EstimatorTrial.Errors) -> String {
    let position = ErrorSummary(errors.position)
    let heading = ErrorSummary(errors.heading.map { $0 * 180 / .pi })
    return name + String(repeating: " ", count: max(26 - name.count, 1))
      + String(
        format: "%7.2f%7.2f%7.2f   %7.2f%7.2f%7.2f%8d", position.median, position.percentile95,
        position.worst, heading.median, heading.percentile95, heading.worst, position.count)
  }
}
