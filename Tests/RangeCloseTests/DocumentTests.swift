import FDSelectors
import Glibc
import TestSupport
import Testing

/// The documents agree with what the command does.
@Suite struct DocumentTests {
  private static let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }

  private func read(_ path: String) throws -> String {
    try Target("cat", ["\(Self.root)/\(path)"]).rest()
  }

  private func longOptions(in text: String, after marker: String) -> Set<String> {
    Set(
      text.components(of: marker).dropFirst().map { rest in
        String(rest.prefix { $0.isLetter || $0 == "-" || $0 == "\\" }).replacing("\\-", with: "-")
      }.filter { !$0.isEmpty })
  }

  @Test func theManualPageHasEveryOptionAndNoOther() throws {
    let help = try rangeclose("--help").output
    let known = longOptions(in: help, after: "  --").union(longOptions(in: help, after: ", --"))
    #expect(known.contains("deleted") && known.contains("dry-run"))
    // The options of rangeclose stand at the head of a paragraph. The options of other commands do not.
    let page = try read("man/rangeclose.1")
    let heads = page.split(separator: "\n").filter {
      $0.hasPrefix(".B \\-\\-") || $0.hasPrefix(".BR \\-") || $0.hasPrefix(".BI \"\\-\\-")
        || $0.hasPrefix(".BI \\-\\-")
    }
    let described = heads.reduce(into: Set<String>()) {
      $0.formUnion(longOptions(in: String($1), after: "\\-\\-"))
    }
    #expect(described == known)
  }

  /// A build embeds the pages, also after an edit of a page alone.
  @Test(arguments: [("man", "man/rangeclose.1"), ("man-selectors", "man/rangeclose-selectors.7")])
  func theCommandPrintsItsManualPages(name: String, path: String) throws {
    let run = try rangeclose("--generate", name)
    #expect(run.status == 0 && run.errors.isEmpty)
    #expect(run.output == (try read(path)))
  }

  @Test func theManualPageHasTheVersion() throws {
    let version = try rangeclose("--version").output.dropLast()
    #expect(try read("man/rangeclose.1").contains("\"\(version)\""))
  }

  @Test func theManualPageHasEveryExitStatus() throws {
    let page = try read("man/rangeclose.1")
    let section = try #require(page.components(of: ".SH \"EXIT STATUS\"").last?.components(of: ".SH").first)
    let statuses = section.split(separator: "\n").compactMap {
      $0.hasPrefix(".B ") ? Int($0.dropFirst(3)) : nil
    }
    let source = try read("Sources/RangeClose/CommandLine/ExitStatus.swift")
    let declared = source.components(of: " = ").dropFirst().compactMap { Int($0.prefix { $0.isNumber }) }
    #expect(statuses == declared)
  }

  @Test(arguments: TermSyntax.all.map(\.name))
  func theManualPageHasEveryTermAndItsWords(name: String) throws {
    let page = Self.plain(try read("man/rangeclose-selectors.7"))
    let syntax = try #require(TermSyntax.all.first { $0.name == name })
    let heads = ["\(name)\n", "\(name):", "\(name) C", "\(name):\(syntax.valueName)"]
    #expect(heads.contains { page.contains("\n\($0)") }, "\(name) has no paragraph")
    let words = Set(page.split { !($0.isLetter || $0.isNumber || "-_".contains($0)) }.map(String.init))
    // The command also takes the words that other tools print. The manual page need not list them.
    let alsoTaken: Set = [
      "unconnected", "close", "fin-wait1", "fin-wait2", "estab", "unconn",
    ]
    // address_families(7) has the words for families that have been out of use for long.
    let rare: Set = [
      "appletalk", "atm", "ax25", "caif", "ib", "ieee802154", "ipx", "isdn", "iucv", "l2tp", "llc", "mctp",
      "netrom", "nfc", "phonet", "pppox", "rose", "rxrpc", "x25",
    ]
    #expect(Set(syntax.words).subtracting(words).subtracting(alsoTaken).subtracting(rare) == [])
  }

  /// The command understands every command line of the manual pages.
  ///
  /// An error about a name that does not exist here counts as understood.
  @Test(arguments: ["man/rangeclose.1", "man/rangeclose-selectors.7"])
  func theManualPagesShowValidCommands(path: String) throws {
    let target = try Target(Programs.fixture("holder"))
    let lines = Self.plain(try read(path)).replacing("\\c\n", with: "").split(separator: "\n").compactMap {
      line in
      let command = line.hasPrefix("$ ") ? line.dropFirst(2) : line
      return command.hasPrefix("rangeclose ") && command.contains(" 1000 ") ? String(command) : nil
    }
    #expect(lines.count > 4)
    for line in lines where !line.contains("$s") && !line.contains("...") {
      let command = line.replacing(" 1000 ", with: " -n \(target.pid) ")
        .replacing("rangeclose ", with: "\(Programs.rangeclose) ")
      let run = try Target("sh", ["-c", command])
      let answer = try run.rest()
      let namesSomethingMissing = [
        "cannot be looked up", "cannot be examined", "not a mount point", "there is no process",
        "not the device file", "would be refused: --save: ",
      ].contains { answer.contains($0) }
      #expect([0, 1].contains(run.wait()) || namesSomethingMissing, "\(line): \(answer)")
    }
  }

  /// The text of a manual page, without the requests that format it.
  private static func plain(_ source: String) -> String {
    var text = source
    for (sign, meaning) in [
      ("\\-", "-"), ("\\(aq", "'"), ("\\(ti", "~"), ("\\(ha", "^"), ("\\~", " "), ("\\e", "\\"), ("\\fB", ""),
      ("\\fP", ""), ("\\fI", ""), ("\\fR", ""),
    ] {
      text = text.replacing(sign, with: meaning)
    }
    return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      guard line.hasPrefix(".B") else { return String(line) }
      let words = line.drop { $0 != " " }.dropFirst()
      return line.hasPrefix(".B ") ? String(words) : words.filter { $0 != " " }
    }.joined(separator: "\n")
  }

  @Test func theReadmeDrawsEveryDirectory() throws {
    let readme = try read("README.md")
    let tree = try Target(
      "sh",
      [
        "-c",
        "cd '\(Self.root)' && ls -d Sources/* Sources/FDCore/* Sources/FDCore/Injection/* Tests/Fixtures man",
      ]
    ).rest()
    for path in tree.split(separator: "\n") where !path.hasSuffix(".swift") && !path.hasSuffix(".md") {
      let name = path.split(separator: "/").last ?? ""
      #expect(readme.contains("\(name)/"), "README.md does not show \(path)")
    }
  }

  /// A redirection by mistake leaves a file there.
  @Test func theTopLevelHasNothingElse() throws {
    let names = try Target("sh", ["-c", "cd '\(Self.root)' && ls"]).rest().split(separator: "\n")
    #expect(Set(names) == ["Package.swift", "README.md", "Sources", "Tests", "man"])
  }

  // MARK: - The index of the fixtures

  @Test func theIndexOfFixturesHasEveryDirectory() throws {
    let directories = try Target("sh", ["-c", "cd '\(Self.root)/Tests/Fixtures' && ls -d */"]).rest()
      .split(separator: "\n").map { String($0.dropLast()) }
    let names = try fixtureIndex().map(\.name)
    #expect(names == directories)
    // The kernel keeps 15 characters of `fixture-NAME`, by which messages name it.
    #expect(Set(directories.map { $0.prefix(7) }).count == directories.count)
  }

  @Test func theIndexOfFixturesHasEveryUser() throws {
    let files = try fixtureUsers()
    for (name, users) in try fixtureIndex() {
      let named = try users.map(file)
      let using = files.filter { $0.fixture == name }.map(\.path)
      #expect(Set(named) == Set(using), "\(name)")
    }
  }

  /// The rows of the index: the name of each fixture, and the suites, files and soak checks that use it.
  private func fixtureIndex() throws -> [(name: String, users: [String])] {
    try read("Tests/Fixtures/README.md").split(separator: "\n").filter { $0.hasPrefix("| [") }.map { row in
      let cells = row.split(separator: "|").map(String.init)
      try #require(cells.count == 4 && cells.allSatisfy { $0.contains { $0 != " " } }, "\(row)")
      let name = String(cells[0].drop { $0 != "[" }.dropFirst().prefix { $0 != "]" })
      #expect(cells[0] == " [\(name)](\(name)/main.c) ")
      // Every second piece between backquotes is a name.
      let pieces = cells[2].split(separator: "`", omittingEmptySubsequences: false)
      return (name, stride(from: 1, to: pieces.count, by: 2).map { String(pieces[$0]) })
    }
  }

  /// Which Swift file starts or compiles which fixture.
  private func fixtureUsers() throws -> Set<FixtureUse> {
    let pattern = #"(fixture|Worker)\("[a-z0-9-]+"|/Fixtures/[a-z0-9-]+/"#
    let found = try Target(
      "sh", ["-c", "cd '\(Self.root)' && grep -roE --include='*.swift' \"$0\" Tests", pattern]
    ).rest()
    return Set(
      found.split(separator: "\n").map { line in
        let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
        let words = parts[1].split { $0 == "\"" || $0 == "/" }
        return FixtureUse(path: parts[0], fixture: words.last.map(String.init) ?? "")
      })
  }

  private struct FixtureUse: Hashable {
    let path: String
    let fixture: String
  }

  /// The file of a suite, of a soak check, or of helpers of the suites.
  private func file(_ user: String) throws -> String {
    let (name, text) =
      if user.hasPrefix("soak ") {
        ("*.swift", "\"\(user.dropFirst(5))\", counting:")
      } else if user.hasSuffix(".swift") {
        (user, "")
      } else {
        ("\(user).swift", "struct \(user) {")
      }
    let script = "cd '\(Self.root)' && grep -rlF --include=\"$0\" -e \"$1\" Tests"
    let paths = try Target("sh", ["-c", script, name, text]).rest().split(separator: "\n")
    try #require(paths.count == 1, "\(user): \(paths)")
    return String(paths[0])
  }
}

extension String {
  /// The parts of the text between the occurrences of `separator`.
  fileprivate func components(of separator: String) -> [String] {
    var parts: [String] = []
    var rest = self[...]
    while let found = rest.firstRange(of: separator) {
      parts.append(String(rest[..<found.lowerBound]))
      rest = rest[found.upperBound...]
    }
    return parts + [String(rest)]
  }
}
