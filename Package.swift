// swift-tools-version: 6.3
import PackageDescription

// The pure targets also compile as Embedded Swift with `-no-allocations`: a whole-module check that
// the step has no heap. `TULPAR_EMBEDDED=1` selects that build (use a scratch path of its own); the
// guardian is shipped from it.
let embedded = Context.environment["TULPAR_EMBEDDED"] == "1"

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  // Without `@_addressable` the compiler copies a struct for every read of an array in it; the frame
  // table alone has 12 kB.
  .enableExperimentalFeature("AddressableParameters"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let embeddedSettings: [SwiftSetting] =
  strict + [
    .enableExperimentalFeature("Embedded"),
    .unsafeFlags(["-no-allocations", "-wmo"]),
  ]

// Small value types cross module borders on the hot path; without cross-module optimisation every
// `Metres` addition is a call.
let hosted: [SwiftSetting] =
  strict + [.unsafeFlags(["-cross-module-optimization"], .when(configuration: .release))]

/// `make install` puts the parts of the Swift runtime that are used beside the programs: a truck has
/// no toolchain, and a hardened unit cannot see one in a home folder.
let installed: [LinkerSetting] = [
  .unsafeFlags(["-Xlinker", "-rpath=$ORIGIN/../lib/tulpar"])
]

/// What the truck decides with: standard library only, no heap, no clock, no libm.
let pureTargets: [(name: String, dependencies: [Target.Dependency])] = [
  ("Units", []),
  ("ReproducibleMath", ["Units"]),
  ("Signals", ["Units"]),
  ("WireCodec", ["Units", "Signals", "ReproducibleMath"]),
  ("NetworkManagement", ["Units", "Signals", "WireCodec"]),
  ("Estimation", ["Units", "Signals", "ReproducibleMath"]),
  ("QuadraticProgram", []),
  ("PathFollowing", ["Units", "Signals", "ReproducibleMath", "QuadraticProgram"]),
  ("BorderZone", ["Units", "Signals", "ReproducibleMath"]),
  ("ActuatorGate", ["Units", "Signals"]),
  (
    "SafeStop",
    ["Units", "Signals", "ReproducibleMath", "ActuatorGate", "WireCodec", "NetworkManagement"]
  ),
  (
    "Control",
    [
      "Units", "Signals", "ReproducibleMath", "WireCodec", "Estimation", "PathFollowing",
      "BorderZone", "ActuatorGate", "SafeStop",
    ]
  ),
]

let pure: [Target.Dependency] = pureTargets.map { .target(name: $0.name) }

var targets: [Target] = pureTargets.map {
  .target(
    name: $0.name, dependencies: $0.dependencies,
    swiftSettings: embedded ? embeddedSettings : hosted)
}

targets += [
  .target(name: "CLinux", linkerSettings: [.linkedLibrary("m")]),
  // What daemon and guardian share; compiled both ways, as the guardian is.
  .target(
    name: "SharedPage", dependencies: ["Units", "Signals", "CLinux"],
    swiftSettings: embedded ? embeddedSettings : hosted),
  .target(
    name: "FrameSocket",
    dependencies: ["Units", "Signals", "WireCodec", "NetworkManagement", "CLinux"],
    swiftSettings: embedded ? embeddedSettings : hosted),
  // The guardian's loop; the daemon runs it too, after the guardian's death and only to stop.
  .target(
    name: "GuardianHost",
    dependencies: [
      "Units", "Signals", "WireCodec", "NetworkManagement", "ActuatorGate", "SafeStop", "CLinux",
      "SharedPage", "FrameSocket",
    ],
    swiftSettings: embedded ? embeddedSettings : hosted),
  .executableTarget(
    name: "tulpar-guardian",
    dependencies: pure + ["CLinux", "SharedPage", "FrameSocket", "GuardianHost"],
    path: "Sources/tulpar-guardian",
    swiftSettings: embedded ? embeddedSettings : hosted),
]

if !embedded {
  let library: [(name: String, dependencies: [Target.Dependency])] = [
    ("CAN", []),
    ("DBC", ["CAN"]),
    ("J1939", ["CAN", "DBC", "NetworkManagement", "Units"]),
    (
      "Vehicle",
      [
        "Units", "Signals", "ReproducibleMath", "WireCodec", "NetworkManagement", "ActuatorGate",
        "SafeStop",
        "Estimation", "PathFollowing", "BorderZone", "Control", "CAN", "DBC", "J1939",
        "DriveConfiguration",
        .product(name: "Yams", package: "Yams"),
      ]
    ),
    (
      "SiteMap",
      [
        "Units", "Signals", "ReproducibleMath", "WireCodec", "Estimation", "PathFollowing",
        "BorderZone", "ActuatorGate", "SafeStop", "Control", "Vehicle", "DriveConfiguration",
        .product(name: "Yams", package: "Yams"),
      ]
    ),
    // What the whole combination needs of a route, and routes from surveyed waypoints.
    ("RoutePlanning", pure + ["Vehicle", "SiteMap"]),
    // One resolved, hashed configuration of profile and mission, readable without Foundation.
    ("DriveConfiguration", pure),
    ("Plant", ["Units", "Signals", "ReproducibleMath", "CAN"]),
    ("Realtime", ["Units", "Signals", "CLinux", "SharedPage"]),
    ("SocketCAN", ["Units", "Signals", "CAN", "CLinux", "Realtime"]),
    ("GPSD", ["Units", "Signals", "ReproducibleMath", "CGPS", "CLinux", "Realtime"]),
    (
      "Supervisor",
      [
        "Units", "Signals", "ReproducibleMath", "WireCodec", "SafeStop", "ActuatorGate",
        "Realtime", "SharedPage", "FrameSocket", "CLinux",
      ]
    ),
    // What belongs to one truck and outlives a drive: commissioning, shadow hours, identity.
    (
      "Records", ["Units", "Signals", "Control", "CAN", "J1939", "DriveConfiguration", "CLinux"]
    ),
    // What recorded drives tell of a truck's parameters.
    ("Identification", ["Units", "Signals", "ReproducibleMath"]),
    // The procedures of a truck's first day, over any stream of its signals (S-25).
    (
      "Commissioning",
      [
        "Units", "Signals", "ReproducibleMath", "WireCodec", "Estimation", "SafeStop", "Control",
        "DriveConfiguration", "Identification", "Records",
      ]
    ),
    // Why the truck stands or drives as it does, in words.
    ("Explanation", pure + ["DriveConfiguration", "Records", "GPSD"]),
    // MCAP files, and what a drive leaves in them.
    ("Recording", pure + ["CLinux", "CZstd"]),
    // The recorder of the daemon: hand-over from the control thread, files, budget, locks.
    (
      "Logbook",
      ["Units", "Signals", "Control", "DriveConfiguration", "Realtime", "Recording", "CLinux"]
    ),
    // The virtual-time hosts of the step: closed loop on the plant, and recorded frames.
    ("Simulation", pure + ["CAN", "Vehicle", "SiteMap", "DriveConfiguration", "Plant"]),
    (
      "Replay",
      pure + [
        "CAN", "DBC", "J1939", "Vehicle", "SiteMap", "DriveConfiguration", "GPSD", "Recording",
        "Identification",
      ]
    ),
    // Which weights of the controller suit a truck: simulated drives, scored and searched.
    (
      "ControlTuning",
      pure + ["Vehicle", "SiteMap", "DriveConfiguration", "Plant", "Simulation"]
    ),
  ]
  targets += library.map {
    .target(
      name: $0.name, dependencies: $0.dependencies,
      // The page for who has a recording and nothing else; it is in each of them.
      resources: $0.name == "Recording" ? [.embedInCode("reading.md")] : [],
      swiftSettings: hosted)
  }
  targets += [
    // A recorded drive as one HTML page; the page's own files are compiled in, so that an installed
    // program finds them.
    .target(
      name: "DriveReport",
      dependencies: pure + [
        "DriveConfiguration", "Explanation", "Recording", "Replay", "Vehicle", "SiteMap",
      ],
      resources: [.embedInCode("Page")], swiftSettings: hosted),
    .systemLibrary(name: "CGPS", pkgConfig: "libgps", providers: [.apt(["libgps-dev"])]),
    .systemLibrary(
      name: "CSocketCAN", pkgConfig: "libsocketcan", providers: [.apt(["libsocketcan-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    // The only program with CAP_NET_ADMIN; nothing in it has a deadline.
    .executableTarget(
      name: "tulpar-bus",
      dependencies: [
        "CLinux", "CSocketCAN", "Signals", "Units", "SafeStop", "SharedPage", "SocketCAN",
        "Realtime",
      ],
      path: "Sources/tulpar-bus", swiftSettings: hosted, linkerSettings: installed),
    .executableTarget(
      name: "tulpard",
      dependencies: pure + [
        "CAN", "SocketCAN", "GPSD", "Realtime", "SharedPage", "FrameSocket", "GuardianHost",
        "Supervisor", "CLinux", "DriveConfiguration", "Records", "Recording", "Logbook",
        "Explanation",
      ],
      swiftSettings: hosted, linkerSettings: installed),
    .executableTarget(
      name: "tulpar",
      dependencies: pure + [
        "CAN", "DBC", "J1939", "Vehicle", "SiteMap", "DriveConfiguration", "Plant", "GPSD",
        "SocketCAN", "Realtime", "SharedPage",
        "Explanation", "Simulation", "Replay", "Recording", "Logbook", "Identification",
        "DriveReport", "Records", "Commissioning", "RoutePlanning", "ControlTuning",
        "CLinux",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: hosted, linkerSettings: installed),
    // Counts heap calls by interposing malloc in the test process.
    .target(name: "CHeapFence", path: "Tests/CHeapFence"),
    // Says which fuzz case trapped or hung.
    .target(name: "CFuzzCase", path: "Tests/CFuzzCase"),
    .target(
      name: "TestSupport",
      dependencies: ["CHeapFence", "CFuzzCase", "Signals", "Units", "Realtime", "Recording"],
      path: "Tests/TestSupport",
      swiftSettings: hosted),
  ]
  let tests: [(name: String, dependencies: [Target.Dependency])] = [
    ("Units", ["Units"]),
    ("ReproducibleMath", ["ReproducibleMath", "Units"]),
    ("Signals", ["Signals", "Units"]),
    ("WireCodec", ["WireCodec", "Signals", "Units"]),
    ("Estimation", ["Estimation", "Signals", "Units", "ReproducibleMath"]),
    ("QuadraticProgram", ["QuadraticProgram"]),
    ("PathFollowing", ["PathFollowing", "Signals", "Units", "ReproducibleMath"]),
    ("BorderZone", ["BorderZone", "Signals", "Units"]),
    ("ActuatorGate", ["ActuatorGate", "Signals", "Units"]),
    (
      "SafeStop",
      [
        "SafeStop", "ActuatorGate", "WireCodec", "NetworkManagement", "ReproducibleMath", "Signals",
        "Units",
      ]
    ),
    ("Control", pure),
    ("CAN", ["CAN"]),
    ("DBC", ["DBC", "CAN"]),
    ("J1939", ["J1939", "DBC", "CAN", "NetworkManagement", "Units"]),
    ("NetworkManagement", ["NetworkManagement", "WireCodec", "J1939", "Signals", "Units", "CAN"]),
    ("Vehicle", pure + ["Vehicle", "DriveConfiguration", "DBC", "J1939", "CAN"]),
    ("SiteMap", pure + ["SiteMap", "Vehicle", "DriveConfiguration"]),
    ("RoutePlanning", pure + ["RoutePlanning", "SiteMap", "Vehicle"]),
    ("DriveConfiguration", pure + ["DriveConfiguration"]),
    (
      "Records",
      [
        "Records", "Control", "Signals", "Units", "CAN", "J1939", "CLinux", "DriveConfiguration",
        "Vehicle", "Plant",
      ]
    ),
    ("Plant", ["Plant", "CAN", "Signals", "Units", "ReproducibleMath"]),
    ("Identification", ["Identification", "Units"]),
    (
      "ControlTuning",
      pure + [
        "ControlTuning", "Simulation", "Vehicle", "SiteMap", "DriveConfiguration", "Plant",
      ]
    ),
    (
      "Commissioning",
      pure + [
        "Commissioning", "Records", "Identification", "Simulation", "Vehicle", "SiteMap",
        "DriveConfiguration", "Plant", "CAN",
      ]
    ),
    ("Recording", ["Recording", "Signals", "Units"]),
    (
      "Logbook",
      pure + [
        "Logbook", "Recording", "Replay", "Simulation", "SiteMap", "DriveConfiguration",
      ]
    ),
    (
      "SocketCAN",
      ["SocketCAN", "CAN", "Realtime", "CLinux", "Signals", "Units", "FrameSocket", "WireCodec"]
    ),
    ("Realtime", ["Realtime", "SharedPage", "CLinux", "Signals", "Units"]),
    ("GPSD", ["GPSD", "Signals", "Units", "Realtime"]),
    (
      "Supervisor",
      pure + ["Supervisor", "Realtime", "SharedPage", "FrameSocket", "GuardianHost", "CLinux"]
    ),
    (
      "Simulation",
      pure + ["Simulation", "Vehicle", "SiteMap", "DriveConfiguration", "Plant", "CAN"]
    ),
    (
      "Replay",
      pure + [
        "Replay", "Recording", "Simulation", "Vehicle", "SiteMap", "DriveConfiguration", "CAN",
        "GPSD", "Plant",
      ]
    ),
    ("DriveReport", ["DriveReport", "WireCodec", "Signals", "Units"]),
    (
      "Explanation",
      pure + [
        "Explanation", "Simulation", "Vehicle", "SiteMap", "DriveConfiguration", "Plant",
      ]
    ),
    // What the programs read, called in this process.
    ("Hosts", ["tulpar", "tulpard", "Logbook", "Records", "Signals", "Units"]),
    // Runs the built commands as a user would.
    ("CommandLine", ["CLinux", "SharedPage", "Signals", "Units", "Realtime", "Recording"]),
  ]
  /// Scripts that the tests run with the reference Python.
  let excluded = [
    "CAN": ["logs_by_python_can.py"], "DBC": ["oracle.py"],
    "Identification": ["identified_by_scipy.py"],
    "Recording": ["mcap_by_python.py"], "RoutePlanning": ["swept_by_scipy.py"],
    "CommandLine": ["chromium.py", "report_in_chromium.py", "schemas_by_jsonschema.py"],
    "Vehicle": ["wire_by_cantools.py", "proprietary_by_cantools.py"],
  ]
  // `TULPAR_TESTS=CAN,DBC` builds only those test targets.
  let chosen = Context.environment["TULPAR_TESTS"]?.split(separator: ",").map(String.init)
  targets += tests.filter { chosen?.contains($0.name) ?? true }.map {
    .testTarget(
      name: "\($0.name)Tests", dependencies: $0.dependencies + ["TestSupport"],
      path: "Tests/\($0.name)Tests", exclude: excluded[$0.name] ?? [], swiftSettings: hosted)
  }
}

let package = Package(
  name: "tulpar",
  dependencies: embedded
    ? []
    : [
      .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
      .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
  targets: targets
)
