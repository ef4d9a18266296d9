import DriveConfiguration
import NetworkManagement
import Signals
import Units
import WireCodec

/// One truck platform, checked.
package struct VehicleProfile {
  package enum Use: Sendable {
    case drive
    /// Recorded frames only: it can never be armed.
    case replay
  }

  package var name = ""
  package var use = Use.drive
  /// With the longest and heaviest trailer.
  package var parameters = VehicleParameters()
  package var trailer = TrailerRange()
  package var buses: [ProfileBus] = []
  package var sourceAddress: UInt8 = 0
  /// Absent without a `network` section.
  package var network = NetworkConfiguration()
  /// Messages of the maker's own that tell who is who; empty where J1939 does.
  package var identity: [IdentitySource] = []
  package var frames = FrameTable()
  /// Names under `receive` and `transmit`, in the order of the frame table's rows.
  package var receiveNames: [String] = []
  package var transmitNames: [String] = []
  package var actuators: [BoundActuator] = []
  package var independentBrakePath: IndependentBrakePath?
  package var emergencyStop: EmergencyStopChain?
  package var gnss = GNSSAccuracy()
  package var compute = ComputeSettings()
  package var tuning = Tuning()
  /// Why a truck with this profile must not drive without a person; empty for a complete one.
  package var armingObstacles: [String] = []
  /// Everything above as text, with what decided each value.
  package var entries: [ConfigurationEntry] = []

  package init() {}
}

/// One CAN bus by its name in the profile.
package struct ProfileBus: Sendable {
  package var name = ""
  package var interface = ""
  package var bitRate = 250_000
  package var isFD = false
  /// Of the data phase of FD frames; 0 without one.
  package var dataBitRate = 0
  /// Whether the controller may be restarted after bus-off though the truck moves.
  package var restartsInMotion = false
}

/// An actuator with its command, feedback and behaviour on silence.
package struct BoundActuator: Sendable {
  package var actuator: Actuator
  /// Row of the frame table.
  package var transmitRow: Int
  package var feedback: [SignalChannel]
  package var onSilence: SilenceBehaviour
  /// Nil when it holds for ever.
  package var timeout: Interval?
}

/// What the stop buttons do besides telling (S-20).
package struct EmergencyStopChain: Sendable {
  /// IEC 60204-1.
  package var category = 0
  package var removesSteering = true

  package init(category: Int, removesSteering: Bool) {
    self.category = category
    self.removesSteering = removesSteering
  }
}

/// What brakes when both processes are dead (S-1).
package struct IndependentBrakePath: Sendable {
  package var transmitRow = 0
  package var tripsAfter = Interval.zero
  package var deceleration = MetresPerSecondSquared.zero
}
