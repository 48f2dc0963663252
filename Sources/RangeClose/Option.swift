/// The options, once: parsing, `--help` and the manual page's check all go by this table.
enum Option: Int, CaseIterable {
  case deleted, peer, path, type, state, mount, except
  case cloexec, unshare, method, timeout
  case dryRun, explain, verbose, quiet
  case help, version

  struct Specification {
    let name: StaticString
    var short: Unicode.Scalar?
    /// What the value is called; nil where the option has none.
    var value: String?
    let help: String

    var long: String { name.description }
  }

  var specification: Specification {
    switch self {
    case .deleted:
      Specification(name: "deleted", help: "files that have no name any more")
    case .peer:
      Specification(
        name: "peer", value: "PEER", help: "sockets connected to HOST:PORT, HOST, :PORT or unix:PATH")
    case .path:
      Specification(name: "path", value: "GLOB", help: "files whose path matches; ** crosses slashes")
    case .type:
      Specification(
        name: "type", value: "TYPE", help: "what is of a type: reg, sock, tcp, pipes as fifo, eventfd, ...")
    case .state:
      Specification(name: "state", value: "STATE", help: "sockets in a state: listen, close-wait, ...")
    case .mount:
      Specification(name: "mount", value: "PATH", help: "what keeps the file system mounted there busy")
    case .except:
      Specification(name: "except", value: "SELECTOR", help: "nothing that this selects")
    case .cloexec:
      Specification(name: "cloexec", help: "mark close-on-exec instead of closing")
    case .unshare:
      Specification(name: "unshare", help: "separate the table from other processes' first")
    case .method:
      Specification(name: "method", value: "METHOD", help: "auto, close_range or close")
    case .timeout:
      Specification(name: "timeout", value: "SECONDS", help: "how long the process may take to stop")
    case .dryRun:
      Specification(name: "dry-run", short: "n", help: "list what would be closed, attach to nothing")
    case .explain:
      Specification(
        name: "explain", help: "show how the selectors are read and what each picks, attach to nothing")
    case .verbose:
      Specification(name: "verbose", short: "v", help: "list what was closed, and how")
    case .quiet:
      Specification(name: "quiet", short: "q", help: "print errors only")
    case .help:
      Specification(name: "help", short: "h", help: "print this help")
    case .version:
      Specification(name: "version", short: "V", help: "print the version")
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
