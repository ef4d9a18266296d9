import ReproducibleMath
import SiteMap

extension PlanePoint {
  /// Of length one.
  package init(angle: Double) { self.init(cosine(angle), sine(angle)) }
}
