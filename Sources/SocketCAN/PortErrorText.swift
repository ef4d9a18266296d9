import CAN
import Glibc

extension CANPortError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .interfaceDown: "it is down"
    case .interfaceGone: "there is no such interface"
    case .system("open", EAFNOSUPPORT): "this kernel has no CAN sockets (modprobe can-raw)"
    case .system(let call, let number): "\(call): \(unsafe String(cString: strerror(number)))"
    }
  }
}
