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

  var processes: ProcessChoice
  var selector: Selector
  /// Whether the command line has a selector; without one, all descriptors are listed.
  var hasSelector: Bool
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
  /// The form of the rows.
  var layout: Layout
  var force: Force
  /// Whether rangeclose refuses to do what may harm the process.
  var isStrict: Bool
  /// The folder to which regular files are copied first; nil without `--save`.
  var savePath: ByteString?
  /// Numbers that the user may mean to leave out.
  struct Exception {
    let numbers: ByteString
    /// The value of the `--except` directly in front of them; nil if they stand elsewhere.
    let except: ByteString?
    let reason: Reason

    /// Why they are picked.
    enum Reason {
      /// Another operand picks them already.
      case byOthers
      /// They stand directly after `-v`, and nothing else picks them.
      case afterVerbose
      /// They stand directly after the value of `--except`.
      case afterExcept
    }
  }

  /// Numbers that are picked, and that the user may mean to leave out; nil if there are none.
  var meantAsException: Exception?

  /// Whether the descriptor 0 was named directly after `--truncate`.
  var hasSizeZero: Bool

  /// Whether `--raw` stands directly after `--sort`.
  var sortsBeforeRaw: Bool

  /// Whether all selectors are ranges.
  ///
  /// If so, it is not an error if nothing is open in them.
  var isRangesAlone: Bool { selector.facts.isEmpty }

  /// Whether rangeclose attaches to nothing.
  var isPreview: Bool { isDryRun || isExplained }

  /// Whether rows are printed.
  var printsRows: Bool { verbosity == .rows || isDryRun && verbosity != .quiet }

  /// Whether a dry run also says what the command would do; a list for another program does not.
  var explainsDryRun: Bool {
    isDryRun && verbosity != .quiet && layout.format == .table && layout.hasHeadings
  }

  /// The facts that the output shows, in addition to the facts that the selector needs.
  var display: FactSet {
    // The search for the holders of a closed file needs its status, and its name.
    if printsRows { return layout.facts.union(operation.dropsFiles ? .lostNames : []) }
    return (verbosity == .summary || isStrict) && operation.dropsFiles ? .lostNames : []
  }

  /// The permissions of the user for operations on files.
  var consent: Consent {
    var consent: Consent = selector.namesListeners ? .listeners : []
    if force.contains(.mapped) { consent.insert(.mapped) }
    if force.contains(.shared) { consent.insert(.shared) }
    return consent
  }

  /// The request of a command line.
  enum Request {
    case help, version, columns
    case document(Document)
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
        case .columns: return .columns
        case .document: return .document(try document(value))
        default: break
        }
        // The next option is no value.
        if let value, option.value != nil, Option.isName(value) { throw .missingValue(option) }
        do {
          try draft.take(option, value)
        } catch {
          throw draft.error(option, value, isTruncating: scanner.hasOption("--truncate"))
            ?? scanner.foreignWord.map(draft.refusal) ?? error
        }
      case .operand(let text): try draft.take(operand: text)
      case .unknown(let option): throw draft.refusal(of: option)
      case .missingValue(let option): throw .missingValue(option)
      case .unexpectedValue(let option, let value): throw .unexpectedValue(option, value)
      }
    }
    return .work(try draft.finished())
  }

  private static func document(_ name: ByteString?) throws(UsageError) -> Document {
    let name = name ?? ByteString([])
    guard let document = Document(rawValue: name.description) else { throw .badDocument(name) }
    return document
  }
}
