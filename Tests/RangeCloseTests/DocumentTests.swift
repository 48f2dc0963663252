import Glibc
import TestSupport
import Testing

/// The documents say what the command does.
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
    // Options of ours stand at the head of a paragraph; those of other commands do not.
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
    let source = try read("Sources/RangeClose/ExitStatus.swift")
    let declared = source.components(of: " = ").dropFirst().compactMap { Int($0.prefix { $0.isNumber }) }
    #expect(statuses == declared)
  }

  @Test func theTreeIsWhatTheReadmeDraws() throws {
    let readme = try read("README.md")
    let tree = try Target(
      "sh", ["-c", "cd '\(Self.root)' && ls -d Sources/* Sources/FDCore/* Tests/Fixtures man"]
    ).rest()
    for path in tree.split(separator: "\n") where !path.hasSuffix(".swift") {
      let name = path.split(separator: "/").last ?? ""
      #expect(readme.contains("\(name)/"), "README.md does not show \(path)")
    }
  }
}

extension String {
  /// The text cut at each place where `separator` stands.
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
