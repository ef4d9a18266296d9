import ActuatorGate
import Control
import Estimation
import PathFollowing
import Recording
import Signals
import Units

/// A quantity that a page draws, and how finely.
package enum ReportQuantity: Int, CaseIterable {
  // s since the first cycle.
  case time
  // m/s, m/s2.
  case speed, speedCap, targetSpeed, authoritySpeed, acceleration, brakeDemand
  case driveTorque
  // Of the rear axle and the front bumper along the path; what is left to target and limit: m.
  case station, frontStation, toStopTarget, toLimit
  // Of the tractor's rear axle, m and rad.
  case east, north, heading, articulation
  case sigmaEast, sigmaNorth, positionCorrelation
  case lateral, headingError
  // 1/m.
  case curvature, commandedCurvature, pathCurvature
  // As the estimator judged them; missing where there was no new one.
  case positionInnovation, headingInnovation, wheelInnovation
  case fixEast, fixNorth, fixSigma, fixRefused
  case gnssAge
  // What the estimator learnt: rad and rad/s by which the sensor reads too high, what the wheels tell
  // over the true speed; and how sure it is, one standard deviation.
  case steeringOffset, gyroBias, wheelScale
  case steeringOffsetSigma, gyroBiasSigma, wheelScaleSigma

  /// What a reader of the page cannot tell apart.
  var step: Double {
    switch self {
    case .time: 1e-6
    case .speed, .speedCap, .targetSpeed, .authoritySpeed: 1e-3
    case .acceleration, .brakeDemand: 1e-3
    case .driveTorque: 1e-3
    case .station, .frontStation, .toStopTarget, .toLimit, .east, .north: 1e-3
    case .heading, .articulation: 1e-4
    case .sigmaEast, .sigmaNorth: 1e-3
    case .positionCorrelation: 0.01
    case .lateral: 1e-3
    case .headingError: 1e-4
    case .curvature, .commandedCurvature, .pathCurvature: 1e-5
    case .positionInnovation, .headingInnovation, .wheelInnovation: 0.01
    case .fixEast, .fixNorth, .fixSigma: 1e-3
    case .fixRefused: 1
    case .gnssAge: 0.01
    case .steeringOffset, .gyroBias, .wheelScale: 1e-5
    case .steeringOffsetSigma, .gyroBiasSigma, .wheelScaleSigma: 1e-5
    }
  }
}

/// Every quantity over the cycles of a drive.
package struct QuantityTable {
  private var columns = [[Double]](repeating: [], count: ReportQuantity.allCases.count)

  package init() {}

  package subscript(_ quantity: ReportQuantity) -> [Double] { columns[quantity.rawValue] }

  package mutating func append(_ row: QuantityRow) {
    for place in columns.indices { columns[place].append(row.values[place]) }
  }

  /// By name, less those that never had a value.
  func traces() -> [String: Trace] {
    var result: [String: Trace] = [:]
    for quantity in ReportQuantity.allCases {
      let column = self[quantity]
      guard column.contains(where: \.isFinite) else { continue }
      result["\(quantity)"] = Trace(column, step: quantity.step)
    }
    return result
  }
}

/// The quantities of one cycle; missing ones are NaN.
package struct QuantityRow {
  fileprivate(set) var values = [Double](
    repeating: .nan, count: ReportQuantity.allCases.count)

  package init() {}

  package subscript(_ quantity: ReportQuantity) -> Double {
    get { values[quantity.rawValue] }
    set { values[quantity.rawValue] = newValue }
  }
}
