extension FaultCommand {
  /// Every line that the simulated truck obeys, for people.
  package static var vocabulary: String {
    """
    fault MESSAGE off|frozen|zero|corrupt|on
        MESSAGE: \(StatusMessage.names)
    fault engine|transmission|brakes|retarder|steering|body off|on
    fault steering-offset RAD | steering-runaway RAD|off | steering-stuck on|off
    fault lockout|estop|brake-refused|parking-stuck on|off
    fault flood|traffic on|off|SHARE   identifier 0, or the lowest priority, at a share of the bus
    fault engine-runaway SHARE|off
    fault brake SHARE | brake-front SHARE | brake-drive SHARE | brake-trailer SHARE
    fault brake-heat DEGREES | abs-tractor on|off | abs-trailer on|off
    fault air-leak PA_PER_S | trailer-air-leak PA_PER_S
    fault friction MU | cutout METRES_PER_S | yaw-bias RAD_PER_S
    fault sensor-front|sensor-drive|sensor-trailer on|zero|frozen   tone rings of an axle
    fault clear
    driver brake|accelerator SHARE | driver steer NEWTON_METRES | driver parking on|off
    driver gear neutral|drive | key on|off
    driver follow METRES_PER_S|off   along the route by hand; off stops and parks
    driver wheel RAD|off   holds the road wheels at an angle, in drive and off the parking brakes
    gnss on|off|frozen|fixed|float|single | gnss jump EAST NORTH
    road surface \(Surface.allCases.map(\.rawValue).joined(separator: "|")) [FROM TO]
    road bank SLOPE [FROM TO]   positive where the road falls to the left
    road grade SLOPE [FROM TO] | road wind METRES_PER_S (from the right) | road clear
    site person ID STATION LEFT [SPEED_ALONG SPEED_LEFT]   path coordinates, m and m/s
    site vehicle ID STATION LEFT LENGTH WIDTH [SPEED_ALONG SPEED_LEFT]
    site remove ID | site clear
    site field RANGE WIDTH | site field-stale on|off | site field-violated on|off
    """
  }
}
