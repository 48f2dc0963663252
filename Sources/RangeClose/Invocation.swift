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
  /// Whether it is to be told how the selector is read; nothing is attached to then either.
  var isExplained: Bool
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
      case .option(let option, let value): try draft.take(option, value ?? ByteString([]))
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
    private var selectors: [Selector] = []
    private var action = CloseSession.Action.close
    private var method = CloseSession.Method.auto
    private var separatesTable = false
    private var timeout: UInt32 = 5000
    private var isDryRun = false
    private var isExplained = false
    private var verbosity = Verbosity.summary

    mutating func take(_ option: Option, _ value: ByteString) throws(UsageError) {
      switch option {
      case .deleted, .peer, .path, .type, .state, .mount:
        try take { () throws(SelectorError) in
          try Selector(term: option.specification.long, value: value)
        }
      case .except:
        try take { () throws(SelectorError) in .not(try Selector(parsing: value)) }
      case .cloexec: action = .markCloseOnExec
      case .unshare: separatesTable = true
      case .method:
        guard let method = CloseSession.Method(rawValue: value.description) else { throw .badMethod(value) }
        self.method = method
      case .timeout: timeout = try Self.milliseconds(value)
      case .dryRun: isDryRun = true
      case .explain: isExplained = true
      case .verbose: verbosity = .rows
      case .quiet: verbosity = .quiet
      case .help, .version: break
      }
    }

    mutating func take(operand text: ByteString) throws(UsageError) {
      guard pid != nil else {
        pid = try Self.processID(text)
        return
      }
      try take { () throws(SelectorError) in try Selector(parsing: text) }
    }

    private mutating func take(_ selector: () throws(SelectorError) -> Selector) throws(UsageError) {
      do {
        selectors.append(try selector())
      } catch {
        throw .selector(error)
      }
    }

    /// A minus sign makes an option of what was meant as a number.
    func refusal(of text: String) -> UsageError {
      guard text.dropFirst().first?.isNumber == true else { return .unknownOption(text) }
      let text = ByteString(text)
      return pid == nil ? .negativeProcessID(text) : .negativeNumber(text)
    }

    func finished() throws(UsageError) -> Invocation {
      guard let pid else { throw .noProcess }
      guard !selectors.isEmpty else { throw .noSelector }
      let selector = Selector(combining: selectors)
      do {
        try selector.checkSense()
      } catch {
        throw .selector(error)
      }
      return Invocation(
        pid: pid, selector: selector, action: action, method: method, separatesTable: separatesTable,
        timeout: timeout, isDryRun: isDryRun, isExplained: isExplained, verbosity: verbosity)
    }

    private static func processID(_ argument: ByteString) throws(UsageError) -> Int32 {
      let text = String(decoding: argument.bytes, as: UTF8.self)
      let largest = 1 << 22  // PID_MAX_LIMIT, include/linux/threads.h
      if argument.hasPrefix("-"), text.dropFirst().first?.isNumber == true {
        throw .negativeProcessID(argument)
      }
      guard text.isDecimal else { throw .notAProcessID(argument) }
      guard let pid = Int32(text), pid <= largest else { throw .largeProcessID(argument) }
      guard pid > 0 else { throw .processZero }
      return pid
    }

    private static func milliseconds(_ argument: ByteString) throws(UsageError) -> UInt32 {
      let text = argument.description
      let longest = 86400.0
      guard text.filter({ $0 != "." }).isDecimal, let seconds = Double(text), seconds > 0,
        seconds <= longest
      else { throw .badTimeout(argument) }
      return UInt32((seconds * 1000).rounded(.up))
    }
  }
}
