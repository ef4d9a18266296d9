import CLinux

// The one sender. Its decisions are in `SafeStop`; this is its process.
var options = GuardianOptions()
switch options.read() {
case .run: break
case .help:
  GuardianJournal.say(
    "usage: tulpar-guardian [--page PATH] (default: page in $RUNTIME_DIRECTORY or /run/tulpar)")
  tl_exit(0)
case .wrong:
  GuardianJournal.say("tulpar-guardian: unknown argument; see --help")
  tl_exit(2)
}
if var process = GuardianProcess(options) {
  tl_exit(process.run())
}
tl_exit(1)
