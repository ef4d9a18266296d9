/// What the truck truly did in a cycle: one line of the plant's log.
package struct TruckRecord: Sendable, Equatable {
  /// Since the plant's start, s.
  package var time = 0.0
  /// The host's monotonic clock, s; equal to `time` in virtual time.
  package var monotonic = 0.0
  // Tractor rear-axle centre in the site frame, m and rad; speed forward positive.
  package var east = 0.0
  package var north = 0.0
  package var heading = 0.0
  package var speed = 0.0
  package var acceleration = 0.0
  /// Road-wheel angle, rad, left positive.
  package var roadWheelAngle = 0.0
  package var trailerHeading = 0.0
  // Path coordinates, m; lateral is positive left of the path.
  package var frontStation = 0.0
  package var rearAxleStation = 0.0
  package var lateral = 0.0
  package var trailerLateral = 0.0
  /// As accepted by the brake controller, m/s2; 0 when released.
  package var brakeDemand = 0.0
  /// What the service brake gives, m/s2.
  package var brakeDeceleration = 0.0
  /// Share of the engine's reference torque.
  package var torque = 0.0
  package var tractorParkingBrake = false
  package var trailerParkingBrake = false
  package var hazardLamps = false
  package var brakeLamps = false
  package var horn = false
  package var inDrive = false
  package var independentTripped = false
  package var emergencyStop = false
  /// Service air, Pa.
  package var airPressure = 0.0
  package var trailerAirPressure = 0.0
  package var motion = MotionRecord()
  package var personContacts: Int64 = 0
  package var vehicleContacts: Int64 = 0
  package var fieldViolated = false
  /// How many events there were, and the last of them.
  package var eventCount: Int64 = 0
  package var lastEvent: TruckEvent?
  package var ages = CommandAges()
  package var rejects = RejectCounts()

  package init() {}
}

/// Milliseconds since each controller accepted its last command; -1 when it never did.
package struct CommandAges: Sendable, Equatable {
  package var engine: Int64 = -1
  package var brake: Int64 = -1
  package var steering: Int64 = -1
  package var body: Int64 = -1
  package var retarder: Int64 = -1

  package init() {}
}

/// Commands that the controllers refused, in all, and how often they released on silence.
package struct RejectCounts: Sendable, Equatable {
  package var counter: UInt64 = 0
  package var checksum: UInt64 = 0
  package var length: UInt64 = 0
  /// From another address than the one that may command.
  package var source: UInt64 = 0
  /// A field that is not available, in error or outside its range.
  package var content: UInt64 = 0
  package var timeouts: UInt64 = 0

  package init() {}

  package static func + (a: Self, b: Self) -> Self {
    var sum = a
    sum.counter &+= b.counter
    sum.checksum &+= b.checksum
    sum.length &+= b.length
    sum.source &+= b.source
    sum.content &+= b.content
    sum.timeouts &+= b.timeouts
    return sum
  }
}

extension TruckRecord {
  /// Appends the record as one JSON object and a line feed.
  package func appendLine(to text: inout [UInt8]) {
    var line = JSONLine(text)
    line.number("t", time, decimals: 3)
    line.number("mono", monotonic, decimals: 6)
    line.number("x", east, decimals: 4)
    line.number("y", north, decimals: 4)
    line.number("heading", heading, decimals: 6)
    line.number("speed", speed, decimals: 5)
    line.number("accel", acceleration, decimals: 4)
    line.number("roadWheel", roadWheelAngle, decimals: 6)
    line.number("trailerHeading", trailerHeading, decimals: 6)
    line.number("frontStation", frontStation, decimals: 4)
    line.number("lateral", lateral, decimals: 4)
    line.number("trailerLateral", trailerLateral, decimals: 4)
    line.number("demandBrake", brakeDemand, decimals: 4)
    line.number("brake", brakeDeceleration, decimals: 4)
    line.number("torque", torque, decimals: 4)
    line.truth("parkTractor", tractorParkingBrake)
    line.truth("parkTrailer", trailerParkingBrake)
    line.truth("hazard", hazardLamps)
    line.truth("brakeLamps", brakeLamps)
    line.truth("horn", horn)
    line.truth("drive", inDrive)
    line.truth("independentTripped", independentTripped)
    line.truth("emergencyStop", emergencyStop)
    line.number("air", airPressure / 1000, decimals: 1)
    line.number("trailerAir", trailerAirPressure / 1000, decimals: 1)
    motion.append(to: &line)
    line.integer("personContacts", personContacts)
    line.integer("vehicleContacts", vehicleContacts)
    line.truth("fieldViolated", fieldViolated)
    line.integer("events", eventCount)
    if let lastEvent {
      line.open("lastEvent")
      line.number("t", Double(lastEvent.time) / 1000, decimals: 3)
      line.text("what", lastEvent.kind.name)
      line.integer("body", lastEvent.body)
      line.close()
    }
    line.open("age")
    line.age("engine", ages.engine)
    line.age("brake", ages.brake)
    line.age("steering", ages.steering)
    line.age("body", ages.body)
    line.age("retarder", ages.retarder)
    line.close()
    line.open("rejects")
    line.integer("counter", Int64(clamping: rejects.counter))
    line.integer("checksum", Int64(clamping: rejects.checksum))
    line.integer("length", Int64(clamping: rejects.length))
    line.integer("source", Int64(clamping: rejects.source))
    line.integer("content", Int64(clamping: rejects.content))
    line.integer("timeouts", Int64(clamping: rejects.timeouts))
    line.close()
    text = line.finished()
  }
}
