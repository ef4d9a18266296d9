/// Reads the statements of a DBC file in any order.
struct DBCParser {
  private var tokenizer: DBCTokenizer
  private(set) var current: DBCToken
  var statements = DBCStatements()

  init(bytes: [UInt8], file: String) throws(DBCError) {
    tokenizer = DBCTokenizer(bytes: bytes, file: file)
    current = try tokenizer.next()
  }

  static func parse(bytes: [UInt8], file: String) throws(DBCError) -> DBCStatements {
    var parser = try DBCParser(bytes: bytes, file: file)
    while parser.current.kind != .end { try parser.statement() }
    return parser.statements
  }

  static let keywords: Set<String> = [
    "BA_", "BA_DEF_", "BA_DEF_DEF_", "BA_DEF_DEF_REL_", "BA_DEF_REL_", "BA_DEF_SGTYPE_", "BA_REL_",
    "BA_SGTYPE_", "BO_", "BO_TX_BU_", "BS_", "BU_", "BU_BO_REL_", "BU_EV_REL_", "BU_SG_REL_",
    "CAT_", "CAT_DEF_", "CM_", "ENVVAR_DATA_", "EV_", "EV_DATA_", "FILTER", "NS_", "NS_DESC_",
    "SG_", "SG_MUL_VAL_", "SGTYPE_", "SGTYPE_VAL_", "SIG_GROUP_", "SIG_TYPE_REF_", "SIG_VALTYPE_",
    "SIGTYPE_VALTYPE_", "VAL_", "VAL_TABLE_", "VERSION",
  ]

  private mutating func statement() throws(DBCError) {
    guard case .word = current.kind else {
      throw failure("a statement keyword such as BO_, SG_, BA_ or VAL_")
    }
    let start = current
    let keyword = tokenizer.string(current)
    try advance()
    switch keyword {
    case "VERSION": statements.version = try text("the version")
    case "NS_": try newSymbols()
    case "BS_": try bitTiming()
    case "BU_":
      try sign(":")
      statements.nodes += try names()
    case "BO_": try message(line: start.line)
    case "SG_":
      throw tokenizer.error(start, "this SG_ line belongs to no BO_ message; BO_ goes before it")
    case "EV_": try environmentVariable()
    case "ENVVAR_DATA_": try environmentVariableData()
    case "CM_": try comment()
    case "BA_DEF_": try attributeDefinition(relation: false)
    case "BA_DEF_REL_": try attributeDefinition(relation: true)
    case "BA_DEF_DEF_": try attributeDefault(relation: false)
    case "BA_DEF_DEF_REL_": try attributeDefault(relation: true)
    case "BA_": try attribute(line: start.line)
    case "BA_REL_": try relationAttribute(line: start.line)
    case "VAL_TABLE_": try valueTable()
    case "VAL_": try values(line: start.line)
    case "SIG_VALTYPE_": try floatType(line: start.line)
    case "SG_MUL_VAL_": try multiplexerValues(line: start.line)
    case "BO_TX_BU_": try senders()
    case "SIG_GROUP_": try signalGroup(line: start.line)
    case "BA_DEF_SGTYPE_", "BA_SGTYPE_", "CAT_", "CAT_DEF_", "EV_DATA_", "FILTER", "NS_DESC_",
      "SGTYPE_", "SGTYPE_VAL_", "SIG_TYPE_REF_", "SIGTYPE_VALTYPE_":
      try skip(keyword, line: start.line)
    default:
      throw tokenizer.error(
        start,
        "unknown statement \"\(keyword.prefix(40))\"; allowed are BO_, SG_, CM_, BA_DEF_, BA_, "
          + "VAL_ and the other DBC keywords")
    }
  }

  private mutating func skip(_ keyword: String, line: Int) throws(DBCError) {
    while current.kind != .sign(UInt8(ascii: ";")) {
      guard current.kind != .end else { throw failure("\";\" at the end of \(keyword)") }
      try advance()
    }
    try advance()
    statements.warnings.append(DBCWarning(line: line, reason: "\(keyword) is not used"))
  }

  /// Everything up to the next word that a colon follows.
  private mutating func newSymbols() throws(DBCError) {
    try sign(":")
    while current.kind != .end, !isSection() { try advance() }
  }

  private func isSection() -> Bool {
    guard current.kind == .word else { return false }
    var ahead = tokenizer
    guard let following = try? ahead.next() else { return true }
    return following.kind == .sign(UInt8(ascii: ":"))
  }

  /// `BS_:` or, in old files, `BS_: 500 : 1,2`.
  private mutating func bitTiming() throws(DBCError) {
    try sign(":")
    while current.kind == .number || isSign(":") || isSign(",") || isSign(";") { try advance() }
  }

  // MARK: Tokens

  mutating func advance() throws(DBCError) { current = try tokenizer.next() }

  func isSign(_ sign: Unicode.Scalar) -> Bool {
    current.kind == .sign(UInt8(truncatingIfNeeded: sign.value))
  }

  func isKeyword(_ keyword: String) -> Bool {
    current.kind == .word && tokenizer.string(current) == keyword
  }

  func failure(_ allowed: String, kind: DBCError.Kind = .syntax) -> DBCError {
    tokenizer.error(
      current, "read \(tokenizer.describe(current)) where \(allowed) is allowed", kind: kind)
  }

  mutating func sign(_ sign: Unicode.Scalar) throws(DBCError) {
    guard isSign(sign) else { throw failure("\"\(sign)\"") }
    try advance()
  }

  mutating func name(_ what: String) throws(DBCError) -> String {
    guard case .word = current.kind else { throw failure("\(what) (letters, digits, _)") }
    let word = tokenizer.string(current)
    guard !Self.keywords.contains(word) else { throw failure("\(what), not a keyword,") }
    try advance()
    return word
  }

  /// Names up to a keyword or sign.
  mutating func names() throws(DBCError) -> [String] {
    var result: [String] = []
    while case .word = current.kind {
      let word = tokenizer.string(current)
      guard !Self.keywords.contains(word) else { break }
      result.append(word)
      try advance()
    }
    return result
  }

  /// Names with commas between; none are allowed too.
  mutating func list() throws(DBCError) -> [String] {
    var result = try names()
    while isSign(",") {
      try advance()
      result += try names()
    }
    return result
  }

  mutating func text(_ what: String) throws(DBCError) -> String {
    guard case .string = current.kind else { throw failure("\(what) in double quotes") }
    let string = tokenizer.string(current)
    try advance()
    return string
  }

  mutating func number(_ what: String) throws(DBCError) -> DBCNumber {
    guard case .number = current.kind else { throw failure("\(what) (a number)") }
    guard let number = DBCNumber(text: tokenizer.string(current)) else {
      throw failure("\(what) (a finite number)", kind: .badNumber)
    }
    try advance()
    return number
  }

  /// A whole number as it is written, of any size.
  mutating func wide(_ what: String) throws(DBCError) -> Int128 {
    guard case .number = current.kind else { throw failure("\(what) (a whole number)") }
    guard let number = Int128(tokenizer.string(current)) else {
      throw failure("\(what) (a whole number)", kind: .badNumber)
    }
    try advance()
    return number
  }

  mutating func whole(_ what: String, in range: ClosedRange<Int>) throws(DBCError) -> Int {
    guard case .number = current.kind else { throw failure("\(what) (a whole number)") }
    guard let number = Int(tokenizer.string(current)), range.contains(number) else {
      throw failure("\(what), \(range.lowerBound) to \(range.upperBound),", kind: .badNumber)
    }
    try advance()
    return number
  }

  /// Any size is read here, so that an impossible one can be named as such.
  mutating func identifier() throws(DBCError) -> UInt64 {
    guard case .number = current.kind else { throw failure("a message identifier (a number)") }
    guard let number = UInt64(tokenizer.string(current)) else {
      throw failure(
        "a message identifier, 0 to 2047 or 2147483648 to 2684354559,", kind: .impossibleIdentifier)
    }
    try advance()
    return number
  }

  /// A number or a text, as an attribute's value.
  mutating func value(_ what: String) throws(DBCError) -> (text: String, isText: Bool) {
    if case .string = current.kind { return (try text(what), true) }
    guard case .number = current.kind else { throw failure("\(what) (a number or a text)") }
    let string = tokenizer.string(current)
    try advance()
    return (string, false)
  }

  var line: Int { current.line }
  var file: String { tokenizer.file }
}
