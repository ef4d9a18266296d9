import Foundation
import Recording
import SiteMap
import Vehicle

/// A report as one HTML file that needs nothing else: style, script and data are in it.
package struct ReportPage {
  private let data: [UInt8]

  /// Of one drive.
  package init(_ survey: DriveSurvey) throws {
    data = try Self.json(Content(drives: [DriveDocument(survey)], comparison: nil))
  }

  /// Of two drives, and what differs between them.
  package init(_ first: DriveSurvey, _ second: DriveSurvey) throws {
    data = try Self.json(
      Content(
        drives: [DriveDocument(first), DriveDocument(second)],
        comparison: DriveDifferences(first, second)))
  }

  private struct Content: Encodable {
    let drives: [DriveDocument]
    let comparison: DriveDifferences?
  }

  /// Without a character that could end the script element in which it stands.
  private static func json(_ content: Content) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let plain = try encoder.encode(content)
    var safe: [UInt8] = []
    safe.reserveCapacity(plain.count)
    for byte in plain {
      if byte == UInt8(ascii: "<") {
        safe.append(contentsOf: "\\u003c".utf8)
      } else {
        safe.append(byte)
      }
    }
    return safe
  }

  private static let style = PackageResources.page_css
  /// In the order in which they need each other.
  private static let scripts = [
    PackageResources.data_js, PackageResources.theme_js, PackageResources.view_js,
    PackageResources.plot_js, PackageResources.lanes_js, PackageResources.navigator_js,
    PackageResources.labels_js, PackageResources.map_js, PackageResources.tables_js,
    PackageResources.drive_js, PackageResources.comparison_js, PackageResources.main_js,
  ]

  package func html() -> Data {
    var page = Data()
    for piece in Self.pieces(of: PackageResources.page_html) {
      switch piece {
      case "{{style}}": page.append(contentsOf: Self.style)
      case "{{script}}": for script in Self.scripts { page.append(contentsOf: script) }
      case "{{data}}": page.append(contentsOf: data)
      default: page.append(contentsOf: piece.utf8)
      }
    }
    return page
  }

  /// The frame of the page, cut at its places.
  private static func pieces(of bytes: [UInt8]) -> [String] {
    var pieces = [String(decoding: bytes, as: UTF8.self)]
    for place in ["{{style}}", "{{script}}", "{{data}}"] {
      pieces = pieces.flatMap { piece -> [String] in
        let parts = piece.components(separatedBy: place)
        return parts.count == 2 ? [parts[0], place, parts[1]] : [piece]
      }
    }
    return pieces
  }
}

/// What differs between two drives beside what they did.
struct DriveDifferences: Encodable {
  struct Setting: Encodable {
    /// "profile" or "mission": some keys stand in both.
    let file: String
    let key: String
    let first: String?
    let second: String?
  }

  let settings: [Setting]
  /// Why the settings could not be compared; nil when they could.
  let obstacle: String?

  init(_ first: DriveSurvey, _ second: DriveSurvey) {
    guard let before = first.profile, let after = second.profile else {
      settings = []
      obstacle = "a recording holds no profile that this build can read"
      return
    }
    settings =
      Self.settings("profile", before.entries, after.entries)
      + Self.settings("mission", first.log.mission(), second.log.mission())
    obstacle = nil
  }

  /// What follows from others is no setting.
  private static func settings(
    _ file: String, _ before: [ConfigurationEntry], _ after: [ConfigurationEntry]
  ) -> [Setting] {
    ConfigurationDifference.between(
      before.filter { $0.origin != .derived }, after.filter { $0.origin != .derived }
    ).map {
      Setting(file: file, key: $0.key, first: $0.before?.text, second: $0.after?.text)
    }
  }
}

extension DriveLog {
  /// The mission that stands in the recording; nothing where it holds none that can be read.
  fileprivate func mission() -> [ConfigurationEntry] {
    let folder = "mission/"
    guard let bytes = self[attachment: folder + "mission.yaml"] else { return [] }
    let mission = Mission.read(bytes, folder: "mission", findings: Findings()) {
      self[attachment: folder + $0]
    }
    return mission?.entries ?? []
  }
}
