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
  case methodOfDuplicate(Option)
  case tableOfDuplicate(Option)
  case badHalf(ByteString)
  case badTimeout(ByteString)
  case emptyEntry(ByteString)
  case notAnInode(ByteString)
  case allAndDescendants
  case explainsOne
  case badForce(String)
  case noColumn(String)
  case badJSON(String)
  case summaryOfColumns
  case explainedRows
  case twoInodes(Int32)
  case quietRows
  case selector(SelectorError)
}

extension UsageError: CustomStringConvertible {
  /// The wrong words, the reason, and the remedy.
  var description: String {
    switch self {
    case .noProcess:
      "no process given; expected PID SELECTOR..., or --all for every process"
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
    case .missingValue(let option) where option.long == "force":
      UsageError.badForce("").description
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
    case .methodOfDuplicate(let option):
      "--\(option.long) works on the file itself, and has no methods; leave --method out"
    case .tableOfDuplicate(let option):
      "--\(option.long) works on the file itself, which all descriptor tables share; leave --unshare out"
    case .badHalf(let text):
      "'\(text)' is not a half of a connection; expected read, write or both"
    case .badTimeout(let text):
      "'\(text)' is not a timeout; expected seconds, more than 0 and at most 86400"
    case .emptyEntry(let list):
      "'\(list)': an entry of the list of processes is empty; expected PID,PID,..."
    case .notAnInode(let entry):
      "'\(entry)' is not a process ID with the inode number of its pidfd; expected PID:INODE"
    case .allAndDescendants:
      "--all already means every process; leave --descendants out"
    case .explainsOne:
      "--explain explains the work on one process; name one process"
    case .badForce(let word):
      (word.isEmpty ? "--force needs words" : "'\(ByteString(word))' is not a word for --force")
        + "; it switches off one safeguard for each word: \(Force.list)"
    case .noColumn(let name):
      "there is no column '\(ByteString(name))'; "
        + (Spelling.nearest(to: name.uppercased(), among: Column.all.map { $0.name })
          .map { "did you mean \($0)?" } ?? "see --list-columns")
    case .badJSON(let text):
      "'\(ByteString(text))' is not a form of JSON; expected --json or --json=lines"
    case .summaryOfColumns:
      "--summary has columns and an order of its own; leave --output and --sort out"
    case .explainedRows:
      "--explain prints no rows; leave the options for rows out"
    case .twoInodes(let pid):
      "process \(pid) is listed twice with different inode numbers; a process has one"
    case .quietRows:
      "--quiet prints no rows; leave it out, or leave the options for rows out"
    case .selector(let error):
      error.description
    }
  }

  private static func option(meantBy text: String) -> String? {
    let name = text.drop { $0 == "-" }.prefix { $0 != "=" }
    return Spelling.nearest(to: String(name), among: Option.all.map { $0.long })
  }
}
