import FDCore
import FDSelectors

/// The command line, read and found to make sense.
///
/// No process was looked at for it.
struct Invocation {
  enum Verbosity {
    case quiet, summary, rows
  }

  var pid: Int32
  var selector: Selector
  var action: CloseSession.Action
  var method: CloseSession.Method
  var separatesTable: Bool
  /// In milliseconds.
  var timeout: UInt32
  var isDryRun: Bool
  var verbosity: Verbosity

  /// Whether every selector is a range: then it is no fault that none is open.
  var isRangesAlone: Bool { selector.facts.isEmpty }

  /// What a command line asks for.
  enum Request {
    case help, version
    case close(Invocation)
  }

  /// Reads the arguments of this process.
  ///
  /// Throws for what is wrong with them.
  static func parse() throws(UsageError) -> Request {
    var draft = Draft()
    var scanner = OptionScanner()
    while let element = scanner.next() {
      switch element {
      case .option(.help, _): return .help
      case .option(.version, _): return .version
      case .option(let option, let value): try draft.take(option, value ?? "")
      case .operand(let text): try draft.take(operand: text)
      case .unknown(let text): throw draft.refusal(of: text)
      case .missingValue(let option): throw .missingValue(option)
      }
    }
    return .close(try draft.finished())
  }

  /// What has been read so far.
  private struct Draft {
    private var pid: Int32?
    private var terms: [Selector] = []
    private var action = CloseSession.Action.close
    private var method = CloseSession.Method.auto
    private var separatesTable = false
    private var timeout: UInt32 = 5000
    private var isDryRun = false
    private var verbosity = Verbosity.summary

    mutating func take(_ option: Option, _ value: String) throws(UsageError) {
      switch option {
      case .deleted: try take(term: "deleted")
      case .peer: try take(term: "peer:" + value)
      case .path: try take(term: "path:" + value)
      case .cloexec: action = .markCloseOnExec
      case .unshare: separatesTable = true
      case .method:
        guard let method = CloseSession.Method(rawValue: value) else { throw .badMethod(value) }
        self.method = method
      case .timeout: timeout = try Self.milliseconds(value)
      case .dryRun: isDryRun = true
      case .verbose: verbosity = .rows
      case .quiet: verbosity = .quiet
      case .help, .version: break
      }
    }

    mutating func take(operand text: String) throws(UsageError) {
      guard pid != nil else {
        pid = try Self.processID(text)
        return
      }
      try take(term: text)
    }

    private mutating func take(term text: String) throws(UsageError) {
      do {
        terms.append(try Selector(parsing: text))
      } catch {
        throw .selector(error)
      }
    }

    /// A minus sign makes an option of what was meant as a number.
    func refusal(of text: String) -> UsageError {
      guard text.dropFirst().first?.isNumber == true else { return .unknownOption(text) }
      return pid == nil ? .negativeProcessID(text) : .negativeNumber(text)
    }

    func finished() throws(UsageError) -> Invocation {
      guard let pid else { throw .noProcess }
      guard !terms.isEmpty else { throw .noSelector }
      return Invocation(
        pid: pid, selector: Selector(combining: terms), action: action, method: method,
        separatesTable: separatesTable, timeout: timeout, isDryRun: isDryRun, verbosity: verbosity)
    }

    private static func processID(_ text: String) throws(UsageError) -> Int32 {
      let largest = 1 << 22  // PID_MAX_LIMIT, include/linux/threads.h
      if text.first == "-", text.dropFirst().first?.isNumber == true { throw .negativeProcessID(text) }
      guard text.isDecimal else { throw .notAProcessID(text) }
      guard let pid = Int32(text), pid <= largest else { throw .largeProcessID(text) }
      guard pid > 0 else { throw .processZero }
      return pid
    }

    private static func milliseconds(_ text: String) throws(UsageError) -> UInt32 {
      let longest = 86400.0
      guard text.replacing(".", with: "").isDecimal, let seconds = Double(text), seconds > 0,
        seconds <= longest
      else { throw .badTimeout(text) }
      return UInt32((seconds * 1000).rounded(.up))
    }
  }
}
