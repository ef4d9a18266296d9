/// Kinds of surface and their friction.
package enum Surface: String, Sendable, CaseIterable {
  case dry, wet, snow, ice
  /// Ice under the wheels of one side, dry under the other.
  case splitLeft = "split-left"
  case splitRight = "split-right"

  package var left: Double {
    switch self {
    case .dry, .splitRight: 0.8
    case .wet: 0.5
    case .snow: 0.25
    case .ice, .splitLeft: 0.1
    }
  }

  package var right: Double {
    switch self {
    case .splitLeft: Surface.dry.left
    case .splitRight: Surface.ice.left
    case .dry, .wet, .snow, .ice: left
    }
  }
}

/// What the road is like between two path coordinates, where it differs from the map.
struct Road: Sendable {
  struct Stretch<Value: Sendable>: Sendable {
    var from, to: Double
    var value: Value

    func contains(_ station: Double) -> Bool { station >= from && station < to }
  }
  private(set) var surfaces: [Stretch<Surface>] = []
  private(set) var banks: [Stretch<Double>] = []
  private(set) var grades: [Stretch<Double>] = []
  /// Of the air from the right, m/s.
  var sideWind = 0.0

  static var most: Int { 64 }

  /// Later stretches lie on earlier ones.
  mutating func lay(_ surface: Surface, from: Double, to: Double) {
    if surfaces.count < Self.most { surfaces.append(Stretch(from: from, to: to, value: surface)) }
  }

  mutating func bank(_ slope: Double, from: Double, to: Double) {
    if banks.count < Self.most { banks.append(Stretch(from: from, to: to, value: slope)) }
  }

  mutating func grade(_ slope: Double, from: Double, to: Double) {
    if grades.count < Self.most { grades.append(Stretch(from: from, to: to, value: slope)) }
  }

  func surface(at station: Double) -> Surface? { last(surfaces, station) }
  func bank(at station: Double) -> Double { last(banks, station) ?? 0 }
  func grade(at station: Double) -> Double? { last(grades, station) }

  private func last<Value>(_ stretches: [Stretch<Value>], _ station: Double) -> Value? {
    for stretch in stretches.reversed() where stretch.contains(station) { return stretch.value }
    return nil
  }
}

extension TruckDynamics {
  /// Takes the road under each axle; stations are path coordinates of front, drive, trailer axle.
  mutating func stand(
    on road: Road, front: Double, drive: Double, trailer: Double, mapGrade: Double
  ) {
    grade = road.grade(at: drive) ?? mapGrade
    bank = road.bank(at: drive)
    sideWind = road.sideWind
    guard !road.surfaces.isEmpty else { return }
    setFriction(road.surface(at: front), axle: 0)
    setFriction(road.surface(at: drive), axle: 1)
    setFriction(road.surface(at: trailer), axle: 2)
  }

  /// The same under all wheels.
  mutating func evenFriction() { wheelFriction = InlineArray(repeating: friction) }

  private mutating func setFriction(_ surface: Surface?, axle: Int) {
    wheelFriction[2 * axle] = surface?.left ?? friction
    wheelFriction[2 * axle + 1] = surface?.right ?? friction
  }
}
