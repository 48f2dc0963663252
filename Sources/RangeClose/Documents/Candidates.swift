import FDCore
import FDSelectors

/// The values that completions offer for an option or a term.
enum Candidates {
  /// A value that only the user knows.
  case none
  /// One of these words.
  case word([String])
  /// A list of these words, separated by commas.
  case list([String])
  /// A list of processes, separated by commas.
  case processes
  /// An expression of the selector language.
  case selector
  case directory, file
  /// A value that the chosen process has in this column of its list.
  case held(StaticString)

  /// The kind, and the words after it, separated by spaces.
  var description: String {
    switch self {
    case .none: ""
    case .word(let words): "word " + words.joined(separator: " ")
    case .list(let words): "list " + words.joined(separator: " ")
    case .processes: "processes"
    case .selector: "selector"
    case .directory: "directory"
    case .file: "file"
    case .held(let column): "held \(column.description)"
    }
  }
}

extension Option {
  /// The candidates of the value: those of the term of the same name, or what the placeholder stands for.
  var candidates: Candidates {
    guard value != nil else { return .none }
    if isTerm { return TermSyntax.all.first { $0.name == long }?.candidates ?? .none }
    switch value {
    case "PID,...": return .processes
    case "SELECTOR": return .selector
    case "DIR": return .directory
    case "PATH": return .file
    case "METHOD": return .word(Method.allCases.map { $0.rawValue })
    case "WORD,...": return .list(Force.names)
    case "COLUMNS": return .list(Column.all.map { $0.name })
    case "COLUMN": return .word(Column.all.map { $0.name })
    case "DOCUMENT": return .word(Document.allCases.map { $0.rawValue })
    case let words? where words.utf8.allSatisfy({ 0x61...0x7A ~= $0 || $0 == UInt8(ascii: "|") }):
      return .word(words.split(separator: "|").map(String.init))
    default: return .none
    }
  }
}

extension TermSyntax {
  /// The candidates of the value behind the colon.
  var candidates: Candidates {
    if !words.isEmpty { return .list(words) }
    switch name {
    case "path", "tty": return .held("NAME")
    case "peer": return .held("PEER")
    case "local": return .held("LOCAL")
    case "mount", "fs": return .held("MOUNT")
    case "dev": return .held("DEVICE")
    case "inode": return .held("INODE")
    case "same-as": return .held("FD")
    case "owner": return .processes
    default: return .none
    }
  }
}
