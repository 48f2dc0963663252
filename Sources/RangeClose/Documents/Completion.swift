import FDCore
import FDSelectors

/// The tables of options and terms, in the form that the completions of the shells read.
///
/// Each line of a table has fields between bars. The last field is a help text, which may have bars, too.
/// - Options: the long name, the letter or nothing, `none`, `optional` or `required` for the value, the
///   `Candidates` of the value, and the help.
/// - Terms: the beginning of the term as a user types it, the `Candidates` of what follows, and an example.
enum Completion {
  /// The text that gives the shell the two tables as variables.
  static func tables(for shell: Document) -> String {
    let note = "# Printed by 'rangeclose --generate=\(shell.rawValue)' of rangeclose \(RangeClose.version).\n"
    return note + assignment("options", options, in: shell) + assignment("terms", terms, in: shell)
  }

  private static var options: String {
    Option.all.map { option in
      let rule = option.value == nil ? "none" : option.isValueOptional ? "optional" : "required"
      let letter = option.short.map { String(Character($0)) } ?? ""
      return "\(option.long)|\(letter)|\(rule)|\(option.candidates.description)|\(option.help)"
    }.joined(separator: "\n")
  }

  private static var terms: String {
    TermSyntax.all.flatMap { term in
      term.starts.map { start in
        let value = start.hasSuffix(":") ? term.candidates.description : ""
        return "\(start)|\(value)|\(term.example)"
      }
    }.joined(separator: "\n")
  }

  /// The assignment of a text to a variable, in single quotes.
  private static func assignment(_ name: String, _ text: String, in shell: Document) -> String {
    var quoted = ""
    for character in text {
      switch (character, shell) {
      case ("'", .fish): quoted += "\\'"
      case ("\\", .fish): quoted += "\\\\"
      case ("'", _): quoted += "'\\''"
      default: quoted.append(character)
      }
    }
    return shell == .fish
      ? "set -g __rangeclose_\(name) '\(quoted)'\n" : "_rangeclose_\(name)='\(quoted)'\n"
  }
}
