import Records
import TestSupport
import Testing
import tulpard

@Suite struct RequestFuzzTests {
  private static let corpus = FuzzCorpus(
    [
      #"{"do":"status"}"#, #"{"do":"release","line":"A-EXIT"}"#, #"{ "do" : "stop" }"#, "{}",
      #"{"do":"revoke","line":"Бахты \u0416 \"\\\/\b\f\n\r\t"}"#, #"{"":"","a":"b"}"#,
    ],
    tokens: [
      "{", "}", ":", ",", "\"", "\\", "\\u", "\\u0000", "\\uD800", "\\uFFFF", "\\u+123", "\"do\":",
      "\"line\":", "[", "]", "null", "true", " ",
    ], longest: 4_096)

  @Test("control requests: read back as written, or refused with the byte where they are wrong")
  func requests() {
    let fuzz = Fuzz("control requests", cases: 1_000_000)
    let failures = fuzz.run(Self.corpus) { bytes, _ in
      do throws(JSONText.Problem) {
        let members = try JSONText.strings(in: bytes)
        let text = members.map { JSONText.quoted($0) + ":" + JSONText.quoted($1) }
        let again = try JSONText.strings(in: Array("{\(text.joined(separator: ","))}".utf8))
        return again == members ? .accepted : .broken("\(members) are read again as \(again)")
      } catch {
        return error.message.hasPrefix("not a request: ") && error.message.contains(" at byte ")
          ? .refused : .broken("unexplained: \(error.message)")
      }
    }
    #expect(failures == [])
  }
}
