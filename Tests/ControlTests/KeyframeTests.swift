import Control
import SafeStop
import Signals
@_spi(Reflection) import Swift
import Testing

/// A number, flag or case within a type, found by reflection: what it is called and where it is.
private struct Leaf {
  let path: String
  let offset: Int
  let type: Any.Type

  static func all(of type: Any.Type, _ path: String = "", at offset: Int = 0) -> [Leaf] {
    if let array = type as? any FixedArray.Type { return array.leaves(path, at: offset) }
    guard !(type is any Numeric.Type), type != Bool.self else {
      return [Leaf(path: path, offset: offset, type: type)]
    }
    var leaves: [Leaf] = []
    _ = unsafe _forEachField(of: type) { name, place, field, _ in
      let member = unsafe String(cString: name)
      leaves += all(of: field, path.isEmpty ? member : path + "." + member, at: offset + place)
      return true
    }
    return leaves.isEmpty ? [Leaf(path: path, offset: offset, type: type)] : leaves
  }

  /// Of the value at its place, which is in a controller.
  @unsafe func bits(_ controller: UnsafeRawPointer) -> UInt64? {
    let place = unsafe controller + offset
    return switch type {
    case is Double.Type, is Int.Type, is Int64.Type, is UInt64.Type:
      unsafe place.load(as: UInt64.self)
    case is UInt32.Type, is Int32.Type, is Float.Type: unsafe UInt64(place.load(as: UInt32.self))
    case is UInt16.Type: unsafe UInt64(place.load(as: UInt16.self))
    case is UInt8.Type, is Bool.Type: unsafe UInt64(place.load(as: UInt8.self))
    // An enumeration of cases alone.
    default: size == 1 ? unsafe UInt64(place.load(as: UInt8.self)) : nil
    }
  }

  /// Makes the value another one that the field may have.
  @unsafe func change(_ controller: UnsafeMutableRawPointer) {
    let place = unsafe controller + offset
    if type is Double.Type {
      unsafe place.storeBytes(of: Double(offset) + 0.5, as: Double.self)
    } else {
      // Of a count the next or the one before, of an enumeration its first or second case.
      let byte = unsafe place.load(as: UInt8.self)
      let isCase = size == 1 && byte > 1 && !(type is UInt8.Type)
      unsafe place.storeBytes(of: isCase ? 0 : byte ^ 1, as: UInt8.self)
    }
  }

  private var size: Int {
    func size<T>(_: T.Type) -> Int { MemoryLayout<T>.size }
    return _openExistential(type, do: size)
  }
}

private protocol FixedArray {
  static func leaves(_ path: String, at offset: Int) -> [Leaf]
}

extension InlineArray: FixedArray where Element: Copyable {
  fileprivate static func leaves(_ path: String, at offset: Int) -> [Leaf] {
    (0..<count).flatMap {
      Leaf.all(of: Element.self, "\(path)[\($0)]", at: offset + $0 * MemoryLayout<Element>.stride)
    }
  }
}

@Suite struct Keyframes {
  private static func leaves() -> [Leaf] {
    // A type that cannot be copied is not `Any`, but it has fields.
    unsafe Leaf.all(of: unsafeBitCast(Controller.self, to: Any.Type.self))
  }

  /// What a controller takes from its configuration at birth, and elements that no code reaches.
  private static func isState(_ leaf: Leaf) -> Bool {
    let (first, last) = (leaf.path.prefix { $0 != "[" }, leaf.path.split(separator: "[").last)
    let index = last?.split(separator: "]").first.flatMap { Int($0) } ?? 0
    return switch first {
    case "arming.hasActuators", "arming.hasBrakePath", "arming.busUse": false
    case "signals.samples": index < SignalChannel.count
    case "health.since": index < HealthCheck.count
    // As many as its count says, which is changed from 0 to 1.
    case "health.causes.causes": index == 0
    default: !leaf.path.hasPrefix("configuration.") && !leaf.path.hasPrefix("frame.")
    }
  }

  /// Every stored property of every type in the controller: one that `visit` forgets keeps what a
  /// new controller has.
  @Test func nothingThatAControllerStoresIsForgotten() throws {
    let leaves = Self.leaves().filter(Self.isState)
    #expect(leaves.count > 2_000)
    var changed = Controller(configuration: ControllerConfiguration())
    unsafe withUnsafeMutableBytes(of: &changed) { bytes in
      guard let start = bytes.baseAddress else { return }
      for leaf in leaves { unsafe leaf.change(start) }
    }
    var keyframe = Keyframe()
    changed.save(to: &keyframe)
    #expect(!keyframe.failed, "of \(Keyframe.self), \(keyframe.count) words are taken")
    var restored = Controller(configuration: ControllerConfiguration())
    let isTaken = restored.resume(from: keyframe)
    #expect(isTaken)
    unsafe withUnsafeBytes(of: &changed) { expected in
      unsafe withUnsafeBytes(of: &restored) { found in
        guard let expected = expected.baseAddress, let found = found.baseAddress else { return }
        for leaf in leaves {
          let bits = unsafe (leaf.bits(expected), leaf.bits(found))
          #expect(bits.0 != nil, "\(leaf.path): \(leaf.type) is none that a keyframe holds")
          #expect(bits.0 == bits.1, "\(leaf.path) is not visited")
        }
      }
    }
  }

  @Test func aKeyframeThatIsCutOffOrLongerIsRefused() {
    func isTaken(_ keyframe: Keyframe) -> Bool {
      var controller = Controller(configuration: ControllerConfiguration())
      return controller.resume(from: keyframe)
    }
    var controller = Controller(configuration: ControllerConfiguration())
    var whole = Keyframe()
    controller.save(to: &whole)
    #expect(isTaken(whole))
    var word: UInt64 = 0
    var short = Keyframe()
    for _ in 1..<whole.count { short.visit("word", &word) }
    #expect(!isTaken(short))
    var longer = whole
    longer.visit("word", &word)
    #expect(!isTaken(longer))
  }
}
