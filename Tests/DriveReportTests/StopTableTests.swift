import DriveReport
import Foundation
import Testing

/// Stops whose measures are known in closed form, sampled at 100 Hz.
@Suite struct StopTableTests {
  /// From `speed` the brake is demanded at 5 s and follows with a lag; the truck stands for 20 s.
  private func stop(
    speed: Double, deceleration: Double, lag: Double, creep: Double = 0, reason: String? = nil,
    lineAhead: Double = 0.3
  ) throws -> ReportStop {
    var table = QuantityTable()
    var places: [StandingPlace] = []
    var (now, station, stoodFor, crept) = (speed, 0.0, 0, 0)
    for cycle in 0..<6_000 {
      let time = Double(cycle) * 0.01
      let braked = max(time - 5, 0)
      // The integral of deceleration (1 - exp(-t / lag)).
      let lost = deceleration * (braked - lag * (1 - exp(-braked / lag)))
      stoodFor = now > 0 ? 0 : stoodFor + 1
      // Slow brakes leave a last creep of four seconds.
      let isCreeping = creep > 0 && speed - lost < creep && crept < 400
      if isCreeping { crept += 1 }
      now = stoodFor < 2_000 ? max(speed - lost, isCreeping ? creep : 0) : 1
      if stoodFor >= 2_000 { stoodFor = 2_000 }
      station += now * 0.01
      var row = QuantityRow()
      row[.time] = time
      row[.speed] = now
      row[.frontStation] = station
      row[.brakeDemand] = time >= 5 ? deceleration : 0
      // A stop draws the stop target in to where the truck comes to rest.
      row[.toStopTarget] = reason == nil ? lineAhead : 1.2
      row[.lateral] = -0.02
      table.append(row)
      var place = StandingPlace()
      // Standstill is recognised a second after it began.
      place.isStandstill = stoodFor > 100 && now == 0
      place.zone = "YARD"
      place.line = "A-GATE"
      place.lineTarget = station + lineAhead
      place.reason = reason
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
    #expect(stop.line == "A-GATE" && stop.lateral == -0.02)
    #expect((try #require(stop.short) - 0.3).magnitude < 1e-9)
  }

  /// The last creep belongs to the stop, whose measures are those of the braking before it.
  @Test(arguments: [0.06, 0.1])
  func aTruckThatCreepsToRestIsMeasuredFromWhereItBraked(creep: Double) throws {
    let stop = try stop(speed: 7, deceleration: 1, lag: 0.3, creep: creep)
    #expect((stop.began - 5).magnitude < 0.4)
    #expect((stop.fromSpeed - 7).magnitude < 0.35)
    #expect(stop.distance > 24 && stop.distance < 32)
    #expect((stop.peakDeceleration - 1).magnitude < 0.02)
  }

  /// S-16: where a fault stops the truck is no rest at a line, however near its stop target is drawn.
  @Test func aFaultStopIsNoHaltAtALine() throws {
    let far = try stop(
      speed: 7, deceleration: 1, lag: 0.3, reason: "wheelSpeedStale", lineAhead: 540)
    #expect(far.line == nil && far.short == nil && far.zone == "YARD")
    let near = try stop(
      speed: 7, deceleration: 1, lag: 0.3, reason: "wheelSpeedStale", lineAhead: 1.2)
    #expect(near.line == nil && near.short == nil)
    let short = try stop(speed: 7, deceleration: 1, lag: 0.3, lineAhead: 540)
    #expect(short.line == nil && short.short == nil)
  }
}
