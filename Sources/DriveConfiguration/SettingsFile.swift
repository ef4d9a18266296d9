/// A key of `/etc/tulpar/tulpar.conf`: what systemd gives to the units, and nothing else.
package enum SettingsKey: String, CaseIterable, Sendable {
  case profile = "TULPAR_PROFILE"
  case mission = "TULPAR_MISSION"
  case options = "TULPAR_OPTIONS"
  case busOptions = "TULPAR_BUS_OPTIONS"

  package var isRequired: Bool {
    switch self {
    case .profile, .mission: true
    case .options, .busOptions: false
    }
  }

  package var help: String {
    switch self {
    case .profile: "Folder of the truck's hw-profile, from the root."
    case .mission: "Folder of the mission, from the root."
    case .options: "More options of tulpard, as in: --can can0=vcan0 --gpsd 127.0.0.1:2947"
    case .busOptions:
      "More options of tulpar-bus, for every link; /etc/tulpar/bus-LINK.conf for one."
    }
  }
}

/// `/etc/tulpar/tulpar.conf`, checked: systemd takes any key in silence, and one that is misspelt
/// would be believed and do nothing.
package struct SettingsFile: Sendable {
  /// What is wrong with it, a line for each fault.
  package struct Refused: Error, Sendable, CustomStringConvertible {
    package let description: String
  }

  package private(set) var values: [SettingsKey: String] = [:]

  package init(_ bytes: [UInt8], file: String) throws(Refused) {
    var faults: [String] = []
    var lines: [SettingsKey: Int] = [:]
    for (index, row) in bytes.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated()
    {
      let line = index + 1
      func refuse(_ key: String, _ fault: String) {
        faults.append("\(file):\(line): error: \(key.isEmpty ? "" : key + ": ")\(fault)")
      }
      // Hostile files are long; the first faults say enough.
      guard faults.count < 20 else { break }
      guard let text = String(validating: row, as: UTF8.self),
        !text.utf8.contains(where: Self.isControl)
      else {
        refuse("", "read what is no text; allowed: UTF-8 without control characters")
        continue
      }
      let trimmed = Self.trimmed(text)
      guard let first = trimmed.utf8.first, first != UInt8(ascii: "#"), first != UInt8(ascii: ";")
      else { continue }
      guard let equals = trimmed.firstIndex(of: "=") else {
        refuse("", "read '\(trimmed.prefix(60))'; allowed: KEY=VALUE")
        continue
      }
      let name = Self.trimmed(trimmed[..<equals])
      guard let key = SettingsKey(rawValue: name) else {
        refuse(
          String(name.prefix(60)),
          "unknown key; allowed: \(SettingsKey.allCases.map(\.rawValue).joined(separator: ", "))")
        continue
      }
      if let before = lines.updateValue(line, forKey: key) {
        refuse(name, "given in line \(before) and again in line \(line); allowed: once")
        continue
      }
      let value = Self.unquoted(Self.trimmed(trimmed[trimmed.index(after: equals)...]))
      values[key] = value
      if let fault = Self.fault(key, value) { refuse(name, fault) }
    }
    for key in SettingsKey.allCases where key.isRequired && lines[key] == nil {
      faults.append("\(file): error: \(key.rawValue): missing; a value is due: \(key.help)")
    }
    guard faults.isEmpty else { throw Refused(description: faults.joined(separator: "\n")) }
  }

  private static func fault(_ key: SettingsKey, _ value: String) -> String? {
    if value.hasSuffix("\\") {
      return "read '\(value.prefix(60))'; allowed: all of it in one line, without \\ at its end"
    }
    // systemd starts the programs at the root.
    guard key.isRequired, !value.hasPrefix("/") else { return nil }
    return "read '\(value.prefix(60))'; allowed: a path that begins with /"
  }

  private static func isControl(_ byte: UInt8) -> Bool {
    byte < 0x20 && byte != 0x09 && byte != 0x0D || byte == 0x7F
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
    let start = Substring(text).utf8.drop(while: isBlank)
    let end = start.lastIndex { !isBlank($0) }
    return end.map { String(decoding: start[...$0], as: UTF8.self) } ?? ""
  }

  /// systemd takes a value in quotes, too.
  private static func unquoted(_ text: String) -> String {
    for quote in ["\"", "'"]
    where text.utf8.count >= 2 && text.hasPrefix(quote) && text.hasSuffix(quote) {
      return String(text.dropFirst().dropLast())
    }
    return text
  }
}
