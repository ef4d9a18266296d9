import Signals

/// Which computer this is, for a record that must not move to another (S-25).
package enum ComputerIdentity {
  /// machine-id(5) asks that its number be shown to nobody: a hash with the program's name is.
  ///
  /// Nil where the system has none.
  package static func here(_ path: String = "/etc/machine-id") -> UInt64? {
    guard let bytes = try? RecordFile.read(path, limit: 4_096) else { return nil }
    let text = bytes.prefix { $0 != UInt8(ascii: "\n") }
    guard text.count == 32 else { return nil }
    var hash = FieldHash()
    for byte in Array("tulpar commissioning".utf8) + text { hash.mix(UInt64(byte)) }
    return hash.hash
  }
}
