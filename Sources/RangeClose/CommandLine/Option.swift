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
  /// Whether the option may come without its value.
  ///
  /// The value is then joined to the option by `=`.
  var isValueOptional = false
  let effect: Effect
  let help: String

  var long: String { name.description }

  /// The effect of an option on the invocation.
  enum Effect: Sendable {
    /// The option stands for the selector term of the same name.
    case term
    /// An operation without a value.
    ///
    /// It is made when the option is used, because each run builds the list of options.
    case operation(@Sendable () -> Operation)
    /// An operation that takes a value, which may be missing.
    case operationWith(@Sendable (ByteString?) throws(UsageError) -> Operation)
    case set(@Sendable (inout Invocation.Draft, ByteString) throws(UsageError) -> Void)
    /// As `set`, for an option whose value may be missing.
    case setOptional(@Sendable (inout Invocation.Draft, ByteString?) throws(UsageError) -> Void)
    /// The option prints a document that the command carries.
    case document
    case help, version, columns
  }

  /// Whether the name may not be shortened, because the option does more than a user may expect.
  var mustBeWhole: Bool { ["all", "descendants", "list-columns"].contains(long) }

  /// Whether the option is an operation.
  var isOperation: Bool {
    if case .operation = effect { true } else { false }
  }

  /// The option with a long name, without dashes; nil if there is none.
  static func named(_ name: String) -> Option? { all.first { $0.long == name } }

  /// Whether a text is an option with two dashes.
  static func isName(_ text: ByteString) -> Bool {
    text.hasPrefix("--") && named(String(text.description.dropFirst(2))) != nil
  }

  /// Whether the option stands for a term of the same name.
  var isTerm: Bool {
    if case .term = effect { true } else { false }
  }

  /// Whether the option takes a text as its value; false if that only the work itself can show.
  func accepts(_ value: ByteString) -> Bool {
    switch effect {
    case .operationWith(let make): return (try? make(value)) != nil
    case .setOptional(let set):
      var draft = Invocation.Draft()
      return (try? set(&draft, value)) != nil
    default: return false
    }
  }

  private init(
    _ name: StaticString, short: Unicode.Scalar? = nil, value: String? = nil, _ effect: Effect, help: String
  ) {
    (self.name, self.short, self.value, self.effect, self.help) = (name, short, value, effect, help)
    switch effect {
    case .setOptional, .operationWith: isValueOptional = true
    default: break
    }
  }

  static let all: [Option] = [
    Option("deleted", .term, help: "files that have no name any more"),
    Option("peer", value: "PEER", .term, help: "sockets connected to HOST:PORT, HOST, :PORT or unix:PATH"),
    Option("local", value: "END", .term, help: "sockets whose own end is HOST:PORT, :PORT or unix:PATH"),
    Option("path", value: "GLOB", .term, help: "files whose path matches; ** crosses slashes"),
    Option(
      "type", value: "TYPE", .term, help: "descriptors of a type: reg, sock, tcp, fifo, eventfd, ..."),
    Option("state", value: "STATE", .term, help: "sockets in a state: listen, close-wait, ..."),
    Option("mount", value: "PATH", .term, help: "descriptors that keep the mount at PATH busy"),
    Option("locked", .term, help: "files that a lock was taken through"),
    Option("size", value: "COMPARISON", .term, help: "files of a size, such as '>1G'"),
    Option(
      "except", value: "SELECTOR", .set { (draft, value) throws(UsageError) in try draft.except(value) },
      help: "leave out what SELECTOR picks"),
    Option(
      "not", value: "SELECTOR", .set { (draft, value) throws(UsageError) in try draft.except(value) },
      help: "the same as --except"),
    Option("cloexec", .operation { .closeOnExec }, help: "mark close-on-exec instead of closing"),
    Option(
      "shutdown", value: "read|write|both",
      .operationWith { (value) throws(UsageError) in
        guard let value else { return .shutdown(.both) }
        guard let half = Operation.Half(rawValue: value.description) else { throw .badHalf(value) }
        return .shutdown(half)
      },
      help: "shut sockets down instead of closing"),
    Option("drop", .operation { .drop }, help: "reset connections instead of closing"),
    Option(
      "replace", value: "PATH",
      .operationWith { (value) throws(UsageError) in
        let path = value ?? "/dev/null"
        guard path.hasPrefix("/") else { throw .relativePath(path) }
        return .replace(with: path)
      },
      help: "put another file in place instead of closing: PATH, or /dev/null"),
    Option("truncate", .operation { .truncate }, help: "empty regular files instead of closing"),
    Option(
      "save", value: "DIR", .set { draft, value in draft.savePath = value },
      help: "first copy the regular files to DIR"),
    Option(
      "unshare", .set { draft, _ in draft.separatesTable = true },
      help: "first give the process its own descriptor table"),
    Option(
      "pid", short: "p", value: "PID,...",
      .set { (draft, value) throws(UsageError) in try draft.takeProcesses(value) },
      help: "work on these processes; all operands are then selectors"),
    Option("all", .set { draft, _ in draft.isAll = true }, help: "every process instead of PID,..."),
    Option(
      "descendants", .set { draft, _ in draft.includesDescendants = true },
      help: "also everything below the processes"),
    Option(
      "force", value: "WORD,...",
      .set { (draft, value) throws(UsageError) in try draft.setForce(value) },
      help: "switch off a safeguard: all, init, mapped, shared, lease"),
    Option(
      "strict", .set { draft, _ in draft.isStrict = true },
      help: "refuse to do what may harm the process"),
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
    Option(
      "output", short: "o", value: "COLUMNS",
      .set { (draft, value) throws(UsageError) in try draft.layout.choose(value) },
      help: "list these columns, such as FD,NAME; +COLUMNS adds them"),
    Option(
      "sort", value: "COLUMN", .set { (draft, value) throws(UsageError) in try draft.layout.sort(value) },
      help: "sort the rows by a column; -COLUMN reverses"),
    Option(
      "json", short: "J", value: "lines",
      .setOptional { (draft, value) throws(UsageError) in try draft.layout.setJSON(value) },
      help: "print JSON: one object, or one for each line"),
    Option(
      "raw", short: "r", .set { draft, _ in draft.layout.format = .raw },
      help: "separate columns by one space"),
    Option(
      "no-headings", .set { draft, _ in draft.layout.hasHeadings = false },
      help: "print neither headings nor totals"),
    Option(
      "bytes", short: "b", .set { draft, _ in draft.layout.isInBytes = true }, help: "print sizes in bytes"),
    Option(
      "summary", .set { draft, _ in draft.layout.isSummary = true },
      help: "count the descriptors by type and name instead of listing them"),
    Option(
      "generate", value: "DOCUMENT", .document,
      help: "print a document: \(Document.list)"),
    Option("list-columns", .columns, help: "print the names of the columns"),
    Option("help", short: "h", .help, help: "print this help"),
    Option("version", short: "V", .version, help: "print the version"),
  ]

  /// The text of `--help`.
  static var usage: String {
    var table = TextTable([.left, .left])
    for option in all {
      let short = option.short.map { "-\($0), " } ?? "    "
      let value = option.value.map { option.isValueOptional ? "[=\($0)]" : " \($0)" } ?? ""
      table.add(["  " + short + "--" + option.long + value, option.help])
    }
    return """
      Usage: rangeclose [OPTION]... PID[,PID]... SELECTOR...
             rangeclose [OPTION]... --pid PID[,PID]... SELECTOR...
             rangeclose [OPTION]... --all SELECTOR...
             rangeclose -n PID
      Close descriptors inside a running process.

      A SELECTOR is a list of ranges (5, 3-9, 3-, 0,5,7-9), one of the first eleven options, or an
      expression such as 'type:sock and not peer:10.0.0.0/8'; see rangeclose-selectors(7).
      Selectors of one kind are alternatives; different kinds must all hold.

      \(table.text)
      See rangeclose(1) for what the process may notice, and for the exit statuses.

      """
  }
}
