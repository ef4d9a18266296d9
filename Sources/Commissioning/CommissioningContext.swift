import Control
import DriveConfiguration
import Records
import Signals
import Units
import WireCodec

package typealias Step = CommissioningRecord.Step

/// The truck as its profile has it, and what its procedures are held against.
package final class CommissioningContext: Sendable {
  package let vehicle: VehicleParameters
  package let frames: FrameTable
  package let geometry: SteeringGeometry
  package let limits: CommissioningLimits
  /// Names of the rows that are received, as in the profile.
  package let rowNames: [String]
  private let busNames: [String]
  private let bound: Set<SignalChannel>

  package init(
    _ configuration: DriveConfiguration, rowNames: [String],
    limits: CommissioningLimits? = nil
  ) {
    vehicle = configuration.controller.vehicle
    frames = configuration.controller.frames
    geometry = SteeringGeometry(configuration.controller.vehicle)
    self.limits = limits ?? CommissioningLimits(configuration)
    self.rowNames = rowNames
    busNames = configuration.buses.map(\.interface)
    let fields = configuration.controller.frames
    bound = Set((0..<fields.fieldCount).map { fields.fields[$0].channel })
  }

  package func receives(_ channel: SignalChannel) -> Bool { bound.contains(channel) }

  /// The steering angle that the estimator takes.
  package var steeringChannel: SignalChannel {
    if receives(.roadWheelAngle) { return .roadWheelAngle }
    return receives(.steeringWheelAngle) ? .steeringWheelAngle : .steeringCurvature
  }

  package func name(ofRow index: Int) -> String {
    rowNames.indices.contains(index) ? rowNames[index] : "row \(index)"
  }

  /// Of the message that carries a signal; a second where there is none.
  package func period(of channel: SignalChannel) -> Interval {
    for index in 0..<frames.receiveCount {
      let row = frames.receive[index]
      for field in row.firstField..<(row.firstField + row.fieldCount)
      where frames.fields[field].channel == channel { return row.period }
    }
    return .seconds(1)
  }

  /// Who sends the signals that a step rests on, by the label of the component; a replaced one voids
  /// the step (S-25).
  package func components(of step: Step, known: [CommissioningRecord.Component]) -> [String] {
    let receivers = known.filter { $0.bus == IdentityWatch.receiverBus && step.restsOnReceiver }
    var labels = Set(receivers.map(\.label))
    for index in 0..<frames.receiveCount {
      let row = frames.receive[index]
      let channels = (row.firstField..<(row.firstField + row.fieldCount)).map {
        frames.fields[$0].channel
      }
      guard step == .messagePeriods || channels.contains(where: step.rests) else { continue }
      // On J1939 the low byte is the sender's address. Elsewhere nobody tells who sends what, so
      // that every known controller of the bus may have.
      let isAddressed =
        row.isExtended && row.identifier & 0xFF != 0
        && known.contains {
          $0.address == UInt8(truncatingIfNeeded: row.identifier)
        }
      for component in known where component.bus == bus(of: row) {
        if !isAddressed || component.address == UInt8(truncatingIfNeeded: row.identifier) {
          labels.insert(component.label)
        }
      }
    }
    return labels.sorted()
  }

  private func bus(of row: ReceiveRow) -> String {
    busNames.indices.contains(Int(row.bus)) ? busNames[Int(row.bus)] : ""
  }
}
