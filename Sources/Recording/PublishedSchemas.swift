/// JSON Schemas of the messages that general tools open, with the names that Foxglove gives its own.
enum PublishedSchemas {
  private static let time = object([
    ("sec", "{\"type\":\"integer\",\"minimum\":0}"),
    ("nsec", "{\"type\":\"integer\",\"minimum\":0,\"maximum\":999999999}"),
  ])
  private static let number = "{\"type\":\"number\"}"
  private static let optional = "{\"type\":[\"number\",\"null\"]}"
  private static let integer = "{\"type\":\"integer\"}"
  private static let string = "{\"type\":\"string\"}"
  private static let boolean = "{\"type\":\"boolean\"}"

  private static func object(_ members: [(name: String, schema: String)]) -> String {
    let inner = members.map { "\"\($0.name)\":\($0.schema)" }.joined(separator: ",")
    return "{\"type\":\"object\",\"properties\":{\(inner)}}"
  }

  static let locationFix = object([
    ("timestamp", time), ("frame_id", string), ("latitude", number), ("longitude", number),
    ("altitude", number),
    (
      "position_covariance",
      "{\"type\":\"array\",\"items\":{\"type\":\"number\"},\"minItems\":9,\"maxItems\":9}"
    ),
    ("position_covariance_type", integer),
  ])

  static let poseInFrame = object([
    ("timestamp", time), ("frame_id", string),
    (
      "pose",
      object([
        ("position", object([("x", number), ("y", number), ("z", number)])),
        ("orientation", object([("x", number), ("y", number), ("z", number), ("w", number)])),
      ])
    ),
  ])

  static let log = object([
    ("timestamp", time), ("level", integer), ("message", string), ("name", string),
    ("file", string), ("line", integer),
  ])

  static let geoJSON = object([("geojson", string)])

  /// Ten times a second; SI units, angles in radians.
  static let status = object([
    ("timestamp", time), ("mode", string), ("demand", string), ("reason", string),
    ("speed", optional), ("speed_cap", optional), ("target_speed", optional),
    ("acceleration", optional), ("station", optional), ("front_station", optional),
    ("stop_target", optional), ("supervised_limit", optional), ("lateral_deviation", optional),
    ("heading_error", optional), ("curvature", optional), ("commanded_curvature", optional),
    ("drive_torque", optional), ("brake_deceleration", optional), ("articulation", optional),
    ("sigma_east", optional), ("sigma_north", optional), ("trust", string), ("zone", string),
    ("hold_line", string), ("ready_to_arm", boolean), ("not_ready", string),
    ("vehicle_ahead", string), ("vehicle_ahead_gap", optional), ("vehicle_ahead_speed", optional),
  ])

  /// Frames of a cycle, in and out, one after the other.
  static let can = """
    CAN frames of one cycle, each: uint8 direction (0 received, 1 sent by the guardian), uint8 bus, \
    uint8 flags (bit 0: 29-bit identifier), uint8 length, uint32 identifier without flags, int64 \
    time in nanoseconds of the monotonic clock, then `length` bytes of payload. Little-endian.
    """
}

/// Writes members of one JSON object.
struct JSONMembers {
  private(set) var text = "{"

  var bytes: [UInt8] { Array((text + "}").utf8) }

  mutating func put(_ name: String, raw: String) {
    if text.utf8.count > 1 { text += "," }
    text += "\"\(name)\":\(raw)"
  }

  /// Null where JSON has no text for the number.
  mutating func put(_ name: String, _ number: Double) {
    put(name, raw: number.isFinite ? number.description : "null")
  }

  mutating func put(_ name: String, _ text: String) { put(name, raw: Self.quoted(text)) }

  mutating func put(_ name: String, _ flag: Bool) { put(name, raw: flag ? "true" : "false") }

  mutating func put(timestamp nanoseconds: Int64) {
    let time = max(nanoseconds, 0)
    put(
      "timestamp",
      raw: "{\"sec\":\(time / 1_000_000_000),\"nsec\":\(time % 1_000_000_000)}")
  }

  static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case _ where scalar.value < 0x20:
        result += "\\u" + hexadecimal(UInt64(scalar.value), digits: 4)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
