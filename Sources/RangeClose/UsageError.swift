import FDCore
import FDSelectors

/// An error in the command line.
enum UsageError: Error {
  case noProcess, noSelector
  case notAProcessID(ByteString)
  case negativeProcessID(ByteString)
  case largeProcessID(ByteString)
  case processZero
  case negativeNumber(ByteString)
  case unknownOption(String)
  case missingValue(Option)
  case twoOperations(Option, Option)
  case badMethod(ByteString)
  case noMethod(Method, Operation, Option?)
  case badTimeout(ByteString)
  case selector(SelectorError)
}

extension UsageError: CustomStringConvertible {
  /// The wrong words, the reason, and the remedy.
  var description: String {
    switch self {
    case .noProcess:
      "no process given; expected PID SELECTOR..."
    case .noSelector:
      "no selector given, and nothing is closed without one; expected a range such as 3-, an option"
        + " such as --deleted, or an expression; -n alone lists all descriptors"
    case .notAProcessID(let text):
      "'\(text)' is not a process ID; expected a number, as pgrep(1) prints it"
    case .negativeProcessID(let text):
      "'\(text)' is not a process ID: it is negative; give one process, not a process group"
    case .largeProcessID(let text):
      "'\(text)' is too large for a process ID; the largest possible is 4194304"
    case .processZero:
      "0 is not a process ID; expected a number from 1 to 4194304"
    case .negativeNumber(let text):
      "'\(text)': the range lacks its first number; write 0\(text)"
    case .unknownOption(let text):
      "there is no option '\(ByteString(text))', or several begin with it; "
        + (Self.option(meantBy: text).map { "did you mean --\($0)?" } ?? "see --help")
    case .missingValue(let option):
      "--\(option.long) needs a value, \(option.value ?? "")"
    case .twoOperations(let one, let other):
      "--\(one.long) and --\(other.long) are two operations, and one run does only one; leave one of them out"
    case .badMethod(let text):
      "'\(text)' is not a method; expected "
        + Method.allCases.map { $0.rawValue }.joined(separator: ", ")
    case .noMethod(let method, let operation, let option):
      "\(option.map { "--\($0.long)" } ?? "closing") cannot be done by --method=\(method.rawValue); expected "
        + Method.allCases.filter(operation.allows).map { $0.rawValue }.joined(separator: ", ")
    case .badTimeout(let text):
      "'\(text)' is not a timeout; expected seconds, more than 0 and at most 86400"
    case .selector(let error):
      error.description
    }
  }

  private static func option(meantBy text: String) -> String? {
    let name = text.drop { $0 == "-" }.prefix { $0 != "=" }
    return Spelling.nearest(to: String(name), among: Option.all.map { $0.long })
  }
}
