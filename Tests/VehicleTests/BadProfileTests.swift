import Foundation
import Testing
import Vehicle

/// Bad input: file, line, key, what was read, what is allowed, the nearest valid key.
@Suite struct BadProfiles {
  struct Case: Sendable, CustomTestStringConvertible {
    let old: String
    let new: String
    let message: String
    /// From the first replaced line to the one that is blamed.
    var below = 0

    /// The line that must be named.
    var line: Int {
      let text = String(decoding: bytes(of: firstProfile + "/profile.yaml"), as: UTF8.self)
      let before = text.range(of: old).map { text[..<$0.lowerBound] } ?? ""
      return before.split(separator: "\n", omittingEmptySubsequences: false).count + below
    }

    var testDescription: String { new }
  }

  @Test(arguments: [
    Case(
      old: "front_axle: 3.6 m", new: "front_axle: 3.6",
      message:
        #"geometry.reference_points.front_axle: read "3.6" without a "#
        + "unit (m, km, cm, mm); allowed: length from 1 m to 12 m"),
    Case(
      old: "front_axle: 3.6 m", new: "front_axle: 3.6 km/h",
      message: "geometry.reference_points.front_axle: read "
        + #""3.6 km/h", but km/h measures speed; allowed: length from 1 m to 12 m"#),
    Case(
      old: "front_axle: 3.6 m", new: "front_axle: 36 m",
      message: "geometry.reference_points.front_axle: read "
        + #""36 m"; allowed: length from 1 m to 12 m"#),
    Case(
      old: "front_axle: 3.6 m", new: "front_axle: nan m",
      message: "geometry.reference_points.front_axle: read "
        + #""nan m", which is no number with a unit; allowed: length from 1 m to 12 m"#),
    Case(
      old: "front_axle: 3.6 m", new: "front_axel: 3.6 m",
      message:
        #"geometry.reference_points.front_axel: unknown key "front_axel"; "#
        + "did you mean front_axle?"),
    Case(
      old: "  mass_limit: 44 t\n", new: "",
      message:
        "dynamics.mass_limit: missing key; a value is due: mass from "
        + "3 t to 200 t", below: -1),
    Case(
      old: "  mass_limit: 44 t", new: "  mass_limit: 30 t",
      message:
        "trailer.mass_limit: read 28 t; allowed: with the truck's 8 t at most "
        + "dynamics.mass_limit, 30 t", below: 30),
    Case(
      old: "  mass_limit: 44 t", new: "  mass_limit: 7 t",
      message: "dynamics.mass: read 8 t; allowed: at most mass_limit, 7 t", below: -1),
    Case(
      old: "  kind: semitrailer", new: "  kind: drawbar",
      message:
        #"trailer.kind: read "drawbar"; allowed: semitrailer | none"#),
    Case(
      old: "  kind: semitrailer", new: "  kind: none",
      message:
        "trailer: read kind none with length_limit, king_pin_to_axle_least, "
        + "king_pin_to_axle_limit, overhang_limit, axle_limit, mass_limit, unladen_below, "
        + "mass_tolerance; allowed: kind alone"),
    Case(
      old: "  axle_limit: 3\n", new: "",
      message:
        "trailer: read kind semitrailer without axle_limit; allowed: kind semitrailer with all "
        + "limits, or none", below: -5),
    Case(
      old: "    king_pin: 0.6 m\n", new: "",
      message: "trailer: a semitrailer needs geometry.reference_points.king_pin", below: 32),
    Case(
      old: "king_pin_to_axle_least: 5 m", new: "king_pin_to_axle_least: 9 m",
      message:
        "trailer.king_pin_to_axle_least: read 9 m; allowed: at most king_pin_to_axle_limit, "
        + "8.1 m"),
    Case(
      old: "unladen_below: 12 t", new: "unladen_below: 29 t",
      message: "trailer.unladen_below: read 29 t; allowed: at most mass_limit, 28 t"),
    Case(
      old: "steering_ratio: 20", new: "steering_ratio: 20 m",
      message:
        #"dynamics.steering_ratio: read "20 m", but this value has no "#
        + "unit; allowed: a number from 1 to 60"),
    Case(
      old: "format: 1", new: "format: 2",
      message: #"format: read "2"; allowed: a whole number from 1 to 1"#),
    Case(
      old: "use: drive", new: "use: drove",
      message:
        #"use: read "drove", nearest is drive; allowed: drive | replay"#),
    Case(
      old: "use: drive", new: "use: &x drive",
      message:
        "anchors and aliases (&name, *name) are not used in these files"),
    Case(
      old: "use: drive", new: "use: drive\nuse: replay",
      message: #"duplicate key "use", given in line 8 and again in line 9; allowed: once"#, below: 1
    ),
    Case(
      old: "message: HRW", new: "message: HWR",
      message:
        "receive.wheel_speeds.message: no message \"HWR\" in the DBC "
        + "files; did you mean HRW?"),
    Case(
      old: ": FrontLeftWheelSpeed", new: ": FrontLeftWheelSped",
      message:
        "receive.wheel_speeds.signals.wheel_speed_front_left: no "
        + "signal \"FrontLeftWheelSped\" in message HRW; did you mean FrontLeftWheelSpeed?"),
    Case(
      old: "yaw_rate: YawRate", new: "yaw_rate: SteeringWheelAngle",
      message: "receive.body_motion.signals.yaw_rate: signal "
        + #"SteeringWheelAngle has unit "rad", which is no angular rate (rad/s, deg/s, rpm); "#
        + "correct the DBC or give per_unit"),
    Case(
      old: "yaw_rate: YawRate", new: "yaw_rates: YawRate",
      message: #"receive.body_motion.signals.yaw_rates: unknown key "#
        + #""yaw_rates"; did you mean yaw_rate?"#),
    Case(
      old: "freshness: 500 ms", new: "freshness: 60 ms",
      message: "receive.vehicle_speed.freshness: read 60 ms; allowed: at "
        + "least three periods, 0.3 s (S-5)"),
    Case(
      old: "fields:\n      engine_control_mode", new: "fields:\n      engine_mode",
      message: #"unknown key "engine_mode""#, below: 1),
    Case(
      old: "OverrideControlModePriority: 0", new: "OverrideControlModePriority: 4",
      message: "engine_torque.constants.OverrideControlModePriority: read 4; allowed: what fits in "
        + "2 bits"),
    Case(
      old: "    destination: 0x0B\n    period", new: "    period",
      message: "transmit.brake: message XBR needs a destination (PDU1)", below: -2),
    Case(
      old: "command: steering", new: "command: steerin",
      message: #"actuators.steering.command: no message "steerin" under transmit; did you mean "#
        + "steering?"),
    Case(
      old: "command: steering", new: "command: brake",
      message: #"actuators.steering.command: read "brake"; allowed: a message with field "#
        + "steering_curvature or road_wheel_angle"),
    Case(
      old: "enable: body", new: "enable: brake",
      message: "a message with field dynamic_enable: a signal that must keep changing (S-1)"),
    Case(
      old: "control_priority: 80", new: "control_priority: 91",
      message: "receive < control < supervisor < guardian"),
    Case(
      old: "source_address: 0x27", new: "source_address: 0x127",
      message: #"source_address: read "0x127"; allowed: a whole number from 0 to 253"#),
    Case(
      old: "- j1939-tractor-semitrailer.dbc", new: "- ../other.dbc",
      message: #"dbc[0]: read "../other.dbc"; allowed: the name of a .dbc file in this folder"#),
    Case(
      old: "interface: can0", new: "interface: a-name-that-is-too-long",
      message: "allowed: at most 15 letters, digits, - and _"),
  ])
  func areRefusedWithPlaceAndReason(_ bad: Case) {
    let (profile, messages) = readProfile(replacing: bad.old, with: bad.new)
    #expect(profile == nil)
    #expect(
      messages.contains {
        $0.hasPrefix("profile.yaml:\(bad.line): error: ") && $0.contains(bad.message)
      },
      "none of: \(messages.joined(separator: "\n"))")
  }

  /// What only proprietary buses have; each refusal names its key.
  @Test(arguments: [
    (
      yardProfile, "codes: {3: 0, 4: 1}", "codes: {3: 0, 16: 1}",
      "transmit.gear.fields.gear.codes.16"
    ),
    (yardProfile, "codes: {3: 0, 4: 1}", "codes: {3: 0}", "a code for 0 and one for 1 are due"),
    (
      yardProfile, "engine_torque: DriveTorqueRequest",
      "engine_torque: {signal: DriveTorqueRequest, codes: {0: 0, 1: 1}}",
      "codes are for unsigned signals of channels without unit"
    ),
    (yardProfile, "kind: crc8_j1850", "kind: crc16_ccitt", "allowed: 16 bits for crc16_ccitt"),
    (yardProfile, "kind: crc8_j1850", "kind: crc9", "crc8_j1850 | crc8_h2f | crc16_ccitt"),
    (yardProfile, "{signal: Checksum,", "{signal: WheelSpeedFrontLeft,", "allowed: 8 bits for"),
    (carrierProfile, "    fd: true\n", "", "is an FD message; allowed: a bus with fd: true"),
    (
      carrierProfile, "SteeringMode: 1", "SteeringMode: 16", "read 16; allowed: what fits in 4 bits"
    ),
    (carrierProfile, "data_id: 0x5B01", "data_id: 0x15B01", "allowed: a whole number from 0 to"),
    (firstProfile, "kind: tsc1}", "kind: tsc1, data_id: 1}", "tsc1 has no data_id"),
  ])
  func wrongProtocolsAreRefused(
    folder: String, old: String, new: String, message: String
  ) {
    let (profile, messages) = readProfile(replacing: old, with: new, of: folder)
    #expect(profile == nil)
    #expect(messages.contains { $0.contains(message) }, "\(messages)")
  }

  /// A DBC may declare longer messages than any frame.
  @Test func aTextBeyondEveryFrameIsRefused() {
    let findings = Findings()
    let profile = VehicleProfile.read(
      bytes(of: yardProfile + "/profile.yaml"), file: "profile.yaml", findings: findings
    ) { name in
      let text = String(decoding: bytes(of: yardProfile + "/" + name), as: UTF8.self)
      return Array(
        text.replacingOccurrences(of: "Identity: 8", with: "Identity: 300")
          .replacingOccurrences(of: "Text : 23|48@0+", with: "Text : 2055|48@0+").utf8)
    }
    #expect(profile == nil)
    #expect(findings.all.contains { "\($0)".contains("a signal of whole bytes, of 64 at most") })
  }

  @Test func allFaultsAreReportedAtOnce() {
    let (_, messages) = readProfile(
      replacing: "front_axle: 3.6 m", with: "front_axle: 3.6\n    hood: 1 m\n    tail: x")
    #expect(messages.count == 3)
  }

  @Test func aKeyWithoutEffectIsRefused() {
    // The same signal twice: the second mapping would otherwise be silently ignored.
    let (profile, messages) = readProfile(
      replacing: "front_axle_speed: FrontAxleSpeed", with: "vehicle_speed: FrontAxleSpeed")
    #expect(profile == nil)
    #expect(messages.contains { $0.contains("already bound under receive.vehicle_speed") })
  }

  @Test func nestingIsBounded() {
    for text in [
      String(repeating: "[", count: 50_000), String(repeating: "{a: ", count: 50_000),
      String(repeating: "- ", count: 50_000), String(repeating: "? ", count: 50_000),
      (0..<400).map { String(repeating: " ", count: $0) + "a:\n" }.joined(),
      (0..<400).map { String(repeating: " ", count: $0) + "a:\r" }.joined(),
      (0..<400).map { String(repeating: " ", count: $0) + "a:\u{2028}" }.joined(),
    ] {
      let findings = Findings()
      #expect(readYAML(Array(text.utf8), file: "f", findings: findings) == nil)
      #expect(findings.hasErrors)
    }
    let findings = Findings()
    let deep = String(repeating: "[", count: 50_000)
    #expect(readJSON(Array(deep.utf8), file: "f", findings: findings) == nil)
  }
}
