import CLinux
import Recording

// The control daemon: see architecture.md section 2.
do throws(StartFailure) {
  let arguments = try Arguments(Array(CommandLine.arguments.dropFirst()))
  if arguments.wantsHelp {
    print(Arguments.usage)
    tl_exit(0)
  }
  if arguments.wantsVersion {
    print("tulpard \(Software.version)")
    tl_exit(0)
  }
  let daemon = try Daemon(arguments, try ConfigurationLoader.load(arguments))
  try daemon.start()
  tl_exit(daemon.run())
} catch {
  Journal.complain(error.message)
  tl_exit(error.status)
}
