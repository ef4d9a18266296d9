import Foundation
import TestSupport
import Testing

/// What a processor may be told to be without: each changes the bits of glibc's functions, or of a
/// product that is added without rounding between.
private let processors = ["qemu64", "Haswell-v4", "max"]

/// Architecture, section 4: the same bits on every processor, in every build.
@Suite(.enabled(if: BuiltTool.path != nil, "tulpar is not built"), .serialized)
struct IdentityTests {
  /// A drive that is armed and moves off, and what its replay here says.
  private struct Recorded {
    let folder = FileManager.default.temporaryDirectory.appending(path: "identity-\(UUID())")
    var log: String { folder.appending(path: "drive.mcap").path }
    let hash: String

    /// Made once for all tests.
    static let drive = Result { try Recorded() }

    init() throws {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let scenario = folder.appending(path: "early.yaml")
      try Data("name: early\nmust_complete: false\nevents:\n- {at: 7 s, do: stop}\n".utf8)
        .write(to: scenario)
      let drive = try BuiltTool.Run([
        "drive", BuiltTool.project.appending(path: "missions/demo-crossing").path, "--profile",
        BuiltTool.project.appending(path: "hw-profiles/j1939-tractor-semitrailer").path,
        "--scenario", scenario.path, "--out", folder.path,
      ])
      try #require(drive.finish(within: 600) == 0, "\(drive.errors)")
      let summary = try JSONSerialization.jsonObject(
        with: Data(contentsOf: folder.appending(path: "summary.json")))
      hash = try #require((summary as? [String: Any])?["outputHash"] as? String)
    }
  }

  /// Replays elsewhere: identical to the record, whose hash this machine's processor gave.
  private func check(
    _ program: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws {
    let drive = try Recorded.drive.get()
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments + ["replay", drive.log]
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text)")
    #expect(text.hasPrefix("identical: "), "\(text)")
    #expect(text.contains("output hash \(drive.hash)"), "\(text)")
  }

  /// glibc then takes its functions for older processors.
  @Test(arguments: ["-FMA", "-FMA,-AVX2", "-FMA,-FMA4,-AVX2,-AVX,-SSE4_1"])
  func aReplayIsTheSameWithoutFeaturesOfTheProcessor(mask: String) throws {
    let tool = try #require(BuiltTool.path)
    try check(tool, [], environment: ["GLIBC_TUNABLES": "glibc.cpu.hwcaps=\(mask)"])
  }

  /// Other processors in truth, each instruction emulated.
  @Test(
    .enabled(if: BuiltPrograms.exists("qemu-x86_64"), "qemu-user is not installed"),
    arguments: processors)
  func aReplayIsTheSameOnAnotherProcessor(model: String) throws {
    let tool = try #require(BuiltTool.path)
    try check("/usr/bin/qemu-x86_64", ["-cpu", model, tool])
  }

  /// Built by another compiler setting: debug beside release, where both are there.
  @Test(arguments: ["debug", "release"])
  func aReplayIsTheSameInEveryBuild(build: String) throws {
    let tool = BuiltTool.project.appending(path: ".build/\(build)/tulpar").path
    // One of other sources may decide otherwise.
    guard FileManager.default.isExecutableFile(atPath: tool), try isOfThisSource(tool) else {
      return
    }
    try check(tool, [])
  }

  private func isOfThisSource(_ tool: String) throws -> Bool {
    func written(_ path: String) throws -> Date {
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      return attributes[.modificationDate] as? Date ?? .distantFuture
    }
    let sources = BuiltTool.project.appending(path: "Sources").path
    let built = try written(tool)
    for name in try FileManager.default.subpathsOfDirectory(atPath: sources) {
      if name.hasSuffix(".swift"), try written(sources + "/" + name) > built { return false }
    }
    return true
  }

  /// That a fused product and a function of glibc's would show at all: both have other bits here than
  /// what the core computes with.
  @Test func whatTheCoreDoesWithoutWouldShow() throws {
    var generator = RandomWords(seed: 5)
    var fused = 0
    for _ in 0..<10_000 {
      let (a, b, c) = (unit(&generator), unit(&generator), unit(&generator))
      if a * b + c != c.addingProduct(a, b) { fused += 1 }
    }
    #expect(fused > 1_000)
  }

  private func unit(_ random: inout RandomWords) -> Double {
    Double(random.next() >> 11) * 0x1p-53
  }
}

/// Pure targets compute with what IEEE 754 defines to the bit: no function of a library, no fused
/// product.
@Suite struct PureArithmeticTests {
  private static let targets = [
    "Units", "ReproducibleMath", "Signals", "WireCodec", "NetworkManagement", "Estimation",
    "QuadraticProgram", "PathFollowing", "BorderZone", "ActuatorGate", "SafeStop", "Control",
  ]

  /// Exact by IEEE 754 whoever computes them.
  private static let exact: Set<String> = [
    "floor", "ceil", "trunc", "round", "rint", "sqrt", "fmod", "floorf", "ceilf", "truncf",
    "roundf", "rintf", "sqrtf",
  ]

  private static let library = BuiltTool.path.map {
    URL(filePath: $0).deletingLastPathComponent()
  }

  /// Every name that libm has.
  private static func mathematics() throws -> Set<String> {
    let found = ["/lib/x86_64-linux-gnu/libm.so.6", "/lib/aarch64-linux-gnu/libm.so.6"].first {
      FileManager.default.fileExists(atPath: $0)
    }
    let text = try ProgramResult.of("/usr/bin/nm", ["-D", "--defined-only", try #require(found)])
    return Set(
      text.output.split(separator: "\n").compactMap { line in
        line.split(separator: " ").last?.split(separator: "@").first.map(String.init)
      })
  }

  @Test(
    .enabled(if: BuiltPrograms.exists("nm") && library != nil, "no objects, or no binutils"),
    arguments: targets)
  func noPureTargetCallsTheMathematicsOfALibrary(target: String) throws {
    let forbidden = try Self.mathematics().subtracting(Self.exact)
    try #require(forbidden.isSuperset(of: ["sin", "cos", "atan2", "fma", "pow", "exp"]))
    let folder = try #require(Self.library).appending(path: "\(target).build")
    let objects = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".o") }
    try #require(!objects.isEmpty)
    for object in objects {
      let path = folder.appending(path: object).path
      let symbols = try ProgramResult.of("/usr/bin/nm", ["-u", path])
      try #require(symbols.status == 0)
      let called = symbols.output.split(separator: "\n").compactMap { line in
        line.split(separator: " ").last.map(String.init)
      }
      #expect(Set(called).isDisjoint(with: forbidden), "\(object)")
    }
  }

  /// By their source too, because a compiler may make one instruction of a fused product.
  @Test(arguments: targets)
  func noPureTargetAsksForAFusedProductOrALibrary(target: String) throws {
    let folder = BuiltTool.project.appending(path: "Sources/\(target)")
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    try #require(!files.isEmpty)
    for file in files where file.hasSuffix(".swift") {
      let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
      for word in ["addingProduct", "addProduct", "import Foundation", "import Glibc", "_math"] {
        #expect(!text.contains(word), "\(target)/\(file): \(word)")
      }
    }
  }
}
