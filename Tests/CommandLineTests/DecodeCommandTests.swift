import Foundation
import Testing

/// The built command, beside the test bundle.
private let tool: String? = {
  var folders = CommandLine.arguments.prefix(1) + Bundle.allBundles.map(\.bundlePath)
  folders += CommandLine.arguments.filter { $0.hasSuffix(".xctest") }
  return folders.map {
    URL(filePath: $0).deletingLastPathComponent().appending(path: "tulpar").path
  }
  .first { FileManager.default.isExecutableFile(atPath: $0) }
}()

private func run(_ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
  let process = Process()
  process.executableURL = URL(filePath: tool ?? "/nonexistent")
  process.arguments = arguments
  let folder = FileManager.default.temporaryDirectory
  let output = folder.appending(path: "out-\(UUID())")
  let errors = folder.appending(path: "err-\(UUID())")
  for file in [output, errors] { try Data().write(to: file) }
  defer { for file in [output, errors] { try? FileManager.default.removeItem(at: file) } }
  process.standardOutput = try FileHandle(forWritingTo: output)
  process.standardError = try FileHandle(forWritingTo: errors)
  try process.run()
  process.waitUntilExit()
  return (
    process.terminationStatus, try String(contentsOf: output, encoding: .utf8),
    try String(contentsOf: errors, encoding: .utf8)
  )
}

/// Writes a file that lives as long as the test.
private final class TemporaryFile {
  let path: String

  init(_ text: String, _ name: String) throws {
    path = FileManager.default.temporaryDirectory.appending(path: "\(UUID())-\(name)").path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

private let truck = """
  BU_: A
  BO_ 2566844926 CCVS1: 8 A
   SG_ BrakeSwitch : 28|2@1+ (1,0) [0|3] "" A
   SG_ WheelBasedVehicleSpeed : 8|16@1+ (0.00390625,0) [0|250.996] "km/h" A
  BA_DEF_ BO_ "VFrameFormat" ENUM "StandardCAN","ExtendedCAN","reserved","J1939PG";
  BA_DEF_DEF_ "VFrameFormat" "J1939PG";
  """

@Suite(.enabled(if: tool != nil, "tulpar is not built")) struct DecodeCommandTests {
  @Test("each frame is one object in the contract's form")
  func decode() throws {
    let database = try TemporaryFile(truck, "truck.dbc")
    let log = try TemporaryFile(
      """
       (000.011063)  can0  18FEF100   [8]  FF 34 17 FC FF 68 00 CF
       (000.012000)  can0  18FEF131   [8]  FF FF FF 0C FF 68 00 CF
       (000.013000)  can1  123   [0]

      """, "truck.log")
    let result = try run(["decode", "--dbc", database.path, log.path])
    #expect(result.status == 0 && result.errors.isEmpty)
    #expect(
      result.output == """
        {"t":0.011063,"if":"can0","id":"18FEF100","message":"CCVS1","signals":\
        {"BrakeSwitch":null,"WheelBasedVehicleSpeed":23.203125},\
        "status":{"BrakeSwitch":"not available"}}
        {"t":0.012,"if":"can0","id":"18FEF131","message":"CCVS1","signals":\
        {"BrakeSwitch":0,"WheelBasedVehicleSpeed":null},\
        "status":{"WheelBasedVehicleSpeed":"not available"}}
        {"t":0.013,"if":"can1","id":"123","message":null,\
        "why":"no message has the identifier 123"}

        """)
  }

  @Test("a bad line, file or option ends with 2, a message and no output")
  func badInput() throws {
    let database = try TemporaryFile(truck, "truck.dbc")
    let log = try TemporaryFile("(1.0) can0 123#00\n(1.1) can0 12#00\n", "bad.log")
    let refused = try run(["decode", "--dbc", database.path, log.path])
    #expect(refused.status == 2 && refused.output.isEmpty)
    #expect(refused.errors.contains("bad.log:2:12: the identifier is \"12#00\""))
    let missing = try run(["decode", "--dbc", database.path + "x", log.path])
    #expect(missing.status == 2 && missing.errors.contains("no such file"))
    #expect(try run(["decode", log.path]).status == 2)
  }

  @Test("dbc prints the file as JSON, and refuses a misfit unless lenient")
  func dbc() throws {
    let database = try TemporaryFile(truck, "truck.dbc")
    let printed = try run(["dbc", database.path])
    #expect(printed.status == 0)
    let object = try JSONSerialization.jsonObject(with: Data(printed.output.utf8))
    let messages = (object as? [String: Any])?["messages"] as? [[String: Any]]
    #expect(messages?.count == 1 && messages?.first?["pgn"] as? Int == 65265)
    #expect((messages?.first?["signals"] as? [Any])?.count == 2)
    let misfit = try TemporaryFile(
      "BO_ 1 M: 1 A\n SG_ S : 8|1@1+ (1,0) [0|0] \"\" A\n", "misfit.dbc")
    let refused = try run(["dbc", misfit.path])
    #expect(refused.status == 2 && refused.output.isEmpty)
    #expect(refused.errors.contains("misfit.dbc:2: signal S (start 8, 1 bits) does not fit"))
    #expect(try run(["dbc", "--lenient", misfit.path]).status == 0)
  }
}
