/// What `tuning.yaml` beside a `profile.yaml` may hold: values that take the place of the profile's.
///
/// It is a file of its own, so that a proposal is put in place and taken away without touching what
/// people wrote, and every resolved value tells which of the two decided it.
package enum ProfileOverlay {
  package static var fileName: String { "tuning.yaml" }

  package static var keys: [Key] {
    [
      Key("format", .integer(1...1), "Version of this file format."),
      Key("profile", .text, "Name of the profile that it is for."),
    ] + ProfileSchema.keys.filter { sections.contains($0.name) }
  }

  /// Nothing that says what the truck is.
  private static var sections: Set<String> { ["path_following"] }

  /// Reads an overlay; every fault goes to `findings`, nil when there was an error among them.
  package static func read(
    _ bytes: [UInt8], file: String, findings: Findings
  ) -> CheckedValue? {
    guard let root = readYAML(bytes, file: file, findings: findings),
      let checked = ConfigurationReader(file: file, findings: findings)
        .read(root, as: .mapping(keys))
    else { return nil }
    return findings.hasErrors ? nil : checked
  }

  /// The profile with the overlay's values in the place of its own.
  static func merged(
    _ profile: CheckedValue, _ overlay: CheckedValue, findings: Findings
  ) -> CheckedValue {
    _ = overlay["format"]?.integer
    let name = profile["name"]?.text ?? ""
    if let meant = overlay["profile"], meant.text != name {
      meant.refuse(
        read: quoted(meant.text ?? ""), allowed: "the profile beside it, \(quoted(name))")
    }
    var members = profile.members
    for section in overlay.members where sections.contains(section.name) {
      guard let index = members.firstIndex(where: { $0.name == section.name }) else {
        members.append(section)
        continue
      }
      let own = members[index].value
      let changed = Set(section.value.members.map(\.name))
      let kept = own.members.filter { !changed.contains($0.name) }
      members[index].value = CheckedValue(
        .mapping(kept + section.value.members), written: "", file: own.file, line: own.line,
        path: own.path, findings: findings)
    }
    return CheckedValue(
      .mapping(members), written: "", file: profile.file, line: profile.line, path: profile.path,
      findings: findings)
  }
}
