import Foundation
import Plant
import Signals
import TestSupport
import Testing
import Units

/// Whether the models of CommonRoad and scipy are there.
private let hasCommonRoad: Bool = {
  guard referencePython != nil else { return false }
  return (try? runPython(["-c", "import vehiclemodels, scipy"])) != nil
}()

/// The truck on its tyres against models that others wrote, each in the range where it holds.
@Suite struct ReferenceModels {
  private var bare: VehicleParameters {
    var parameters = VehicleParameters()
    parameters.rollingResistance = 0
    parameters.dragArea = 0
    return parameters
  }

  private func truck(_ parameters: VehicleParameters, speed: Double) -> TruckDynamics {
    TruckDynamics(
      parameters: parameters, settings: TruckSettings(),
      start: TruckStart(east: 0, north: 0, heading: 0, speed: speed))
  }

  private func numbers(_ text: String) -> [[Double]] {
    text.split(separator: "\n").map { $0.split(separator: " ").compactMap { Double($0) } }
  }

  /// Slow and without slip it is CommonRoad's kinematic single-track model with an on-axle trailer.
  @Test(
    .enabled(if: hasCommonRoad, "needs commonroad-vehicle-models and scipy (TULPAR_PYTHON)"),
    arguments: [(1.0, 0.4), (2.0, 0.2), (1.0, -0.5), (3.0, 0.1)])
  func kinematicSemitrailer(speed: Double, angle: Double) throws {
    var parameters = bare
    parameters.fifthWheelOffset = .zero
    parameters.understeerGradient = 0
    parameters.rearAxleSlip = 0
    parameters.trailerAxleSlip = 0
    parameters.steeringDelay = .zero
    parameters.steeringLag = .zero
    parameters.steeringRate = RadiansPerSecond(1e6)
    var truck = truck(parameters, speed: speed)
    var demand = ActuatorDemand()
    demand.roadWheelAngle = angle
    var way = 0.0
    for _ in 0..<10_000 {
      truck.step(demand)
      way += truck.speed * 0.001
    }
    let script = """
      import sys
      from scipy.integrate import solve_ivp
      from vehiclemodels.parameters_vehicle4 import parameters_vehicle4
      from vehiclemodels.vehicle_dynamics_kst import vehicle_dynamics_kst
      p = parameters_vehicle4()
      u, d, way = map(float, sys.argv[1:])
      assert abs(p.a + p.b - 3.6) < 1e-9 and abs(p.trailer.l_wb - 8.1) < 1e-9
      s = solve_ivp(lambda t, x: vehicle_dynamics_kst(list(x), [0.0, 0.0], p), (0, way / u),
                    [0, 0, d, u, 0, 0], rtol=1e-9, atol=1e-10).y[:, -1]
      print(s[0], s[1], s[4], -s[5])
      """
    let rows = try numbers(runPython(["-c", script, "\(speed)", "\(angle)", "\(way)"]))
    let row = try #require(rows.first)
    // The wheel is thrown over at once, which no mass follows at once: 4 mrad, over 20 m.
    #expect((truck.east - row[0]).magnitude < 0.12)
    #expect((truck.north - row[1]).magnitude < 0.12)
    #expect((truck.heading - row[2]).magnitude < 0.01)
    #expect((truck.articulation - row[3]).magnitude < 0.01)
  }

  /// Without a trailer and at little side force it is CommonRoad's single-track model: the yaw rate
  /// in and after two steps of the wheel.
  @Test(
    .enabled(if: hasCommonRoad, "needs commonroad-vehicle-models and scipy (TULPAR_PYTHON)"),
    arguments: [6.0, 15.0, 22.0])
  func singleTrack(speed: Double) throws {
    var parameters = bare
    parameters.hasTrailer = false
    parameters.mass = Kilograms(18_000)
    parameters.understeerGradient = 0
    parameters.steeringDelay = .zero
    parameters.steeringLag = .zero
    parameters.steeringRate = RadiansPerSecond(0.2)
    var truck = truck(parameters, speed: speed)
    let angle = 3.6 * 0.8 / (speed * speed)
    var found: [Double] = []
    for step in 0..<6_000 {
      var demand = ActuatorDemand()
      demand.roadWheelAngle = step < 500 ? 0 : step < 3_000 ? angle : -angle
      if step % 100 == 0 { found.append(truck.yawRate) }
      truck.step(demand)
    }
    let script = """
      import sys
      import numpy as np
      from scipy.integrate import solve_ivp
      from vehiclemodels.parameters_vehicle2 import parameters_vehicle2
      from vehiclemodels.vehicle_dynamics_st import vehicle_dynamics_st
      p = parameters_vehicle2()
      u, d = map(float, sys.argv[1:])
      p.m, p.a, p.b, p.I_z, p.h_s = 18000.0, 1.8, 1.8, 18000.0 * 1.8 ** 2, 1.0
      p.tire.p_dy1, p.tire.p_ky1 = 1.0, -1 / (9.81 * 0.012)
      def wheel(t):
          target = 0 if t < 0.5 else d if t < 3.0 else -d
          return target
      def rate(t, x):
          e = wheel(t) - x[2]
          return vehicle_dynamics_st(list(x), [max(-0.2, min(0.2, e / 0.002)), 0.0], p)
      s = solve_ivp(rate, (0, 6), [0, 0, 0, u, 0, 0, 0], t_eval=np.arange(0, 6, 0.1), max_step=0.002)
      for v in s.y[5]: print(v)
      """
    let rows = try numbers(runPython(["-c", script, "\(speed)", "\(angle)"])).flatMap { $0 }
    try #require(rows.count == found.count)
    let peak = rows.map(\.magnitude).max() ?? 0
    #expect(peak > 0.6 / speed)
    for (a, b) in zip(rows, found) { #expect((a - b).magnitude < 0.05 * peak) }
  }

  /// In its range, here 0.1 g, the reference plant's quasi-steady trailer and tractor agree.
  @Test(
    .enabled(if: ReferencePlant.canCompare, "needs Python and the reference plant"),
    arguments: [(20.0 / 3.6, 0.06), (50.0 / 3.6, 0.02)])
  func pathTracking(speed: Double, angle: Double) throws {
    let folder = try #require(ReferencePlant.reference)
    var truck = truck(bare, speed: speed)
    var found: [[Double]] = []
    for step in 0..<8_000 {
      var demand = ActuatorDemand()
      demand.roadWheelAngle = step < 1_000 ? 0 : step < 3_000 ? angle : step < 5_000 ? -angle : 0
      if step % 100 == 0 {
        found.append([truck.north, truck.heading, truck.articulation, truck.yawRate])
      }
      truck.step(demand)
    }
    let script = """
      import sys
      sys.path.insert(0, sys.argv[1])
      import plant
      u, d = map(float, sys.argv[2:])
      truck = plant.Plant(plant.Params(drag=0.0), 0.0, 0.0, 0.0, u)
      for k in range(800):
          t = k / 100
          if k % 10 == 0: print(truck.y, truck.psi, truck.psi - truck.psi2, truck.r)
          truck.step(0 if t < 1 else d if t < 3 else -d if t < 5 else 0, 0.0)
      """
    let rows = try numbers(runPython(["-c", script, folder, "\(speed)", "\(angle)"]))
    try #require(rows.count == found.count)
    let heading = rows.map { $0[1].magnitude }.max() ?? 0
    let yawRate = rows.map { $0[3].magnitude }.max() ?? 0
    for (a, b) in zip(rows, found) {
      #expect((a[0] - b[0]).magnitude < 0.12)
      #expect((a[1] - b[1]).magnitude < 0.06 * heading)
      #expect((a[2] - b[2]).magnitude < 0.1 * heading)
      // The reference lags by a time constant where bodies have inertia.
      #expect((a[3] - b[3]).magnitude < 0.2 * yawRate)
    }
  }

  /// The jack-knife grows as the linear theory of a tractor with sliding rear wheels and a pushing
  /// trailer says: the largest eigenvalue, and that its sign is positive.
  @Test(.enabled(if: referencePython != nil, "needs Python with numpy"), arguments: [10.0, 16.0])
  func jackKnifeGrowth(speed: Double) throws {
    var parameters = bare
    parameters.mass = Kilograms(36_000)
    var settings = TruckSettings()
    settings.friction = 0.1
    var truck = TruckDynamics(
      parameters: parameters, settings: settings,
      start: TruckStart(east: 0, north: 0, heading: 0, speed: speed))
    var demand = ActuatorDemand()
    demand.tractorParkingBrake = true
    var first: (time: Double, angle: Double, speed: Double)?
    var last = (time: 0.0, angle: 0.0, speed: 0.0)
    for step in 0..<8_000 {
      demand.roadWheelAngle = step < 300 ? 0.0005 : 0
      truck.step(demand)
      let now = (time: Double(step) / 1000, angle: truck.articulation.magnitude, speed: truck.speed)
      if now.time > 0.8, now.angle > 0.004, first == nil { first = now }
      guard now.angle < 0.02 else { break }
      last = now
    }
    let begin = try #require(first)
    #expect(truck.driveRim == 0)
    let growth = log(last.angle / begin.angle) / (last.time - begin.time)
    let loads = truck.axleLoads
    let script = """
      import sys
      import numpy as np
      U, zf, zr, zt = map(float, sys.argv[1:])
      g, L, h, L2, m1, m2 = 9.81, 3.6, 0.6, 8.1, 8000.0, 28000.0
      b = 0.65 * L; a = L - b; d = b - h; c = 0.66 * L2; e = L2 - c
      I1 = m1 * a * b
      I2 = m2 * ((8.1 + 3.5 + 1.4) ** 2 + 2.55 ** 2) / 12
      Cf, Ct = zf / (g * 0.016), zt / (g * 0.012)
      slide = 0.75 * 0.1 * zr
      push = m2 * slide / (m1 + m2)
      # Unknowns: v', r', q', H (side force of the trailer on the tractor); states: v, r, q, phi.
      A = np.array([[m1, 0, 0, -1], [0, I1, 0, d], [m2, -m2 * d, -m2 * c, 1], [0, 0, I2, c]], float)
      def right(s):
          v, r, q, phi = s
          yf = -Cf * (v + a * r) / U
          yr = -slide * (v - b * r) / U
          yt = -Ct * (v - d * r + U * phi - L2 * q) / U
          side = -push * phi
          return np.array([yf + yr + side - m1 * U * r, a * yf - b * yr - d * side,
                           yt - m2 * (U * (r - q) + U * q), -e * yt])
      J = np.zeros((4, 4))
      for i in range(4):
          s = np.zeros(4); s[i] = 1
          J[:3, i] = np.linalg.solve(A, right(s))[:3]
      J[3] = [0, 1, -1, 0]
      print(max(np.linalg.eigvals(J).real))
      """
    let middle = (begin.speed + last.speed) / 2
    let rows = try numbers(
      runPython(["-c", script, "\(middle)", "\(loads[0])", "\(loads[1])", "\(loads[2])"]))
    let expected = try #require(rows.first?.first)
    #expect(expected > 0.5)
    #expect((growth / expected - 1).magnitude < 0.1)
  }
}
