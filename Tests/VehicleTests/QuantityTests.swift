import Testing
import Vehicle

/// architecture.md section 5: a quantity carries its unit.
@Suite struct Quantities {
  @Test(
    arguments: [
      ("25 km/h", 25 / 3.6), ("1.0 m/s2", 1), ("100 ms", 0.1), ("3.6 m", 3.6), ("20 t", 20_000),
      ("0.35 rad/s", 0.35), ("60 kN", 60_000), ("10 1/km", 0.01), ("5 %", 0.05), ("1e3 m", 1_000),
      ("-0.5 m", -0.5), ("+2 bar", 200_000), ("600 rpm", 62.83185307179586), ("5km/h", 5 / 3.6),
      ("180 deg", 3.141592653589793), ("250 kbit/s", 250_000), ("1 m/s^2", 1),
      ("5 1/(km s)", 0.005),
    ] as [(String, Double)])
  func isReadInBaseUnits(text: String, expected: Double) throws {
    guard case .quantity(let value, let unit) = QuantityText(text) else {
      Issue.record("\(text) is no quantity")
      return
    }
    #expect(((value * unit.scale - expected) / expected).magnitude < 1e-12)
  }

  @Test(arguments: [
    "", "km/h", "nan km/h", "inf m", "1e999 m", "--1 m", "1..2 m", ".", "-", "e5 m",
  ])
  func isRefused(text: String) {
    guard case .notANumber = QuantityText(text) else {
      Issue.record("\(text) passed")
      return
    }
  }

  @Test func bareNumbersAndUnknownUnitsAreToldApart() {
    guard case .bare(3.6) = QuantityText("3.6") else { return #expect(Bool(false)) }
    guard case .unknownUnit(3.6, "furlong") = QuantityText("3.6 furlong") else {
      return #expect(Bool(false))
    }
  }

  @Test(
    arguments: [
      (20_000.0, Dimension.mass, "20 t"), (0.1, .duration, "0.1 s"), (0.02, .duration, "20 ms"),
      (25 / 3.6, .speed, "25 km/h"), (0.3, .fraction, "30 %"), (0.0, .length, "0 m"),
      (2.55, .length, "2.55 m"), (0.02, .length, "2 cm"),
    ] as [(Double, Dimension, String)])
  func isPrintedAsPeopleWriteIt(value: Double, dimension: Dimension, expected: String) {
    #expect(formatted(value, dimension) == expected)
  }

  @Test func printedQuantitiesReadBack() {
    var random = SeededGenerator(seed: 7)
    for unit in UnitTable.all where unit.dimension != .fraction || unit.symbol == "%" {
      for _ in 0..<50 {
        let value = Double.random(in: -1e6...1e6, using: &random)
        let text = formatted(value, unit.dimension)
        guard case .quantity(let number, let read) = QuantityText(text) else {
          Issue.record("\(text) does not read back")
          return
        }
        #expect((number * read.scale - value).magnitude <= 1e-9 * value.magnitude)
      }
    }
  }
}
