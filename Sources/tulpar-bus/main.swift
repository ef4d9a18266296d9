import CLinux
import Glibc
import Realtime
import SocketCAN
import Units

// What needs CAP_NET_ADMIN, apart from everything that has a deadline: brings one CAN link up,
// restarts its controller under supervision, tells the daemon how it is.

func complain(_ text: String) {
  let line = Array(("tulpar-bus: " + text + "\n").utf8)
  unsafe tl_log(line, line.count)
}

func keep(_ options: Options) -> Int32 {
  let link = KernelLink(options.interface)
  if link.index != nil, case .notCAN = link.kind {
    complain("\(options.interface) is not a CAN interface")
    return 2
  }
  // libsocketcan takes an interrupted call for an answer.
  guard tl_signals_hold() == 0 else { return 1 }
  var keeper = LinkKeeper(link, options.settings) { complain("\(options.interface): \($0)") }
  var motion = MotionWatch(path: options.runtime + "/page")
  let path = LinkReport.path(interface: options.interface, folder: options.runtime)
  var byHand = false
  var told: Int32 = 0
  ServiceManager.ready()
  while true {
    let now = Instant(nanoseconds: tl_monotonic_ns())
    let isMoving = motion.isMoving(at: now)
    let report = keeper.cycle(at: now, isMoving: isMoving, byHand: byHand)
    let line = Array(report.line.utf8)
    let failure = unsafe tl_replace_file(path, line, line.count, 0o644)
    if failure != told {
      told = failure
      if failure != 0 { complain("\(path) cannot be written (error \(-failure))") }
    }
    ServiceManager.keepAlive()
    let signal = tl_signal_wait(now.nanoseconds + 200_000_000)
    byHand = signal == SIGHUP
    if signal == SIGTERM || signal == SIGINT {
      keeper.end(isMoving: motion.isMoving(at: Instant(nanoseconds: tl_monotonic_ns())))
      return 0
    }
  }
}

do throws(Options.Failure) {
  let options = try Options(Array(CommandLine.arguments.dropFirst()))
  if options.wantsHelp {
    print(Options.usage)
    tl_exit(0)
  }
  tl_exit(keep(options))
} catch {
  complain(error.message)
  tl_exit(2)
}
