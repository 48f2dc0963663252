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
  case unknownOption(RefusedOption)
  case missingValue(Option)
  case unexpectedValue(Option, ByteString)
  case valueNeedsSign(Option, ByteString)
  case optionWithoutDashes(Option, value: ByteString?)
  case allAndProcesses
  case expressionInPieces(String, whole: String, problem: SelectorError?)
  case twoOperations(Option, Option)
  case badMethod(ByteString)
  case badDocument(ByteString)
  case noMethod(Method, Operation, Option?)
  case methodOfDuplicate(Option)
  case tableOfDuplicate(Option)
  case numberOfDuplicate(String, Option)
  case badHalf(ByteString)
  case relativePath(ByteString)
  case savesNothing(Option)
  case badTimeout(ByteString)
  case emptyEntry(ByteString)
  case notAnInode(ByteString)
  case allAndDescendants
  case explainsOne
  case badForce(String)
  case noColumn(String)
  case columnsApart(ByteString, String)
  case replacesOldByNew(old: ByteString, new: ByteString)
  case replacesOneFile(ByteString)
  case sizeOfTruncation(ByteString)
  case patternWithoutQuotes(ByteString, pattern: String)
  case badJSON(String)
  case summaryOfColumns
  case explainedRows
  case twoInodes(Int32)
  case quietRows
  case selector(SelectorError)
}

extension UsageError {
  /// Prints that the shell may have taken the sign of a comparison, if it has redirected standard output.
  func complainOfRedirection() {
    // The amount became the name of the file. A log of a script has another name.
    guard let path = OwnFile.path(ofRegular: 1),
      let last = path.bytes.split(separator: UInt8(ascii: "/")).last
    else { return }
    let amount = String(decoding: last, as: UTF8.self).drop { $0 == "=" }
    let unit = amount.drop { $0.isNumber || $0 == "." }
    let longest = 3
    guard amount.first?.isNumber == true, unit.count <= longest, unit.allSatisfy({ $0.isLetter }) else {
      return
    }
    Output.complain("the shell took the > for itself: standard output is the file \(path)")
  }
}

extension UsageError {
  /// The pattern for a file as the user typed it.
  private static func pattern(_ path: ByteString) -> String {
    ForeignWord.quoted((path.hasPrefix("/") ? "" : "**/") + path.description)
  }

  /// The message for numbers with a minus sign in front.
  private static func negative(_ numbers: ByteString) -> String {
    let out = "--except \(numbers) to leave \(numbers.description.isDecimal ? "it" : "them") out"
    if ForeignWord.isSignal(numbers.description) {
      return "'-\(numbers)': rangeclose sends no signals; write \(out)"
    }
    let first = numbers.description.isDecimal ? "0-\(numbers)" : "\(numbers)"
    return "'-\(numbers)': the range lacks its first number; write \(first), or \(out)"
  }

  /// The seconds of a time with a unit, such as `500ms` and `1m`; nil if that is no timeout.
  private static func seconds(_ text: String) -> String? {
    let digits = text.prefix { $0.isNumber }
    guard digits.isDecimal, let number = UInt64(digits), 1...86400 ~= number else { return nil }
    switch String(text.dropFirst(digits.count)) {
    case "s", "sec", "seconds": return "\(number)"
    case "m", "min": return number <= 1440 ? "\(number * 60)" : nil
    case "h": return number <= 24 ? "\(number * 3600)" : nil
    case "ms":
      let thousandths = "\(number % 1000 + 1000)".dropFirst()
      return "\(number / 1000).\(thousandths)"
    default: return nil
    }
  }

}

extension ByteString {
  /// The half of a connection that other tools call so; nil for any other text.
  var half: String? {
    switch Spelling.lowercased(description) {
    case "r", "rd", "in", "rx", "recv", "shut_rd", "0": "read"
    case "w", "wr", "out", "tx", "send", "shut_wr", "1": "write"
    case "rw", "rdwr", "all", "shut_rdwr", "2": "both"
    default: nil
    }
  }

  /// Whether a value switches something off.
  fileprivate var isNo: Bool { ["false", "no", "off", "0"].contains(description) }
}

extension Option {
  /// The option, and the value that it does not take as an operand of its own, if that is one.
  fileprivate func withoutValue(_ value: ByteString) -> String {
    if (try? Selector(parsing: ByteString("\(long):\(value)"))) != nil {
      return "the operand \(long):\(value)"
    }
    if value.isNo, isTerm { return "--not \(long)" }
    // 0 and 1 may be meant as no and yes.
    let isChoice = value.bytes.count == 1 && "01".utf8.contains(value.bytes[0])
    let isOperand = isOperation && !isChoice && (try? Selector(parsing: value)) != nil
    return isOperand ? "--\(long) \(ForeignWord.quoted(value.description))" : "--\(long) alone"
  }

  /// The option as the user should type it, with a text after it if it takes that as its value.
  fileprivate func typed(with next: ByteString?) -> String {
    let value = next.map { ForeignWord.quoted($0.description) }
    if isValueOptional { return "--\(long)" + (next.map(accepts) == true ? "=\(value ?? "")" : "") }
    return self.value.map { "--\(long) \(value ?? $0)" } ?? "--\(long)"
  }
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
      "'\(text)' is not a process ID; \(ProcessGuess.answer(to: text))"
    case .negativeProcessID(let text) where ForeignWord.isSignal(String(text.description.dropFirst())):
      "'\(text)' is not a process ID: rangeclose sends no signals; leave it out"
    case .negativeProcessID(let text):
      "'\(text)' is not a process ID: it is negative; give one process, not a process group"
    case .largeProcessID(let text):
      "'\(text)' is too large for a process ID; the largest possible is 4194304"
    case .processZero:
      "0 is not a process ID; expected a number from 1 to 4194304"
    case .negativeNumber(let text):
      Self.negative(ByteString(Array(text.bytes.dropFirst())))
    case .unknownOption(let option):
      option.description
    case .missingValue(let option) where option.long == "force":
      UsageError.badForce("").description
    case .missingValue(let option):
      "--\(option.long) needs a value, \(option.value ?? "")"
    case .unexpectedValue(let option, let value)
    where option.long == "truncate" && value != "0" && value.bytes.first.map { 0x30...0x39 ~= $0 } == true:
      "--truncate takes no size; it always empties the file"
    case .unexpectedValue(let option, let value)
    where !option.isTerm && value.isNo && option.long != "truncate":
      "--\(option.long) takes no value; "
        + (option.long == "cloexec"
          ? "rangeclose can set the flag, and cannot clear it" : "leave --\(option.long) out")
    case .unexpectedValue(let option, let value):
      "--\(option.long) takes no value; write \(option.withoutValue(value))"
    case .valueNeedsSign(let option, let value):
      "--\(option.long) takes its value after an equals sign; write "
        + "--\(option.long)=\(ForeignWord.quoted(value.description))"
    case .optionWithoutDashes(let option, let value):
      "'\(option.long)' is an option; write \(option.typed(with: value))"
    case .allAndProcesses:
      "--all already means every process; leave --pid out"
    case .expressionInPieces(let word, let whole, nil):
      "'\(word)' stands alone: an expression is one argument; put it in quotes: "
        + (whole.contains("'") ? "\"\(whole)\"" : "'\(whole)'")
    case .expressionInPieces(let word, _, let problem?):
      "'\(word)' stands alone: an expression is one argument, in quotes; in it, \(problem)"
    case .twoOperations(let one, let other):
      "--\(one.long) and --\(other.long) are two operations, and one run does only one; leave one of them out"
    case .badMethod(let text):
      "'\(text)' is not a method; expected "
        + Method.allCases.map { $0.rawValue }.joined(separator: ", ")
    case .badDocument(let text):
      "'\(text)' is not a document; expected \(Document.list)"
    case .noMethod(let method, let operation, let option):
      "\(option.map { "--\($0.long)" } ?? "closing") cannot be done by --method=\(method.rawValue); expected "
        + Method.allCases.filter(operation.allows).map { $0.rawValue }.joined(separator: ", ")
    case .methodOfDuplicate(let option):
      "--\(option.long) works on the file itself, and has no methods; leave --method out"
    case .tableOfDuplicate(let option):
      "--\(option.long) works on the file itself, which all descriptor tables share; leave --unshare out"
    case .numberOfDuplicate(let term, let option):
      "--\(option.long) works on the file itself, and '\(term)' depends on the number, which may refer to"
        + " another file by then; leave it out"
    case .badHalf(let text) where text.half != nil:
      "'\(text)' is not a half of a connection; write --shutdown=\(text.half ?? "") in place of it"
    case .badHalf(let text):
      "'\(text)' is not a half of a connection; "
        + ((try? Selector(parsing: text)) == nil
          ? "expected read, write or both"
          : "write --shutdown \(ForeignWord.quoted(text.description)) in place of it")
    case .relativePath(let path):
      "'\(path)' is not an absolute path, and the process may have another working directory;"
        + " --replace=PATH needs a path that begins with /"
    case .savesNothing(let option):
      "--\(option.long) leaves the content of files as it is, so --save has nothing to copy; leave one of"
        + " them out"
    case .badTimeout(let text):
      "'\(text)' is not a timeout; "
        + (Self.seconds(text.description).map { "write \($0)" }
          ?? "expected seconds, more than 0 and at most 86400")
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
    case .noColumn(let name) where name.isDecimal:
      "there is no column '\(name)'; -o takes the columns, and the process stands beside it, as in"
        + " -o FD,NAME \(name)"
    case .noColumn(let name):
      "there is no column '\(ByteString(name))'; "
        + (Column.meant(by: name).map { "did you mean \($0)?" } ?? "see --list-columns")
    case .columnsApart(let typed, let name):
      "'\(typed)' is a column; the columns are one argument, such as -o FD,\(name)"
    case .replacesOldByNew(let old, let new):
      "--replace takes the new file after an equals sign, and a selector picks the old one; write"
        + " --replace=\(ForeignWord.quoted(new.description)) --path \(Self.pattern(old))"
    case .replacesOneFile(let path):
      "--replace takes a path after an equals sign, and a selector picks the files; write"
        + " --replace --path \(Self.pattern(path)) to put /dev/null in place of it"
    case .patternWithoutQuotes(let path, let pattern):
      "'\(path)' stands beside another path: the shell makes many words of a pattern without quotes; write"
        + " \(ForeignWord.quoted(pattern))"
    case .sizeOfTruncation(let size):
      "--truncate takes no size, and --size \(size) would be a selector; "
        + (size == "0" ? "leave --size out" : "it always empties the file")
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
}
