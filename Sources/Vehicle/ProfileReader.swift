import DBC
import DriveConfiguration
import Foundation
import Signals
import Units
import WireCodec

extension VehicleProfile {
  /// Reads `profile.yaml` of a folder, the DBC files it names, and `tuning.yaml` where there is one.
  ///
  /// Every fault goes to `findings`; the profile is nil when there was an error among them.
  package static func load(folder: String, findings: Findings) -> VehicleProfile? {
    let file = folder + "/profile.yaml"
    guard let bytes = readFile(file, findings: findings) else { return nil }
    var overlay: CheckedValue?
    let tuning = folder + "/" + ProfileOverlay.fileName
    if FileManager.default.fileExists(atPath: tuning) {
      guard let bytes = readFile(tuning, findings: findings),
        let read = ProfileOverlay.read(bytes, file: tuning, findings: findings)
      else { return nil }
      overlay = read
    }
    return read(bytes, overlay: overlay, file: file, findings: findings) { name in
      readFile(folder + "/" + name, findings: findings)
    }
  }

  /// The same from bytes; `open` gives the DBC files.
  package static func read(
    _ bytes: [UInt8], overlay: CheckedValue? = nil, file: String, findings: Findings,
    open: (String) -> [UInt8]?
  ) -> VehicleProfile? {
    guard let root = readYAML(bytes, file: file, findings: findings) else { return nil }
    let reader = ConfigurationReader(file: file, findings: findings)
    guard var checked = reader.read(root, as: .mapping(ProfileSchema.keys)) else { return nil }
    if let overlay { checked = ProfileOverlay.merged(checked, overlay, findings: findings) }
    let builder = ProfileBuilder(findings: findings)
    builder.build(checked, open: open)
    if !findings.hasErrors { checked.reportUnconsumed() }
    guard !findings.hasErrors else { return nil }
    builder.profile.entries = builder.profile.resolvedEntries(of: checked)
    return builder.profile
  }
}

/// The bytes of a file of bounded size; a fault is reported.
package func readFile(_ path: String, findings: Findings, limit: Int = 64 << 20) -> [UInt8]? {
  func refuse(_ message: String) -> [UInt8]? {
    findings.add(Finding(file: path, line: 0, key: "", message: message))
    return nil
  }
  let attributes = try? FileManager.default.attributesOfItem(atPath: path)
  guard let attributes else { return refuse("no such file") }
  guard attributes[.type] as? FileAttributeType == .typeRegular else {
    return refuse("not a regular file")
  }
  guard let size = attributes[.size] as? Int, size <= limit else {
    return refuse("larger than \(limit) bytes")
  }
  guard let data = FileManager.default.contents(atPath: path) else {
    return refuse("cannot be read")
  }
  return [UInt8](data)
}

/// Turns the checked tree into values, section by section.
final class ProfileBuilder {
  var profile = VehicleProfile()
  let findings: Findings
  var databases: [DBCDatabase] = []

  init(findings: Findings) { self.findings = findings }

  func build(_ root: CheckedValue, open: (String) -> [UInt8]?) {
    _ = root["format"]?.integer
    profile.name = root["name"]?.text ?? ""
    if !isFileName(profile.name) {
      root["name"]?.refuse(read: quoted(profile.name), allowed: "letters, digits, - and _")
    }
    _ = root["description"]?.text
    profile.use = root["use"]?.text == "replay" ? .replay : .drive
    if let address = root["source_address"]?.integer {
      profile.sourceAddress = UInt8(clamping: address)
    }
    if let geometry = root["geometry"] { readGeometry(geometry) }
    if let dynamics = root["dynamics"] { readDynamics(dynamics) }
    if let trailer = root["trailer"] {
      readTrailer(trailer, kingPin: root["geometry"]?["reference_points"]?["king_pin"])
    }
    if let buses = root["buses"] { readBuses(buses) }
    if let network = root["network"] { readNetwork(network) }
    if let files = root["dbc"] { readDatabases(files, open: open) }
    if let receive = root["receive"] { readReceive(receive) }
    if let transmit = root["transmit"] { readTransmit(transmit) }
    if let identity = root["identity"] { readIdentity(identity) }
    if let actuators = root["actuators"] { readActuators(actuators) }
    if let path = root["independent_brake_path"] { readIndependentBrakePath(path) }
    if let chain = root["emergency_stop"] { readEmergencyStop(chain) }
    if let gnss = root["gnss"] { readGNSS(gnss) }
    if let compute = root["compute"] { readCompute(compute) }
    readTuning(root)
    judge(root)
  }

  private func isFileName(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 64
      && text.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
          || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
      }
  }

  private func readBuses(_ section: CheckedValue) {
    if !(1...Inputs.busCapacity).contains(section.members.count) {
      section.refuse(
        read: "\(section.members.count) buses", allowed: "1 to \(Inputs.busCapacity) buses")
    }
    for (name, value) in section.members {
      var bus = ProfileBus()
      bus.name = name
      bus.interface = value["interface"]?.text ?? ""
      // A longer name does not fit in the kernel's IFNAMSIZ.
      if !isFileName(bus.interface) || bus.interface.utf8.count > 15 {
        value["interface"]?.refuse(
          read: quoted(bus.interface), allowed: "at most 15 letters, digits, - and _")
      }
      if let rate = value["bit_rate"]?.number { bus.bitRate = Int(rate.rounded()) }
      bus.isFD = value["fd"]?.flag ?? false
      if let rate = value["data_bit_rate"] {
        bus.dataBitRate = Int((rate.number ?? 0).rounded())
        if !bus.isFD { rate.report("a data phase needs fd: true") }
      }
      bus.restartsInMotion = value["restart_in_motion"]?.flag ?? false
      profile.buses.append(bus)
    }
  }

  private func readDatabases(_ section: CheckedValue, open: (String) -> [UInt8]?) {
    for element in section.elements {
      guard let name = element.text else { continue }
      guard !name.contains("/"), name.hasSuffix(".dbc") else {
        element.refuse(read: quoted(name), allowed: "the name of a .dbc file in this folder")
        continue
      }
      guard let bytes = open(name) else {
        element.report("the DBC file \(quoted(name)) cannot be read")
        continue
      }
      do {
        databases.append(try DBCDatabase(bytes: bytes, file: name))
      } catch {
        let folder = element.file.lastIndex(of: "/").map { element.file[...$0] } ?? ""
        findings.add(
          Finding(file: folder + error.file, line: error.line, key: "", message: error.reason))
      }
    }
  }

  private func readGNSS(_ section: CheckedValue) {
    if let latency = section["latency"]?.number {
      profile.parameters.gnssLatency = .seconds(latency)
    }
    let sigma = section["sigma"]
    func read(_ name: String, _ path: WritableKeyPath<GNSSAccuracy, Metres>) {
      if let value = sigma?[name]?.number { profile.gnss[keyPath: path] = Metres(value) }
    }
    read("autonomous", \.autonomous)
    read("differential", \.differential)
    read("rtk_fixed", \.rtkFixed)
    read("rtk_float", \.rtkFloat)
  }

  private func readCompute(_ section: CheckedValue) {
    func read(_ name: String, _ path: WritableKeyPath<ComputeSettings, Int>) {
      if let value = section[name]?.integer { profile.compute[keyPath: path] = value }
    }
    read("control_priority", \.controlPriority)
    read("supervisor_priority", \.supervisorPriority)
    read("receive_priority", \.receivePriority)
    read("guardian_priority", \.guardianPriority)
    read("control_processor", \.controlProcessor)
    read("guardian_processor", \.guardianProcessor)
    if let latency = section["wake_up_latency"]?.number {
      profile.compute.wakeUpLatency = Int((latency * 1e6).rounded())
    }
    let compute = profile.compute
    let rising = [
      compute.receivePriority, compute.controlPriority, compute.supervisorPriority,
      compute.guardianPriority,
    ]
    if !zip(rising, rising.dropFirst()).allSatisfy({ $0 < $1 }) {
      section.refuse(
        read: "priorities \(rising.map(String.init).joined(separator: ", "))",
        allowed: "receive < control < supervisor < guardian")
    }
  }
}
