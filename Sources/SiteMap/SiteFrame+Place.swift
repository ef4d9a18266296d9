import ReproducibleMath
import Units

extension SiteFrame {
  /// Metres from the origin.
  ///
  /// A site is smaller; farther away the tangent plane is no map, or a coordinate is mistyped or
  /// exchanged.
  package static let reach = 50_000.0

  /// Of WGS-84 degrees and metres; without a height, on the origin's.
  package func place(latitude: Double, longitude: Double, height: Double?) -> PlanePoint {
    let site = site(
      latitude: Degrees(latitude), longitude: Degrees(longitude),
      height: Metres(height ?? self.height.value))
    return PlanePoint(site.east.value, site.north.value)
  }
}
