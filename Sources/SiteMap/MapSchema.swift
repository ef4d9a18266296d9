import Vehicle

/// What a GeoJSON map of a mission may hold (RFC 7946): the one table from which maps are checked and
/// editors get their JSON Schema.
package struct MapSchema: Sendable {
  package enum Geometry: String, Sendable {
    case line = "LineString"
    case polygon = "Polygon"

    /// A ring repeats its first position at its end.
    var leastPositions: Int { self == .line ? 2 : 4 }
  }

  /// A kind of feature, as its property `kind` tells.
  package struct Kind: Sendable {
    let geometry: Geometry
    package let properties: [Key]
  }

  /// The members of an object, those that it must have first.
  struct Members {
    let required: [String]
    let optional: [String]
    var names: [String] { required + optional }
  }

  package let kinds: [String: Kind]

  static var collection: Members {
    Members(required: ["type", "features"], optional: ["name", "crs", "bbox", "description"])
  }
  static var feature: Members {
    Members(required: ["type", "properties", "geometry"], optional: ["id", "bbox"])
  }
  static var geometry: Members {
    Members(required: ["type", "coordinates"], optional: ["bbox"])
  }
  static var datums: [String] {
    [
      "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "urn:ogc:def:crs:EPSG::4326",
      "EPSG:4326", "EPSG:4979",
    ]
  }
  static var longitudes: ClosedRange<Double> { -180...180 }
  static var latitudes: ClosedRange<Double> { -90...90 }
  static var mostPositions: Int { 2_000_000 }
}

extension MissionSchema {
  /// The path of the tractor's rear axle.
  package static var route: MapSchema {
    MapSchema(kinds: ["route": .init(geometry: .line, properties: routeProperties)])
  }

  /// Zones, hold lines, and the ground that may be covered.
  package static var zones: MapSchema {
    MapSchema(kinds: [
      "zone": .init(geometry: .polygon, properties: zoneProperties),
      "corridor": .init(geometry: .polygon, properties: corridorProperties),
      "hold_line": .init(geometry: .line, properties: lineProperties),
    ])
  }
}

// MARK: - For editors

extension MapSchema {
  package func jsonSchema(title: String) -> String {
    Vehicle.jsonSchema(title: title) { writer in
      Self.object(Self.collection, &writer) { name, writer in
        switch name {
        case "type": write(.choice(["FeatureCollection"]), &writer)
        case "crs": Self.datum(&writer)
        case "bbox": Self.box(&writer)
        case "features":
          writer.open("{")
          writer.member("type", "array")
          writer.key("items")
          writer.open("{")
          writer.key("oneOf")
          writer.open("[")
          for (_, kind) in kinds.sorted(by: { $0.key < $1.key }) {
            writer.separate()
            writer.open("{")
            Self.feature(kind, &writer)
            writer.close("}")
          }
          writer.close("]")
          writer.close("}")
          writer.close("}")
        default: write(.text, &writer)
        }
      }
    }
  }

  /// The members of a schema for an object that has these members and no other.
  private static func object(
    _ members: Members, _ writer: inout JSONWriter,
    each: (String, inout JSONWriter) -> Void
  ) {
    writer.member("type", "object")
    writer.member("required", members.required)
    writer.memberRaw("additionalProperties", "false")
    writer.key("properties")
    writer.open("{")
    for name in members.names {
      writer.key(name)
      each(name, &writer)
    }
    writer.close("}")
  }

  private static func feature(_ kind: Kind, _ writer: inout JSONWriter) {
    object(feature, &writer) { name, writer in
      switch name {
      case "type": write(.choice(["Feature"]), &writer)
      case "properties": write(.mapping(kind.properties), &writer)
      case "bbox": box(&writer)
      case "geometry":
        writer.open("{")
        object(geometry, &writer) { name, writer in
          switch name {
          case "type": write(.choice([kind.geometry.rawValue]), &writer)
          case "coordinates": coordinates(kind.geometry, &writer)
          default: box(&writer)
          }
        }
        writer.close("}")
      default:
        writer.open("{")
        writer.member("type", ["string", "number"])
        writer.close("}")
      }
    }
  }

  private static func coordinates(_ geometry: Geometry, _ writer: inout JSONWriter) {
    // A polygon has one ring here, without holes.
    if geometry == .polygon { array(1...1, &writer) }
    array(geometry.leastPositions...mostPositions, &writer)
    writer.open("{")
    writer.member("type", "array")
    writer.memberRaw("minItems", "2")
    writer.memberRaw("maxItems", "3")
    writer.key("prefixItems")
    writer.open("[")
    for range in [longitudes, latitudes] {
      writer.separate()
      write(.number(range), &writer)
    }
    writer.close("]")
    writer.key("items")
    writer.open("{")
    writer.member("type", "number")
    for _ in 0..<(geometry == .polygon ? 4 : 3) { writer.close("}") }
  }

  /// Opens an array whose items are written next.
  private static func array(_ count: ClosedRange<Int>, _ writer: inout JSONWriter) {
    writer.open("{")
    writer.member("type", "array")
    writer.memberRaw("minItems", "\(count.lowerBound)")
    writer.memberRaw("maxItems", "\(count.upperBound)")
    writer.key("items")
  }

  private static func box(_ writer: inout JSONWriter) {
    array(4...6, &writer)
    writer.open("{")
    writer.member("type", "number")
    writer.close("}")
    writer.close("}")
  }

  private static func datum(_ writer: inout JSONWriter) {
    write(
      .mapping([
        Key("type", .text, required: false),
        Key("properties", .mapping([Key("name", .choice(datums))])),
      ]), help: "WGS-84 alone; another datum is refused, never converted.", &writer)
  }
}
