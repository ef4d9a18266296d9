import Identification
import ReproducibleMath
import Signals
import Units

/// A minute of a passenger car as comma2k19 has it: wheel speed, steering, gyro, a live receiver, and
/// a reference pose that was computed afterwards.
///
/// The camera that the reference is of and the receiver's antenna are one device on the windscreen.
package struct CommaSegment: Sendable {
  /// When a reading arrived, s of the device's clock, and the reading.
  package struct Readings: Sendable {
    package var times: [Double]
    package var values: NumPyArray
  }

  package struct ReferencePose: Sendable {
    package var time: Double
    /// Site frame, m.
    package var east: Double
    package var north: Double
    /// Course over ground, rad counter-clockwise from east; m/s.
    package var course: Double
    package var speed: Double
  }

  /// Of fl, fr, rl, rr, m/s.
  package let wheelSpeeds: Readings
  package let speeds: Readings
  /// Steering wheel, degrees, left positive.
  package let steering: Readings
  /// Forward, right, down; rad/s and m/s2.
  package let gyro: Readings
  package let accelerometer: Readings
  /// Latitude, longitude, speed, UTC in ms, altitude, bearing.
  package let gnss: Readings
  /// The origin is the first fix.
  package let frame: SiteFrame
  package let reference: [ReferencePose]

  /// - Parameter read: the bytes of a file of the segment.
  package init(_ read: (String) throws -> [UInt8]) throws {
    func array(_ name: String) throws -> NumPyArray {
      try NumPyArray(read(name + ".npy"), name: name + ".npy")
    }
    func readings(_ name: String, _ columns: Int) throws -> Readings {
      let times = try array(name + "_t")
      let values = try array(name + "_value")
      guard times.columns == 1, values.rows == times.rows, values.columns == columns,
        times.rows > 1
      else {
        throw ReplayRefused(
          "\(name)_value.npy: shape \(values.shape) beside times of shape \(times.shape), allowed: "
            + "\(times.rows) rows of \(columns)")
      }
      guard times.values.allSatisfy({ $0.isFinite && $0 >= 0 && $0 < 1e9 }),
        zip(times.values, times.values.dropFirst()).allSatisfy({ $0 <= $1 })
      else { throw ReplayRefused("\(name)_t.npy: times that are not in order, or no numbers") }
      return Readings(times: times.values, values: values)
    }
    wheelSpeeds = try readings("CAN_wheel_speed", 4)
    speeds = try readings("CAN_speed", 1)
    steering = try readings("CAN_steering_angle", 1)
    gyro = try readings("IMU_gyro", 3)
    accelerometer = try readings("IMU_accelerometer", 3)
    gnss = try readings("GNSS_live_gnss_ublox", 6)
    let origin = SiteFrame(
      latitude: Degrees(gnss.values[0, 0]), longitude: Degrees(gnss.values[0, 1]),
      height: Metres(gnss.values[0, 4]))
    frame = origin
    let times = try array("global_pose_frame_times")
    let positions = try array("global_pose_frame_positions")
    let velocities = try array("global_pose_frame_velocities")
    guard times.columns == 1, times.rows > 0 else {
      throw ReplayRefused(
        "global_pose_frame_times.npy: shape \(times.shape), allowed: one time in each row")
    }
    guard positions.columns == 3, velocities.columns == 3, positions.rows == times.rows,
      velocities.rows == times.rows
    else {
      throw ReplayRefused("global_pose_frame_positions.npy: not three columns for each time")
    }
    let plane = EarthCentredPlane(origin)
    reference = (0..<times.rows).map { row in
      let place = plane.position(positions[row, 0], positions[row, 1], positions[row, 2])
      let velocity = plane.direction(velocities[row, 0], velocities[row, 1], velocities[row, 2])
      return ReferencePose(
        time: times[row], east: place.east, north: place.north,
        course: arctangent(y: velocity.north, x: velocity.east),
        speed: (velocity.east * velocity.east + velocity.north * velocity.north).squareRoot())
    }
  }
}

/// Earth-centred coordinates seen from a site.
private struct EarthCentredPlane {
  private let east: (x: Double, y: Double)
  private let north: (x: Double, y: Double, z: Double)
  private let origin: (x: Double, y: Double, z: Double)

  init(_ site: SiteFrame) {
    let (sinLatitude, cosLatitude) = (sine(site.latitude.radians), cosine(site.latitude.radians))
    let (sinLongitude, cosLongitude) = (
      sine(site.longitude.radians), cosine(site.longitude.radians)
    )
    east = (-sinLongitude, cosLongitude)
    north = (-sinLatitude * cosLongitude, -sinLatitude * sinLongitude, cosLatitude)
    // WGS-84 (NIMA TR8350.2).
    let flattening = 1 / 298.257223563
    let eccentricity = flattening * (2 - flattening)
    let normal = 6_378_137 / (1 - eccentricity * sinLatitude * sinLatitude).squareRoot()
    let height = site.height.value
    origin = (
      (normal + height) * cosLatitude * cosLongitude,
      (normal + height) * cosLatitude * sinLongitude,
      (normal * (1 - eccentricity) + height) * sinLatitude
    )
  }

  func position(_ x: Double, _ y: Double, _ z: Double) -> (east: Double, north: Double) {
    direction(x - origin.x, y - origin.y, z - origin.z)
  }

  func direction(_ x: Double, _ y: Double, _ z: Double) -> (east: Double, north: Double) {
    (east.x * x + east.y * y, north.x * x + north.y * y + north.z * z)
  }
}
