import DBC
import Foundation

/// Reads a file that the user named; `-` is standard input.
func readInput(_ path: String) throws(CommandFailure) -> [UInt8] {
  if path == "-" { return [UInt8](FileHandle.standardInput.readDataToEndOfFile()) }
  do {
    return [UInt8](try Data(contentsOf: URL(filePath: path), options: .mappedIfSafe))
  } catch {
    let kind = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType
    switch kind {
    case .typeDirectory: throw .badInput("\(path): is a folder, not a file")
    case nil: throw .badInput("\(path): no such file")
    default: throw .badInput("\(path): cannot be read")
    }
  }
}

func isFolder(_ path: String) -> Bool {
  var isFolder: ObjCBool = false
  return unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
    && isFolder.boolValue
}

/// What the system said, without Foundation's domains and numbers.
func reason(_ error: any Error) -> String {
  let outer = error as NSError
  let inner = outer.userInfo[NSUnderlyingErrorKey] as? NSError
  guard
    let posix = [outer, inner].compactMap({ $0 }).first(where: { $0.domain == NSPOSIXErrorDomain })
  else { return error.localizedDescription }
  return unsafe String(cString: strerror(Int32(truncatingIfNeeded: posix.code)))
}

func loadDatabase(
  _ path: String, lenient: Bool, extendedIsJ1939: Bool = false
) throws(CommandFailure) -> DBCDatabase {
  let bytes = try readInput(path)
  do {
    return try DBCDatabase(
      bytes: bytes, file: path, lenient: lenient, extendedIsJ1939: extendedIsJ1939)
  } catch {
    throw .badInput("\(error)")
  }
}
