import DriveReport
import Foundation
import Testing

/// Stops whose measures are known in closed form, sampled at 100 Hz.
@Suite struct StopTableTests {
  /// From `speed` the brake is demanded at 5 s and follows with a lag; the truck stands for 20 s.
  private func stop(speed: Double, deceleration: Double, lag: Double) throws -> ReportStop {
    var table = QuantityTable()
    var places: [StandingPlace] = []
    var (now, station, stoodFor) = (speed, 0.0, 0)
    for cycle in 0..<6_000 {
      let time = Double(cycle) * 0.01
      let braked = max(time - 5, 0)
      // The integral of deceleration (1 - exp(-t / lag)).
      let lost = deceleration * (braked - lag * (1 - exp(-braked / lag)))
      stoodFor = now > 0 ? 0 : stoodFor + 1
      now = stoodFor < 2_000 ? max(speed - lost, 0) : 1
      if stoodFor >= 2_000 { stoodFor = 2_000 }
      station += now * 0.01
      var row = QuantityRow()
      row[.time] = time
      row[.speed] = now
      row[.frontStation] = station
      row[.brakeDemand] = time >= 5 ? deceleration : 0
      row[.toStopTarget] = 0.3
      row[.lateral] = -0.02
      table.append(row)
      var place = StandingPlace()
      // Standstill is recognised a second after it began.
      place.isStandstill = stoodFor > 100 && now == 0
      place.zone = "YARD"
      place.line = "A-GATE"
      places.append(place)
      if stoodFor >= 2_000 { break }
    }
    let stops = StopFinder(table).stops(places)
    #expect(stops.count == 1)
    return try #require(stops.first)
  }

  @Test(arguments: [(10.0, 1.5, 0.3), (7, 3, 0.35), (4, 1, 0.2)])
  func aStopMeasuresAsItsClosedForm(speed: Double, deceleration: Double, lag: Double) throws {
    let stop = try stop(speed: speed, deceleration: deceleration, lag: lag)
    // Long after the lag, lost = a (t - lag): the truck stands lag + v / a after the demand.
    let seconds = speed / deceleration + lag
    let distance =
      speed * seconds - deceleration * (seconds * seconds / 2 - lag * seconds + lag * lag)
    #expect((stop.began - 5).magnitude < 0.4)
    #expect((stop.at - 5 - seconds).magnitude < 0.1)
    #expect((stop.distance - distance - (5 - stop.began) * speed).magnitude < 0.05 * distance)
    #expect((stop.fromSpeed - speed).magnitude < 0.05 * speed)
    #expect((stop.peakDeceleration - deceleration).magnitude < 0.02 * deceleration)
    // 1 - exp(-t / lag) is 0.9 at t = lag ln 10; the window of 0.2 s adds little.
    #expect((try #require(stop.buildUp) - lag * log(10)).magnitude < 0.06)
    #expect(stop.jerk < deceleration / lag)
    // Two windows of 0.2 s leave this much of a lag of 0.2 s.
    #expect(stop.jerk > 0.4 * deceleration / lag)
    #expect((try #require(stop.waited) - 20).magnitude < 0.2)
    #expect(stop.line == "A-GATE" && stop.short == 0.3 && stop.lateral == -0.02)
  }
}
