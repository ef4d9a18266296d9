import Foundation
import Testing

/// S-29: what must not be claimed does not stand in the README.
@Test(arguments: [
  "ASIL", "R157", "R13 ", "ISO 22737", "ISO 13849", "PL d", "proved", "proven", "certified",
  "guarantee", "collision avoidance", "never crosses", "fail-safe", "failsafe",
])
func theREADMEDoesNotClaim(_ words: String) throws {
  let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "README.md")
  let text = try String(contentsOf: file, encoding: .utf8)
  #expect(text.contains("Safety concept"), "this test read another file")
  #expect(!text.localizedCaseInsensitiveContains(words))
}
