/// What the lines of a file say, before names and numbers are resolved against each other.
struct DBCStatements {
  struct Message {
    var identifier: UInt64
    var name: String
    var length: Int
    var sender: String
    var line: Int
    var signals: [Signal] = []
  }

  struct Signal {
    var name: String
    /// `M`, `m3`, `m3M` or nothing.
    var marker: String?
    var startBit: Int
    var length: Int
    var isBigEndian: Bool
    var isSigned: Bool
    var scale: DBCNumber
    var offset: DBCNumber
    var minimum: DBCNumber
    var maximum: DBCNumber
    var unit: String
    var receivers: [String]
    var line: Int
  }

  /// What a comment, attribute or value table belongs to.
  enum Owner: Hashable {
    case file
    case node(String)
    case message(UInt64)
    case signal(UInt64, String)
    case environmentVariable(String)
  }

  struct Attribute {
    var name: String
    var owner: Owner
    var value: String
    var isText: Bool
    var line: Int
  }

  struct Definition {
    var scope: String
    var name: String
    var type: String
    var numbers: [DBCNumber]
    var choices: [String]
    var line: Int
  }

  struct Default {
    var name: String
    var value: String
    var line: Int
  }

  struct Relation {
    var relation: String
    var node: String
    var message: UInt64?
    var target: String?
    var attribute: Attribute
  }

  struct MultiplexerValues {
    var message: UInt64
    var signal: String
    var multiplexer: String
    var ranges: [ClosedRange<UInt64>]
    var line: Int
  }

  struct Values {
    var owner: Owner
    var values: [DBCNamedValue]
    var line: Int
  }

  struct FloatType {
    var message: UInt64
    var signal: String
    var type: Int
    var line: Int
  }

  struct Group {
    var message: UInt64
    var group: DBCSignalGroup
    var line: Int
  }

  var version: String?
  var nodes: [String] = []
  var messages: [Message] = []
  var comments: [Owner: String] = [:]
  var definitions: [Definition] = []
  var defaults: [Default] = []
  var attributes: [Attribute] = []
  var relationDefinitions: [Definition] = []
  var relationDefaults: [Default] = []
  var relations: [Relation] = []
  var values: [Values] = []
  var valueTables: [DBCValueTable] = []
  var floatTypes: [FloatType] = []
  var multiplexerValues: [MultiplexerValues] = []
  var senders: [UInt64: [String]] = [:]
  var groups: [Group] = []
  var environmentVariables: [DBCEnvironmentVariable] = []
  var environmentData: [(name: String, size: Int)] = []
  var warnings: [DBCWarning] = []
}
