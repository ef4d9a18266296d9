import Foundation
import ReproducibleMath
import Testing

/// Against glibc, whose results are within one unit in the last place.
@Test func trigonometryAgreesWithGlibc() {
  var generator = SystemRandomNumberGenerator()
  for _ in 0..<100_000 {
    let x = Double.random(in: -1_000...1_000, using: &generator)
    let t = Double.random(in: -50...50, using: &generator)
    #expect((sine(x) - sin(x)).magnitude < 1e-13)
    #expect((cosine(x) - cos(x)).magnitude < 1e-13)
    #expect((arctangent(t) - atan(t)).magnitude < 1e-15)
    #expect((arctangent(y: x, x: t) - atan2(x, t)).magnitude < 2e-15)
    #expect((wrapped(x) - atan2(sin(x), cos(x))).magnitude < 1e-12)
  }
}

/// A replay of a drive that was decided with each alone has the same bits.
@Test func bothOfAnAngleAreWhatEachIsAlone() {
  var generator = SystemRandomNumberGenerator()
  let angles = (0..<100_000).map { _ in Double.random(in: -1e4...1e4, using: &generator) }
  for x in angles + [0, -0.0, pi / 4, -pi / 4, pi / 2, pi, 1e8, -1e8, 1e300, .infinity, .nan] {
    let both = cosineAndSine(x)
    #expect(both.cosine.bitPattern == cosine(x).bitPattern, "\(x)")
    #expect(both.sine.bitPattern == sine(x).bitPattern, "\(x)")
  }
}

@Test func trigonometryOfWhatIsNotFiniteIsNaN() {
  #expect(sine(.infinity).isNaN && cosine(.nan).isNaN && arctangent(.nan).isNaN)
  #expect(wrapped(.infinity).isNaN)
}
