/// The options, once: parsing, `--help` and the manual page's check all go by this table.
enum Option: Int, CaseIterable {
  case deleted, peer, path, type, state, mount, except
  case cloexec, unshare, method, timeout
  case dryRun, explain, verbose, quiet
  case help, version

  struct Specification {
    let long: String
    var short: Character?
    /// What the value is called; nil where the option has none.
    var value: String?
    let help: String
  }

  var specification: Specification {
    switch self {
    case .deleted:
      Specification(long: "deleted", help: "files that have no name any more")
    case .peer:
      Specification(
        long: "peer", value: "PEER", help: "sockets connected to HOST:PORT, HOST, :PORT or unix:PATH")
    case .path:
      Specification(long: "path", value: "GLOB", help: "files whose path matches; ** crosses slashes")
    case .type:
      Specification(
        long: "type", value: "TYPE", help: "what is of a type: reg, sock, tcp, pipes as fifo, eventfd, ...")
    case .state:
      Specification(long: "state", value: "STATE", help: "sockets in a state: listen, close-wait, ...")
    case .mount:
      Specification(long: "mount", value: "PATH", help: "what keeps the file system mounted there busy")
    case .except:
      Specification(long: "except", value: "SELECTOR", help: "nothing that this selects")
    case .cloexec:
      Specification(long: "cloexec", help: "mark close-on-exec instead of closing")
    case .unshare:
      Specification(long: "unshare", help: "separate the table from other processes' first")
    case .method:
      Specification(long: "method", value: "METHOD", help: "auto, close_range or close")
    case .timeout:
      Specification(long: "timeout", value: "SECONDS", help: "how long the process may take to stop")
    case .dryRun:
      Specification(long: "dry-run", short: "n", help: "list what would be closed, attach to nothing")
    case .explain:
      Specification(
        long: "explain", help: "show how the selectors are read and what each picks, attach to nothing")
    case .verbose:
      Specification(long: "verbose", short: "v", help: "list what was closed, and how")
    case .quiet:
      Specification(long: "quiet", short: "q", help: "print errors only")
    case .help:
      Specification(long: "help", short: "h", help: "print this help")
    case .version:
      Specification(long: "version", short: "V", help: "print the version")
    }
  }

  /// `--help`'s text.
  static var usage: String {
    let rows = allCases.map { option in
      let specification = option.specification
      let short = specification.short.map { "-\($0), " } ?? "    "
      let value = specification.value.map { " \($0)" } ?? ""
      return (short + "--" + specification.long + value, specification.help)
    }
    let width = rows.map { $0.0.count }.max() ?? 0
    let lines = rows.map { "  \($0.0.padded(to: width))  \($0.1)" }
    return """
      Usage: rangeclose [OPTION]... PID SELECTOR...
      Close descriptors inside a running process.

      A SELECTOR is a list of ranges (5, 3-9, 3-, 0,5,7-9), one of the first seven options, or an
      expression such as 'type:sock and not peer:10.0.0.0/8'; see rangeclose-selectors(7).
      Selectors of one kind are alternatives; different kinds must all hold.

      \(lines.joined(separator: "\n"))

      See rangeclose(1) for what the process may notice, and for the exit statuses.

      """
  }
}
