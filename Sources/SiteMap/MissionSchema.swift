import Vehicle

/// What a `mission.yaml` and the properties of its maps may hold.
package enum MissionSchema {
  package static var keys: [Key] {
    [
      Key("format", .integer(1...1), "Version of this file format."),
      Key("name", .text, "Of the mission; the folder's name."),
      Key("description", .text, required: false, "For people."),
      Key("synthetic", .flag, "Whether the site is invented; a real one needs a survey."),
      Key(
        "crs", .choice(["EPSG:4326", "EPSG:4979"]),
        "Datum of every coordinate: WGS-84, stated because nothing else is accepted."),
      Key("epoch", .number(1984...2100), "Year in which the coordinates held."),
      Key(
        "origin",
        .mapping([
          Key("latitude", .quantity(.angle, -1.571...1.571)),
          Key("longitude", .quantity(.angle, -3.142...3.142)),
          Key("height", .quantity(.length, -500...9_000), "Above the ellipsoid."),
        ]), "Of the site frame."),
      Key("route", .text, "GeoJSON file beside this one: the path of the tractor's rear axle."),
      Key("zones", .text, "GeoJSON file beside this one: zones and hold lines."),
      Key(
        "start", .quantity(.length, 0...10_000), "Path coordinate of the rear axle at the start."),
      Key("limits", .mapping(limits), "Of this mission."),
    ]
  }

  private static var limits: [Key] {
    [
      // R-MOT-1: 32 km/h is what ISO 22737 allows.
      Key("cruise_speed", .quantity(.speed, 0.3...8.89), "Highest speed."),
      Key("comfort_deceleration", .quantity(.acceleration, 0.2...2), "Of planned stops."),
      Key("acceleration", .quantity(.acceleration, 0.1...1.5)),
      Key("jerk", .quantity(.jerk, 0.2...5)),
      Key("lateral_acceleration", .quantity(.acceleration, 0.2...2)),
      Key(
        "authority_margin", .quantity(.length, 1...20),
        "Least distance from a hold line to its supervised limit (S-10)."),
    ]
  }

  static var zoneProperties: [Key] {
    [
      Key("kind", .choice(["zone"])),
      Key("name", .text),
      Key("zone", .choice(zoneKinds.map(\.name)), "What it is for."),
      Key("speed_cap", .quantity(.speed, 0.3...8.89)),
      Key(
        "persons", .choice(personsRules.map(\.name)),
        "How persons are protected; the stack cannot see them (S-3)."),
      Key("no_stop", .flag, required: false, "Standing here is to be avoided."),
      Key(
        "marker_spacing", .quantity(.length, 1...1_000), required: false,
        "Between surveyed markers that give the position without GNSS (S-13)."),
      Key("note", .text, required: false),
    ]
  }

  static var corridorProperties: [Key] {
    [
      Key("kind", .choice(["corridor"])),
      Key("name", .text),
      Key("note", .text, required: false),
    ]
  }

  static var lineProperties: [Key] {
    [
      Key("kind", .choice(["hold_line"])),
      Key("name", .text),
      Key(
        "limit_beyond", .quantity(.length, 0...500),
        "Distance along the path from the line to the danger point (S-10)."),
      Key("note", .text, required: false),
    ]
  }

  static var routeProperties: [Key] {
    [
      Key("kind", .choice(["route"])),
      Key("name", .text, required: false),
      Key("speed_limit", .quantity(.speed, 0.3...8.89), required: false),
      Key("note", .text, required: false),
    ]
  }
}
