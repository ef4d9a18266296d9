import Signals
import Units

/// The route's curvature ahead, sampled for the stop plan.
enum RoutePreview {
  /// Curvatures from `station` onward, `spacing` apart, 1/m; past the end that of the end.
  static func curvatures(
    of route: borrowing Span<RoutePiece>, from station: Metres, spacing: Metres
  ) -> InlineArray<48, Double> {
    var result = InlineArray<48, Double>(repeating: 0)
    guard route.count > 0, station.isFinite, spacing.isFinite else { return result }
    var index = piece(of: route, at: station)
    for i in 0..<48 {
      let here = station.value + Double(i) * spacing.value
      // Samples go forward, so the pieces are walked once for all of them.
      while index + 1 < route.count, route[index + 1].start.value <= here { index += 1 }
      let into = min(max(here - route[index].start.value, 0), route[index].length.value)
      result[i] = route[index].curvature.value + route[index].sharpness * into
    }
    return result
  }

  /// The last piece that starts at or before `station`, by bisection.
  private static func piece(of route: borrowing Span<RoutePiece>, at station: Metres) -> Int {
    var low = 0
    var high = route.count - 1
    while low < high {
      let middle = (low + high + 1) / 2
      if route[middle].start <= station { low = middle } else { high = middle - 1 }
    }
    return low
  }
}
