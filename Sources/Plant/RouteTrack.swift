import ReproducibleMath
import Signals
import Units

/// The route as a chain of short chords, to say where on it the truck truly is.
struct RouteTrack: Sendable {
  private struct Node: Sendable {
    var station: Double
    var east: Double
    var north: Double
    var curvature: Double
    var grade: Double
  }
  private var nodes: [Node] = []

  /// Where a point projects to, and how far left of the path it is.
  struct Place: Sendable {
    var station = 0.0
    var lateral = 0.0
    var grade = 0.0
    /// Chord on which it was found: where to look next time.
    var hint = 0
  }

  /// Chords of at most 0.5 m where the route bends; with the arc correction below the error stays
  /// under 0.1 mm for radii above 10 m.
  private static var spacing: Double { 0.5 }

  init(_ pieces: [RoutePiece]) {
    for piece in pieces where piece.length.value > 0 && piece.length.value < 1e6 {
      appendChords(of: piece)
    }
    guard let last = pieces.last, !nodes.isEmpty else { return }
    let end = Self.point(of: last, at: last.length.value)
    nodes.append(node(last, last.length.value, end))
  }

  var length: Double { (nodes.last?.station ?? 0) - (nodes.first?.station ?? 0) }
  var end: Double { nodes.last?.station ?? 0 }

  private mutating func appendChords(of piece: RoutePiece) {
    let length = piece.length.value
    let isStraight = piece.curvature.value == 0 && piece.sharpness == 0
    let count = isStraight ? 1 : Int((length / Self.spacing).rounded(.up))
    var point = (east: piece.east.value, north: piece.north.value)
    for i in 0..<max(count, 1) {
      let from = length * Double(i) / Double(count)
      nodes.append(node(piece, from, point))
      point = Self.advance(piece, point, from, length * Double(i + 1) / Double(count))
    }
  }

  private func node(
    _ piece: RoutePiece, _ offset: Double, _ point: (east: Double, north: Double)
  ) -> Node {
    Node(
      station: piece.start.value + offset, east: point.east, north: point.north,
      curvature: piece.curvature.value + piece.sharpness * offset, grade: Double(piece.grade))
  }

  static func point(
    of piece: RoutePiece, at offset: Double
  ) -> (east: Double, north: Double) {
    var point = (east: piece.east.value, north: piece.north.value)
    let count = max(Int((offset / Self.spacing).rounded(.up)), 1)
    for i in 0..<count {
      point = advance(
        piece, point, offset * Double(i) / Double(count), offset * Double(i + 1) / Double(count))
    }
    return point
  }

  /// Two-point Gauss quadrature of the tangent: exact to the fifth order of half a metre.
  private static func advance(
    _ piece: RoutePiece, _ point: (east: Double, north: Double), _ from: Double, _ to: Double
  ) -> (east: Double, north: Double) {
    let half = (to - from) / 2
    let middle = (to + from) / 2
    let shift = half * 0.577350269189625764509
    var result = point
    for s in [middle - shift, middle + shift] {
      let heading =
        piece.heading.value + piece.curvature.value * s + piece.sharpness * s * s / 2
      result.east += half * cosine(heading)
      result.north += half * sine(heading)
    }
    return result
  }

  /// The nearest place on the route near `hint`; before its start and beyond its end the first and
  /// last chords go on.
  func place(east: Double, north: Double, near hint: Int) -> Place {
    guard nodes.count >= 2 else { return Place() }
    let last = nodes.count - 2
    var index = min(max(hint, 0), last)
    var along = share(east, north, index)
    // The truck moves less than a chord between two calls, but a first call may be far off.
    for _ in 0...last {
      if along > 1, index < last {
        index += 1
      } else if along < 0, index > 0 {
        let previous = share(east, north, index - 1)
        if previous > 1 { break }
        index -= 1
      } else {
        break
      }
      along = share(east, north, index)
    }
    return place(east, north, index, along)
  }

  /// Left of the path at a path coordinate; along the first axis where there is no route.
  func position(
    station: Double, left: Double
  ) -> (east: Double, north: Double, heading: Double) {
    guard nodes.count >= 2 else { return (station, left, 0) }
    var index = 0
    while index < nodes.count - 2, nodes[index + 1].station <= station { index += 1 }
    let a = nodes[index]
    let b = nodes[index + 1]
    let de = b.east - a.east
    let dn = b.north - a.north
    let chord = (de * de + dn * dn).squareRoot()
    guard chord > 0, b.station > a.station else { return (a.east, a.north, 0) }
    let along = (station - a.station) / (b.station - a.station)
    return (
      a.east + along * de - left * dn / chord, a.north + along * dn + left * de / chord,
      arctangent(y: dn, x: de)
    )
  }

  /// Searches the whole route: for a start pose that may be anywhere.
  func nearest(east: Double, north: Double) -> Place {
    guard nodes.count >= 2 else { return Place() }
    var best = 0
    var bestDistance = Double.infinity
    for i in 0..<(nodes.count - 1) {
      let t = min(max(share(east, north, i), 0), 1)
      let de = east - nodes[i].east - t * (nodes[i + 1].east - nodes[i].east)
      let dn = north - nodes[i].north - t * (nodes[i + 1].north - nodes[i].north)
      let distance = de * de + dn * dn
      if distance < bestDistance {
        bestDistance = distance
        best = i
      }
    }
    return place(east: east, north: north, near: best)
  }

  /// How far along chord `index` the foot point lies, 0...1 on it.
  private func share(_ east: Double, _ north: Double, _ index: Int) -> Double {
    let a = nodes[index]
    let b = nodes[index + 1]
    let de = b.east - a.east
    let dn = b.north - a.north
    let square = de * de + dn * dn
    guard square > 0 else { return 0 }
    let along = ((east - a.east) * de + (north - a.north) * dn) / square
    // Normals of an arc meet at its centre: beside it, equal steps along the chord are longer or
    // shorter steps of the path.
    let curvature = (a.curvature + b.curvature) / 2
    let offset = (de * (north - a.north) - dn * (east - a.east)) / square.squareRoot()
    let spread = 1 - curvature * offset
    return spread > 0.2 ? 0.5 + (along - 0.5) / spread : along
  }

  private func place(_ east: Double, _ north: Double, _ index: Int, _ along: Double) -> Place {
    let a = nodes[index]
    let b = nodes[index + 1]
    let de = b.east - a.east
    let dn = b.north - a.north
    let chord = (de * de + dn * dn).squareRoot()
    guard chord > 0 else { return Place() }
    // The arc bulges to the right of its chord when it bends left.
    let inside = min(max(along, 0), 1)
    let curvature = (a.curvature + b.curvature) / 2
    let bulge = curvature * inside * (1 - inside) * chord * chord / 2
    let lateral = (de * (north - a.north) - dn * (east - a.east)) / chord + bulge
    return Place(
      station: a.station + along * (b.station - a.station), lateral: lateral, grade: a.grade,
      hint: index)
  }
}

extension TruckStart {
  /// Standing on the route with the rear axle at a path coordinate; the nearest end of the route
  /// when it lies outside.
  package init(on route: [RoutePiece], station: Double) {
    guard
      let piece = route.last(where: { $0.start.value <= station }) ?? route.first,
      piece.length.value.isFinite
    else {
      self.init()
      return
    }
    let offset = min(max(station - piece.start.value, 0), piece.length.value)
    let point = RouteTrack.point(of: piece, at: offset)
    let heading =
      piece.heading.value + piece.curvature.value * offset + piece.sharpness * offset * offset / 2
    self.init(east: point.east, north: point.north, heading: heading)
  }
}
