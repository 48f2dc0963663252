import FDCore
import FDSelectors

/// An option of the command line.
///
/// `all` is the only list of options. Parsing, `--help` and the test of the manual page use it.
struct Option: Sendable {
  let name: StaticString
  var short: Unicode.Scalar?
  /// The name of the value in `--help`; nil if the option has none.
  var value: String?
  let effect: Effect
  let help: String

  var long: String { name.description }

  /// The effect of an option on the invocation.
  enum Effect: Sendable {
    /// The option stands for the selector term of the same name.
    case term
    case operation(Operation)
    case set(@Sendable (inout Invocation.Draft, ByteString) throws(UsageError) -> Void)
    case help, version
  }

  private init(
    _ name: StaticString, short: Unicode.Scalar? = nil, value: String? = nil, _ effect: Effect, help: String
  ) {
    (self.name, self.short, self.value, self.effect, self.help) = (name, short, value, effect, help)
  }

  static let all: [Option] = [
    Option("deleted", .term, help: "files that have no name any more"),
    Option("peer", value: "PEER", .term, help: "sockets connected to HOST:PORT, HOST, :PORT or unix:PATH"),
    Option("path", value: "GLOB", .term, help: "files whose path matches; ** crosses slashes"),
    Option(
      "type", value: "TYPE", .term, help: "descriptors of a type: reg, sock, tcp, fifo, eventfd, ..."),
    Option("state", value: "STATE", .term, help: "sockets in a state: listen, close-wait, ..."),
    Option("mount", value: "PATH", .term, help: "descriptors that keep the mount at PATH busy"),
    Option(
      "except", value: "SELECTOR", .set { (draft, value) throws(UsageError) in try draft.except(value) },
      help: "leave out what SELECTOR picks"),
    Option("cloexec", .operation(.closeOnExec), help: "mark close-on-exec instead of closing"),
    Option(
      "unshare", .set { draft, _ in draft.separatesTable = true },
      help: "first give the process its own descriptor table"),
    Option(
      "method", value: "METHOD", .set { (draft, value) throws(UsageError) in try draft.setMethod(value) },
      help: "auto, close_range or close"),
    Option(
      "timeout", value: "SECONDS", .set { (draft, value) throws(UsageError) in try draft.setTimeout(value) },
      help: "how long the threads may take to stop, and a call to return"),
    Option(
      "dry-run", short: "n", .set { draft, _ in draft.isDryRun = true },
      help: "list what would be closed; attach to nothing"),
    Option(
      "explain", .set { draft, _ in draft.isExplained = true },
      help: "print what the selectors mean and what each part picks"),
    Option(
      "verbose", short: "v", .set { draft, _ in draft.verbosity = .rows },
      help: "list what was closed, and how"),
    Option("quiet", short: "q", .set { draft, _ in draft.verbosity = .quiet }, help: "print errors only"),
    Option("help", short: "h", .help, help: "print this help"),
    Option("version", short: "V", .version, help: "print the version"),
  ]

  /// The text of `--help`.
  static var usage: String {
    var table = TextTable([.left, .left])
    for option in all {
      let short = option.short.map { "-\($0), " } ?? "    "
      let value = option.value.map { " \($0)" } ?? ""
      table.add(["  " + short + "--" + option.long + value, option.help])
    }
    return """
      Usage: rangeclose [OPTION]... PID SELECTOR...
             rangeclose -n PID
      Close descriptors inside a running process.

      A SELECTOR is a list of ranges (5, 3-9, 3-, 0,5,7-9), one of the first seven options, or an
      expression such as 'type:sock and not peer:10.0.0.0/8'; see rangeclose-selectors(7).
      Selectors of one kind are alternatives; different kinds must all hold.

      \(table.text)
      See rangeclose(1) for what the process may notice, and for the exit statuses.

      """
  }
}
