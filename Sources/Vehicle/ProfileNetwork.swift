import J1939
import NetworkManagement
import Signals

extension ProfileSchema {
  /// How this computer shows itself to the other ECUs of a J1939 network.
  static var network: [Key] {
    let parameter = Shape.integer(1...0x7_FFFF)
    return [
      Key("bus", .text, "Name of the bus that source_address is claimed on."),
      Key(
        "name",
        .mapping([
          Key("identity", .integer(0...0x1F_FFFF), "Serial number of this computer."),
          Key("manufacturer", .integer(0...0x7FF), "Code that SAE gave to the maker."),
          Key("ecu_instance", .integer(0...7), required: false, ""),
          Key("function_instance", .integer(0...31), required: false, ""),
          Key("function", .integer(0...255), "J1939 function code."),
          Key("vehicle_system", .integer(0...127), required: false, ""),
          Key("vehicle_system_instance", .integer(0...15), required: false, ""),
          Key("industry_group", .integer(0...7), required: false, "1: on-highway."),
        ]), "The NAME of J1939-81; the lower one wins an address."),
      Key(
        "base_parameter", parameter, required: false,
        "SPN of reason 0; a fault without a code of its own adds its reason code, with FMI 31. "
          + "520192 to 524287 are the maker's own."),
      Key(
        "trouble_codes",
        .dictionary(
          allowed: Reason.byName.map(\.name),
          .mapping([
            Key("parameter", parameter, "SPN."),
            Key("failure_mode", .integer(0...31), "FMI."),
            Key(
              "lamp", .choice(FieldTable.caseNames(of: DiagnosticLampKind.none)), "That it lights."),
          ])), required: false, "Trouble code of each fault in our DM1."),
    ]
  }
}

extension ProfileBuilder {
  /// Reads `network`; without it nothing is claimed and no trouble code sent.
  func readNetwork(_ section: CheckedValue) {
    var network = NetworkConfiguration()
    network.isPresent = true
    network.address = profile.sourceAddress
    if let bus = section["bus"], let name = bus.text {
      if let index = profile.buses.firstIndex(where: { $0.name == name }) {
        network.bus = UInt8(clamping: index)
      } else {
        bus.refuse(
          read: quoted(name), allowed: profile.buses.map(\.name).joined(separator: ", "))
      }
    }
    if let name = section["name"] { network.name = readName(name) }
    if let base = section["base_parameter"]?.integer {
      network.baseParameter = UInt32(clamping: base)
    }
    let codes = section["trouble_codes"]?.members ?? []
    if codes.count > NetworkConfiguration.codeCapacity {
      section["trouble_codes"]?.refuse(
        read: "\(codes.count) codes", allowed: "at most \(NetworkConfiguration.codeCapacity)")
    }
    for (name, value) in codes.prefix(NetworkConfiguration.codeCapacity) {
      guard let code = readCode(name, value) else { continue }
      network.codes[network.codeCount] = code
      network.codeCount += 1
    }
    profile.network = network
  }

  private func readName(_ section: CheckedValue) -> UInt64 {
    func field(_ name: String) -> Int { section[name]?.integer ?? 0 }
    return J1939Name(
      identity: UInt32(clamping: field("identity")),
      manufacturer: UInt16(clamping: field("manufacturer")),
      ecuInstance: UInt8(clamping: field("ecu_instance")),
      functionInstance: UInt8(clamping: field("function_instance")),
      function: UInt8(clamping: field("function")),
      vehicleSystem: UInt8(clamping: field("vehicle_system")),
      vehicleSystemInstance: UInt8(clamping: field("vehicle_system_instance")),
      industryGroup: UInt8(clamping: field("industry_group"))
    ).value
  }

  private func readCode(_ name: String, _ value: CheckedValue) -> DiagnosticCode? {
    guard let reason = Reason.byName.first(where: { $0.name == name })?.channel else { return nil }
    var code = DiagnosticCode()
    code.reason = reason
    guard reason.isFault else {
      value.report("\(name) is no fault: it is never sent as a trouble code")
      return nil
    }
    code.suspectParameter = UInt32(clamping: value["parameter"]?.integer ?? 0)
    code.failureMode = UInt8(clamping: value["failure_mode"]?.integer ?? 31)
    switch value["lamp"]?.text {
    case "none": code.lamp = .none
    case "protect": code.lamp = .protect
    case "red_stop": code.lamp = .redStop
    default: code.lamp = .amberWarning
    }
    return code
  }
}
