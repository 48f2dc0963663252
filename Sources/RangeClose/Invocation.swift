import FDCore
import FDSelectors

/// The content of a valid command line.
///
/// Parsing does not examine any process.
struct Invocation {
  /// How much the command prints.
  enum Verbosity {
    /// Errors only, `--quiet`.
    case quiet
    /// One line for each process.
    case summary
    /// A row for each descriptor, `--verbose`.
    case rows
  }

  /// The IDs of the processes to work on; today the command line has one.
  var processes: [Int32]
  var selector: Selector
  var operation: Operation
  var method: Method
  var separatesTable: Bool
  /// The time in milliseconds for `--timeout`.
  var timeout: UInt32
  var isDryRun: Bool
  /// Whether to print how rangeclose reads the selector.
  ///
  /// As with `isDryRun`, rangeclose then attaches to nothing.
  var isExplained: Bool
  var verbosity: Verbosity

  /// Whether all selectors are ranges.
  ///
  /// If so, it is not an error if nothing is open in them.
  var isRangesAlone: Bool { selector.facts.isEmpty }

  /// The facts that the output shows, in addition to the facts that the selector needs.
  var display: FactSet {
    switch verbosity {
    case .rows: .listing
    case .summary: isDryRun ? .listing : operation.freesNumbers ? .status : []
    case .quiet: []
    }
  }

  /// The request of a command line.
  enum Request {
    case help, version
    case work(Invocation)
  }

  /// Parses the arguments of this process.
  ///
  /// Throws if an argument is wrong or missing.
  static func parse() throws(UsageError) -> Request {
    var draft = Draft()
    var scanner = OptionScanner()
    while let element = scanner.next() {
      switch element {
      case .option(let option, let value):
        switch option.effect {
        case .help: return .help
        case .version: return .version
        case .term: try draft.take(term: option.long, value ?? ByteString([]))
        case .operation(let operation): try draft.take(operation, option)
        case .set(let set): try set(&draft, value ?? ByteString([]))
        }
      case .operand(let text): try draft.take(operand: text)
      case .unknown(let text): throw draft.refusal(of: text)
      case .missingValue(let option): throw .missingValue(option)
      }
    }
    return .work(try draft.finished())
  }

  /// The parts of the command line that have been read.
  struct Draft {
    private var pid: Int32?
    private var selectors: [Selector] = []
    /// The operation that the user asked for, and its option.
    private var operation: (value: Operation, option: Option)?
    private var method = Method.auto
    private var timeout: UInt32 = 5000
    var separatesTable = false
    var isDryRun = false
    var isExplained = false
    var verbosity = Verbosity.summary

    mutating func take(term name: String, _ value: ByteString) throws(UsageError) {
      try add { () throws(SelectorError) in try Selector(term: name, value: value) }
    }

    mutating func except(_ value: ByteString) throws(UsageError) {
      try add { () throws(SelectorError) in .not(try Selector(parsing: value)) }
    }

    /// Sets the operation.
    ///
    /// Throws if another operation was set, because one run does one operation.
    mutating func take(_ operation: Operation, _ option: Option) throws(UsageError) {
      if let other = self.operation?.option, other.long != option.long { throw .twoOperations(other, option) }
      self.operation = (operation, option)
    }

    mutating func setMethod(_ value: ByteString) throws(UsageError) {
      guard let method = Method(rawValue: value.description) else { throw .badMethod(value) }
      self.method = method
    }

    mutating func setTimeout(_ value: ByteString) throws(UsageError) {
      timeout = try Self.milliseconds(value)
    }

    mutating func take(operand text: ByteString) throws(UsageError) {
      guard pid != nil else {
        pid = try Self.processID(text)
        return
      }
      try add { () throws(SelectorError) in try Selector(parsing: text) }
    }

    private mutating func add(_ selector: () throws(SelectorError) -> Selector) throws(UsageError) {
      selectors.append(try mapError(UsageError.selector, selector))
    }

    /// The error for an unknown option, which may be a negative number.
    func refusal(of text: String) -> UsageError {
      guard text.dropFirst().first?.isNumber == true else { return .unknownOption(text) }
      let text = ByteString(text)
      return pid == nil ? .negativeProcessID(text) : .negativeNumber(text)
    }

    func finished() throws(UsageError) -> Invocation {
      guard let pid else { throw .noProcess }
      let selector = try wholeSelector()
      try mapError(UsageError.selector, selector.checkSense)
      let (value, option) = (operation?.value ?? .close, operation?.option)
      if !value.allows(method) { throw .noMethod(method, value, option) }
      return Invocation(
        processes: [pid], selector: selector, operation: value, method: method,
        separatesTable: separatesTable, timeout: timeout, isDryRun: isDryRun, isExplained: isExplained,
        verbosity: verbosity)
    }

    /// All selectors as one.
    ///
    /// Without a selector it is every number, but only if nothing is closed. Throws otherwise.
    private func wholeSelector() throws(UsageError) -> Selector {
      if !selectors.isEmpty { return Selector(combining: selectors) }
      guard isDryRun else { throw .noSelector }
      return try mapError(UsageError.selector) { () throws(SelectorError) in try Selector(parsing: "0-") }
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
