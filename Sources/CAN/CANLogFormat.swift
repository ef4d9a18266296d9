/// A text form of recorded frames.
package enum CANLogFormat: String, Sendable, CaseIterable {
  /// `(1436509052.249713) vcan0 044#2A366C2BBA`, from `candump -l`.
  case candump = "candump"
  /// ` (1436509052.249713)  vcan0  044   [5]  2A 36 6C 2B BA`, from `candump -ta`.
  case candumpAbsolute = "candump-ta"
  /// The same with the time since the frame before, from `candump -td`.
  case candumpDelta = "candump-td"
  /// The same with the time since the first frame, from `candump -tz`.
  case candumpZero = "candump-tz"
  /// Vector ASC with hexadecimal numbers.
  case vector = "asc"
  /// Vector ASC with decimal numbers.
  case vectorDecimal = "asc-dec"
  /// PEAK TRC 1.1.
  case peak1 = "trc-1.1"
  /// PEAK TRC 2.0.
  case peak20 = "trc-2.0"
  /// PEAK TRC 2.1.
  case peak21 = "trc-2.1"
  /// SavvyCAN's GVRET CSV with a Dir column.
  case gvret = "gvret"
  /// GVRET CSV without a Dir column, as older versions wrote it.
  case gvretWithoutDirection = "gvret-v1"
  /// CRTD of the Open Vehicle Monitoring System; read only.
  case crtd = "crtd"
  /// BUSMASTER's log; read only.
  case busmaster = "busmaster"

  /// Those that can be written.
  package static var written: [CANLogFormat] { allCases.filter { $0 != .crtd && $0 != .busmaster } }

  var isSpaced: Bool {
    switch self {
    case .candumpAbsolute, .candumpDelta, .candumpZero: true
    case .candump, .vector, .vectorDecimal, .peak1, .peak20, .peak21, .gvret,
      .gvretWithoutDirection, .crtd, .busmaster:
      false
    }
  }
}

/// What a format cannot carry of a record.
package struct CANLogLoss: OptionSet, Sendable, Hashable {
  package let rawValue: UInt16
  package init(rawValue: UInt16) { self.rawValue = rawValue }

  // What changes or drops a frame.
  package static let flexible = CANLogLoss(rawValue: 1)
  package static let remote = CANLogLoss(rawValue: 2)
  package static let error = CANLogLoss(rawValue: 4)
  package static let errorDetail = CANLogLoss(rawValue: 8)
  package static let lengthCode = CANLogLoss(rawValue: 16)
  package static let timeOrder = CANLogLoss(rawValue: 32)
  package static let secondInterface = CANLogLoss(rawValue: 64)
  // What surrounds it.
  package static let resolution = CANLogLoss(rawValue: 256)
  package static let startTime = CANLogLoss(rawValue: 512)
  package static let interfaceName = CANLogLoss(rawValue: 1024)
  package static let direction = CANLogLoss(rawValue: 2048)

  /// Losses that change what was on the bus; they are refused unless asked for.
  package static let serious: CANLogLoss = [
    .flexible, .remote, .error, .errorDetail, .lengthCode, .timeOrder, .secondInterface,
  ]

  /// Each single loss with what it means.
  package static let meanings: [(loss: CANLogLoss, text: String)] = [
    (.flexible, "FD frames, which the format does not have"),
    (.remote, "remote frames, which the format does not have"),
    (.error, "error frames, which the format does not have"),
    (.errorDetail, "details of error frames"),
    (.lengthCode, "length codes 9 to F of eight bytes"),
    (
      .timeOrder,
      "times before an earlier frame, before 1970 or after 2260, which the format cannot tell"
    ),
    (.secondInterface, "more interfaces than one, which the format cannot tell apart"),
    (.resolution, "times finer than the format's resolution, rounded down"),
    (.startTime, "the date of the first frame"),
    (.interfaceName, "interface names; the format has numbers"),
    (.direction, "directions: unknown is written as received, or the format has none"),
  ]
}
