import CLinux
import Control
import DriveConfiguration
import Recording
import Signals

extension RecordingContents {
  /// What a recording says of the software and the configuration that drive.
  ///
  /// - Parameter folders: of profile and mission, each with its name in the recording; what `check`
  ///   reads of them is attached.
  package init(
    _ configuration: DriveConfiguration, software: String, folders: [(path: String, name: String)]
  ) throws(RecordingError) {
    self.init()
    self.software = software
    originLatitude = configuration.controller.originLatitude
    originLongitude = configuration.controller.originLongitude
    originHeight = configuration.controller.originHeight
    zoneNames = configuration.zoneNames
    holdLineNames = configuration.holdLineNames
    attachments = [
      MCAPAttachment(
        name: DriveSchema.configuration, mediaType: "application/octet-stream",
        data: configuration.encoded())
    ]
    for folder in folders { try attach(folder.path, as: folder.name) }
    facts = [
      MCAPPair("profile", configuration.profileName),
      MCAPPair("mission", configuration.missionName),
      MCAPPair("configuration", hexadecimal(configuration.hash)),
    ]
    facts += configuration.buses.enumerated().map {
      MCAPPair(RecordedCANText.busPrefix + "\($0.offset)", $0.element.interface)
    }
  }

  /// No other file of a folder decides anything.
  private mutating func attach(_ folder: String, as name: String) throws(RecordingError) {
    let types = [
      ".yaml": "application/yaml", ".dbc": "text/plain", ".geojson": "application/geo+json",
    ]
    var buffer = [CChar](repeating: 0, count: 1 << 16)
    let count = unsafe tl_list_folder(folder, &buffer, buffer.count)
    guard count >= 0 else {
      throw RecordingError(
        file: folder, offset: 0, record: "folder", problem: "cannot be read (error \(-count))")
    }
    let files = buffer[..<count].split(separator: 0).map {
      String(decoding: $0.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    for file in files.sorted() {
      guard let type = types.first(where: { file.hasSuffix($0.key) })?.value else { continue }
      let bytes = try ByteSource(opening: folder + "/" + file).whole()
      attachments.append(MCAPAttachment(name: name + "/" + file, mediaType: type, data: bytes))
      if file.hasSuffix(".geojson") { maps.append(bytes) }
    }
  }

  /// Which program recorded, on which computer (nil where it has no number).
  package mutating func attach(identity name: String, version: String, computer: UInt64?) {
    if let computer { facts.append(MCAPPair(DriveSchema.computer, hexadecimal(computer))) }
    var text = "{\n  \"name\" : \"\(name)\",\n  \"version\" : \"\(version)\",\n"
    #if DEBUG
      // The hash of a debug build would take longer than many a drive.
      text += "  \"build\" : \"debug\"\n}\n"
    #else
      let program = try? ByteSource(opening: "/proc/self/exe").whole()
      let hash = program.map { SHA256.hex(of: $0) } ?? "unknown"
      text += "  \"build\" : \"release\",\n  \"executableSHA256\" : \"\(hash)\"\n}\n"
    #endif
    attachments.append(
      MCAPAttachment(
        name: "software.json", mediaType: "application/json", data: Array(text.utf8)))
  }
}
