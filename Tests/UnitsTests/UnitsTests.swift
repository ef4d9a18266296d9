import Testing
import Units

@Test func clampingNeverLetsANaNThrough() {
  #expect(MetresPerSecond(.nan).clamped(.zero, MetresPerSecond(3)) == .zero)
  #expect(MetresPerSecond(5).clamped(.zero, MetresPerSecond(3)) == MetresPerSecond(3))
  #expect(MetresPerSecond(-5).clamped(.zero, MetresPerSecond(3)) == .zero)
}

@Test(arguments: [Double.nan, .infinity, -.infinity, 1e300])
func intervalsOfAnyNumberOfSecondsAreFinite(_ seconds: Double) {
  #expect(Interval.seconds(seconds).seconds.magnitude <= 9e9)
}
