import DBC
import Foundation
import TestSupport
import Testing

@Suite struct ParserTests {
  @Test(
    "all conformance files load; the one that does not fit only leniently",
    .enabled(if: sharedData("data/cantools-dbc") != nil, "no shared DBC files"))
  func conformance() throws {
    var messages = 0
    var signals = 0
    for path in try conformanceFiles() {
      if path.hasSuffix("/bad_message_length.dbc") {
        #expect {
          _ = try load(path)
        } throws: {
          ($0 as? DBCError)?.kind == .misfit
        }
        #expect(try load(path, lenient: true).warnings.count == 1)
      } else {
        let database = try load(path)
        messages += database.messages.count
        signals += database.messages.map(\.signals.count).reduce(0, +)
      }
    }
    #expect(messages == 152 && signals == 531)
  }

  @Test(
    "bad lines are refused with line, column, what was read and what is allowed",
    arguments: [
      ("BO_ 1 M 8 A", 3, 9, "read \"8\" where \":\" is allowed"),
      ("BO_ x M: 8 A", 3, 5, "a message identifier"),
      ("BO_ 1 M: eight A", 3, 10, "a message length in bytes"),
      ("BO_ 1 M: 8 A\n SG_ S : 0|8@2+ (1,0) [0|0] \"\" A", 4, 14, "0 (big-endian)"),
      ("BO_ 1 M: 8 A\n SG_ S : 0|8@1 (1,0) [0|0] \"\" A", 4, 16, "\"+\" (unsigned)"),
      ("BO_ 1 M: 8 A\n SG_ S : 0|8@1+ (1;0) [0|0] \"\" A", 4, 19, "\",\""),
      ("BO_ 1 M: 8 A\n SG_ S : 0|8@1+ (1e999,0) [0|0] \"\" A", 4, 18, "a finite number"),
      ("SG_ S : 0|8@1+ (1,0) [0|0] \"\" A", 3, 1, "belongs to no BO_"),
      ("CM_ \"never closed", 3, 5, "no closing quote"),
      ("CM_ BO_ 1 \"text\"", 3, 17, "\";\""),
      ("BS_:\nFOO_ 1;", 4, 1, "unknown statement"),
      ("BA_DEF_ \"X\" COLOUR;", 3, 13, "INT, HEX, FLOAT, STRING, ENUM"),
      ("BU_: A ยง", 3, 8, "unexpected"),
    ])
  func syntax(text: String, line: Int, column: Int, part: String) {
    #expect {
      _ = try parse(text)
    } throws: { error in
      guard let error = error as? DBCError else { return false }
      #expect(error.line == line && error.column == column, "\(error)")
      #expect(error.description.hasPrefix("test.dbc:\(line):\(column): "))
      return error.reason.contains(part)
    }
  }

  @Test(
    "contradictions are refused, leniently only warned about",
    arguments: [
      (
        " SG_ A : 0|8@1+ (1,0) [0|0] \"\" A\n SG_ B : 4|8@1+ (1,0) [0|0] \"\" A",
        DBCError.Kind.overlap
      ),
      (" SG_ A : 0|8@1+ (1,0) [0|0] \"\" A\n SG_ B : 7|8@0+ (1,0) [0|0] \"\" A", .overlap),
      (" SG_ A : 60|8@1+ (1,0) [0|0] \"\" A", .misfit),
      (" SG_ A : 56|9@0+ (1,0) [0|0] \"\" A", .misfit),
      (" SG_ A : 0|8@1+ (1,0) [0|0] \"\" A\n SG_ A : 8|8@1+ (1,0) [0|0] \"\" A", .duplicate),
      (" SG_ A m0 : 0|8@1+ (1,0) [0|0] \"\" A", .multiplexing),
      (" SG_ A : 0|8@1+ (1,0) [0|0] \"\" A\nBO_ 1 N: 8 A", .duplicate),
      (" SG_ A : 0|8@1+ (1,0) [0|0] \"\" A\nVAL_ 1 B 0 \"x\" ;", .unknownReference),
      (" SG_ A : 0|8@1+ (1,0) [0|0] \"\" A\nSIG_VALTYPE_ 1 B : 1;", .unknownReference),
    ])
  func contradictions(lines: String, kind: DBCError.Kind) throws {
    #expect {
      _ = try parse("BO_ 1 M: 8 A\n" + lines)
    } throws: {
      ($0 as? DBCError)?.kind == kind
    }
    let database = try parse("BO_ 1 M: 8 A\n" + lines, lenient: true)
    #expect(!database.warnings.isEmpty && database.messages.count == 1)
  }

  @Test(
    "impossible identifiers are refused, leniently too",
    arguments: [
      ("2048", "11 bits"), ("2684354560", "29 bits"), ("4294967296", "11 bits"),
      ("99999999999999999999", "identifier"),
    ])
  func impossibleIdentifiers(identifier: String, part: String) {
    for lenient in [false, true] {
      #expect {
        _ = try parse("BO_ \(identifier) M: 8 A", lenient: lenient)
      } throws: { error in
        guard let error = error as? DBCError else { return false }
        return error.kind == .impossibleIdentifier && error.line == 3
          && error.reason.contains(part)
      }
    }
  }

  @Test(
    "what can never decode is refused, leniently too",
    arguments: [
      (" SG_ A : 0|0@1+ (1,0) [0|0] \"\" A", DBCError.Kind.badLength),
      (" SG_ A : 0|65@1+ (1,0) [0|0] \"\" A", .badLength),
      (" SG_ A : 0|8@1+ (0,0) [0|0] \"\" A", .badNumber),
      (" SG_ A : 0|8@1- (1,0) [0|0] \"\" A\nSIG_VALTYPE_ 1 A : 1;", .badLength),
      (
        " SG_ A M : 0|8@1+ (1,0) [0|0] \"\" A\n SG_ B m0M : 8|8@1+ (1,0) [0|0] \"\" A\n"
          + "SG_MUL_VAL_ 1 A B 0-0;\nSG_MUL_VAL_ 1 B A 0-0;", .multiplexing
      ),
      (
        " SG_ A M : 0|8@1+ (1,0) [0|0] \"\" A\n SG_ B m0M : 8|8@1+ (1,0) [0|0] \"\" A\n"
          + "SG_MUL_VAL_ 1 B C 0-0;", .multiplexing
      ),
    ])
  func impossible(lines: String, kind: DBCError.Kind) {
    for lenient in [false, true] {
      #expect {
        _ = try parse("BO_ 1 M: 16 A\n" + lines, lenient: lenient)
      } throws: {
        ($0 as? DBCError)?.kind == kind
      }
    }
  }

  @Test("signals of different multiplexer values may share bits, of one value may not")
  func multiplexedOverlap() throws {
    let head = "BO_ 1 M: 8 A\n SG_ X M : 0|8@1+ (1,0) [0|0] \"\" A\n"
    let a = " SG_ A m0 : 8|8@1+ (1,0) [0|0] \"\" A\n"
    _ = try parse(head + a + " SG_ B m1 : 8|8@1+ (1,0) [0|0] \"\" A\n")
    for other in [
      " SG_ B m0 : 8|8@1+ (1,0) [0|0] \"\" A\n", " SG_ B : 8|8@1+ (1,0) [0|0] \"\" A\n",
    ] {
      #expect(throws: DBCError.self) { try parse(head + a + other) }
    }
    #expect(throws: DBCError.self) {
      try parse(head + a + " SG_ B m1 : 8|8@1+ (1,0) [0|0] \"\" A\nSG_MUL_VAL_ 1 B X 0-3;")
    }
  }

  @Test("odd but allowed: signs, exponents, comments, CRLF, colons in NS_, no receivers")
  func oddities() throws {
    let text =
      "NS_ :\r\n\tCM_\r\n\tBA_\r\n\r\nBS_: 500 : 1,2\r\n// a remark\r\nBO_ +1 M: 8 Vector__XXX\r\n"
      + " SG_ S : +0|8@1- (+1e3,-1.5E+1) [-3.4E+038|+1] \"\"\r\n"
      + "CM_ SG_ 1 S \"two\r\nlines with \\\"quotes\\\" and a \\\\ slash\";\r\n"
      + "VAL_ 1 S -1 \"minus\" 340282366920938463463 \"huge\" ;\r\nVAL_ Variable 1 \"x\" ;"
    let database = try parse(text)
    let signal = try #require(database.messages.first?.signals.first)
    #expect(signal.scale == 1000 && signal.offset == -15 && signal.isWhole)
    #expect(signal.minimum == -3.4e38 && signal.maximum == 1)
    #expect(signal.comment == "two\r\nlines with \"quotes\" and a \\\\ slash")
    #expect(signal.valueTable.map(\.name) == ["minus", "huge"])
    #expect(database.warnings.count == 1)
  }

  @Test(
    "names over 32 characters come back from the attributes",
    .enabled(if: sharedData("data/cantools-dbc") != nil, "no shared DBC files"))
  func longNames() throws {
    let path = try #require(sharedData("data/cantools-dbc/long_names.dbc"))
    let database = try load(path)
    let message = try #require(database.message(named: "M123456789012345678901234567890123"))
    #expect(message.shortName == "M12345678901234567890123456_0000")
    #expect(message.signals.map(\.name) == ["SSS12345678901234567890123456789012"])
    #expect(database.nodes.map(\.name).contains("NN123456789012345678901234567890123"))
    #expect(database.environmentVariables.map(\.name).contains("E12345678901234567890123456789012"))
    let group = database.messages.first { !$0.groups.isEmpty }?.groups.first
    #expect(
      group?.signals.first == "SS1234567890123456789012345778901233" || group?.signals.count == 2)
  }

  @Test("text is UTF-8 where it can be and code page 1252 otherwise")
  func encodings() throws {
    let line = "BO_ 1 M: 8 A\n SG_ S : 0|8@1+ (1,0) [0|0] \""
    let end = "\" A\n"
    var bytes = [UInt8](line.utf8) + [0xB0, 0x43, 0x80] + [UInt8](end.utf8)
    var database = try DBCDatabase(bytes: bytes, file: "cp1252.dbc")
    #expect(database.messages[0].signals[0].unit == "°C€")
    bytes = [0xEF, 0xBB, 0xBF] + [UInt8]((line + "°C€" + end).utf8)
    database = try DBCDatabase(bytes: bytes, file: "utf8.dbc")
    #expect(database.messages[0].signals[0].unit == "°C€")
  }

  @Test("attributes have the type of their definition, and defaults")
  func attributes() throws {
    let database = try parse(
      """
      BO_ 1 M: 8 A
       SG_ S : 0|8@1+ (1,0) [0|0] "" A
      BA_DEF_ "Bus" STRING ;
      BA_DEF_ BO_ "Cycle" INT 0 1e3;
      BA_DEF_ SG_ "Kind" ENUM "one","two";
      BA_DEF_ BU_ "Weight" FLOAT 0 10;
      BA_DEF_REL_ BU_SG_REL_ "Time" INT 0 100;
      BA_DEF_DEF_ "Cycle" 10;
      BA_DEF_DEF_REL_ "Time" 0;
      BA_ "Bus" "CAN";
      BA_ "Cycle" BO_ 1 1e2;
      BA_ "Kind" SG_ 1 S 1;
      BA_ "Weight" BU_ A 2.5;
      BA_REL_ "Time" BU_SG_REL_ B SG_ 1 S 7;
      """)
    #expect(database.attributes.count == 1 && database.attributes.text("Bus") == "CAN")
    #expect(database.messages[0].attributes.value("Cycle") == .integer(100))
    #expect(
      database.messages[0].signals[0].attributes.value("Kind") == .choice(index: 1, name: "two"))
    #expect(database.nodes[0].attributes.value("Weight") == .real(2.5))
    #expect(database.relationAttributes.first?.attribute.value == .integer(7))
    #expect(
      database.attributeDefinitions.first { $0.name == "Cycle" }?.defaultValue == .integer(10))
    #expect(throws: DBCError.self) { try parse("BA_ \"Nowhere\" 1;") }
  }
}
