import CAN
import Plant

/// Sends what a stack would send, with a checksum of the test's own.
struct CommandSender {
  var counters: [UInt32: UInt8] = [:]
  var enable = false

  mutating func torque(_ percent: Int, mode: UInt8 = 2, to address: UInt32 = 0) -> CANFrame {
    let bytes: [UInt8] = [mode, 0xFF, 0xFF, UInt8(clamping: percent + 125), 0xFF, 0xFF, 0xFF]
    return sealed(0x0C00_0027 | address << 8, bytes, modulus: 8)
  }

  mutating func brake(_ deceleration: Double, mode: UInt8 = 2) -> CANFrame {
    let raw = UInt16(((15.687 - deceleration) * 2048).rounded())
    let bytes = [UInt8(raw & 0xFF), UInt8(raw >> 8), 0xC3 | mode << 4, 0xFF, 0xFF, 0xFF, 0xFF]
    return sealed(0x0C04_0B27, bytes, modulus: 16)
  }

  func steer(_ curvature: Double, intent: Bool = true) -> CANFrame {
    let raw = UInt16(((8032 - curvature * 1000) * 4).rounded())
    let bytes = [
      UInt8(raw & 0xFF), UInt8(raw >> 8), intent ? 0xFD : 0xFC, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    ]
    return CANFrame(identifier: 0x0CAD_1327, isExtended: true, bytes: bytes)
  }

  /// `toggles` false leaves the enable as it was.
  mutating func body(
    parking: UInt8 = 0, drive: UInt8 = 1, hazard: UInt8 = 0, toggles: Bool = true
  ) -> CANFrame {
    if toggles { enable.toggle() }
    let first = parking | parking << 2 | drive << 4 | hazard << 6
    let bytes: [UInt8] = [first, 0xF0, enable ? 1 : 0, 0xFF, 0xFF, 0xFF, 0xFF]
    return sealed(0x0CFF_1027, bytes, modulus: 16)
  }

  private mutating func sealed(
    _ identifier: UInt32, _ bytes: [UInt8], modulus: UInt8
  ) -> CANFrame {
    let counter = counters[identifier, default: 0]
    counters[identifier] = (counter + 1) % modulus
    return seal(identifier, bytes, counter: counter, modulus: modulus)
  }
}

func seal(_ identifier: UInt32, _ bytes: [UInt8], counter: UInt8, modulus: UInt8) -> CANFrame {
  var sum = Int(counter)
  for byte in bytes { sum += Int(byte) }
  for byte in 0..<4 { sum += Int(identifier >> UInt32(8 * byte) & 0xFF) }
  let check = modulus == 8 ? ((sum >> 6 & 3) + (sum >> 3) + sum) & 7 : ((sum >> 4) + sum) & 15
  return CANFrame(
    identifier: identifier, isExtended: true, bytes: bytes + [UInt8(check << 4) | counter])
}

func changed(_ frame: CANFrame, identifier: UInt32) -> CANFrame {
  CANFrame(identifier: identifier, isExtended: true, bytes: frame.bytes)
}
