import Records
import Testing
import Units

/// S-8: what is kept of the brakes over a restart.
@Suite struct BrakeRecords {
  @Test(arguments: [0, 0.4812345678901234, 1]) func comesBackAsItWas(share: Double) throws {
    let record = BrakeRecord(share: Fraction(share))
    #expect(try BrakeRecord(record.encoded) == record)
  }

  @Test(arguments: [
    ("", "brake record"),
    ("{\"format\": \"2\", \"share\": \"1\"}", "format: read '2', allowed is 1"),
    ("{\"format\": \"1\"}", "share: read nothing, allowed is 0 to 1"),
    ("{\"format\": \"1\", \"share\": \"1.01\"}", "share: read '1.01', allowed is 0 to 1"),
    ("{\"format\": \"1\", \"share\": \"nan\"}", "share: read 'nan', allowed is 0 to 1"),
    ("{\"format\": \"1\", \"share\": \"1\", \"x\": \"1\"}", "x: unknown key"),
  ])
  func whatIsNoneIsRefusedByName(text: String, said: String) {
    let problem = #expect(throws: BrakeRecord.Problem.self) { try BrakeRecord(Array(text.utf8)) }
    #expect(problem?.description.contains(said) == true, "\(String(describing: problem))")
  }
}
