import DriveConfiguration
import Simulation
import SiteMap
import Vehicle

/// The files that users write, each with the table that its reader reads by.
enum SchemaKind: String, CaseIterable {
  case profile, tuning, mission, route, zones, trailer, scenario, conf

  static var names: String { allCases.map(\.rawValue).joined(separator: " | ") }

  /// For editors and other programs.
  var jsonSchema: String {
    switch self {
    case .profile: Vehicle.jsonSchema(title: "Tulpar hw-profile", ProfileSchema.keys)
    case .tuning: Vehicle.jsonSchema(title: "Tulpar tuning of a hw-profile", ProfileOverlay.keys)
    case .mission: Vehicle.jsonSchema(title: "Tulpar mission", MissionSchema.keys)
    case .route: MissionSchema.route.jsonSchema(title: "Tulpar route")
    case .zones: MissionSchema.zones.jsonSchema(title: "Tulpar zones and hold lines")
    case .trailer: Vehicle.jsonSchema(title: "Tulpar trailer", TrailerSchema.keys)
    case .scenario: Vehicle.jsonSchema(title: "Tulpar scenario", ScenarioSchema.keys)
    case .conf:
      // As a mapping of its lines, KEY=VALUE.
      Vehicle.jsonSchema(
        title: "/etc/tulpar/tulpar.conf",
        SettingsKey.allCases.map {
          Key($0.rawValue, .text, required: $0.isRequired, $0.help)
        })
    }
  }
}
