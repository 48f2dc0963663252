import FDSelectors
import TestSupport
import Testing

/// The list of other tools' words in the manual is the table that the messages use.
@Suite struct ForeignWordDocumentTests {
  private static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }

  @Test func theManualPageHasEveryForeignWord() throws {
    let page = try Target("cat", ["\(Self.root)/man/rangeclose-selectors.7"]).rest()
    let start = try #require(page.firstRange(of: ".SS Words of other tools\n"))
    let rest = page[start.upperBound...]
    let section = rest[..<(try #require(rest.firstRange(of: ".SH NOTES"))).lowerBound]
    let list = section.firstRange(of: ".PP\n.B").map { section[$0.lowerBound...] } ?? ""
    #expect(list == Self.list, "the section should end with:\n\(Self.list)")
  }

  /// The list as the manual page has it: a heading for each tool, and a paragraph for each word.
  private static var list: String {
    var text = ""
    var tool: String?? = .none
    for word in ForeignWord.all {
      if tool != .some(word.tool) {
        text += (text.isEmpty ? "" : ".PD\n") + ".PP\n.B \(word.tool ?? "Other words")\n.PD 0\n"
        tool = word.tool
      }
      text += ".TP 28n\n.B \(roff(word.spelling))\n\(roff(word.ours))\n"
    }
    text += ".PD\n"
    for (tool, words) in ForeignWord.strangers {
      text += ".PP\n.B rangeclose\nhas nothing like these words of \(tool):\n"
      text += words.map { ".BR \(roff($0))\($0 == words.last ? " ." : " ,")\n" }.joined()
    }
    return text
  }

  /// A text as the source of a manual page.
  private static func roff(_ text: String) -> String {
    let signs: [Character: String] = [
      "\\": "\\e", "-": "\\-", "'": "\\(aq", "\"": "\\(dq", "~": "\\(ti", "^": "\\(ha", "`": "\\(ga",
    ]
    let source = text.map { signs[$0] ?? String($0) }.joined()
    return source.hasPrefix(".") ? "\\&" + source : source
  }

  /// Each example is answered with what the manual page says.
  @Test(arguments: ForeignWord.all.map(\.spelling)) func theExampleIsAnswered(spelling: String) throws {
    let word = try #require(ForeignWord.all.first { $0.spelling == spelling })
    let words =
      switch word.place {
      case .option where !word.example.isEmpty: [word.word, word.example]
      case .option: [word.word]
      case .operand, .value: [spelling]
      }
    let target = try holder()
    let run = try rangeclose(["-n", "\(target.pid)"] + words)
    #expect(run.status == 2 && run.errors.contains(word.ours), "\(run)")
    for advice in Advice.all(in: run.errors) {
      let next = advice.followed(in: "$P '\(words.joined(separator: " "))'")
      let shell = try Target(
        "sh", ["-c", "\"$0\" -n \(next)", Programs.rangeclose], environment: ["P=\(target.pid)"])
      let output = try shell.rest()
      let isExcused = Advice.reasonsOfTheMachine.contains { output.contains($0) }
      #expect(shell.wait() != 2 || isExcused, "\(next): \(output)")
    }
  }
}
