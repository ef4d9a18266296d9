import CLinux

// The one sender. Its decisions are in `SafeStop`; this is its process.
func guardianStatus() -> Int32 {
  var options = GuardianOptions()
  switch options.read() {
  case .run: break
  case .help:
    GuardianJournal.say(
      "usage: tulpar-guardian [--page PATH | --version]  (default: page in $RUNTIME_DIRECTORY or /run/tulpar)"
    )
    return 0
  case .version:
    // `Software.version`, which nothing embedded can import; a test compares them.
    GuardianJournal.say("tulpar-guardian 0.1.0")
    return 0
  case .wrong:
    GuardianJournal.say("tulpar-guardian: unknown argument or path too long; see --help")
    return 2
  }
  guard var process = GuardianProcess(options) else { return 1 }
  return process.run()
}

tl_exit(guardianStatus())
