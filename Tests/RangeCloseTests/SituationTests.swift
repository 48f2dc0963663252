import TestSupport
import Testing

/// The page of situations against the tests that it names.
@Suite struct SituationTests {
  private static let tests = #filePath.split(separator: "/").dropLast(2).reduce("") { "\($0)/\($1)" }

  /// A row of the page.
  private struct Row {
    let cells: [String]

    /// The suite and the function that the last cell names.
    var test: (suite: String, function: String)? {
      let parts = Row.code(in: cells.last ?? "").first?.split(separator: ".").map(String.init) ?? []
      return parts.count == 2 ? (parts[0], parts[1]) : nil
    }

    /// The texts that rangeclose, the program or its peer prints.
    var texts: [String] { cells.count == 5 ? Row.code(in: cells[2]) + Row.code(in: cells[3]) : [] }

    private static func code(in cell: String) -> [String] {
      cell.split(separator: "`", omittingEmptySubsequences: false).enumerated()
        .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
    }
  }

  private static let rows = Result { () throws -> [Row] in
    try content(of: tests + "/SITUATIONS.md").split(separator: "\n")
      .filter { $0.hasPrefix("| ") && !$0.hasPrefix("| what is wrong") }
      .map { line in
        Row(cells: line.dropFirst(2).dropLast(2).split(separator: " | ").map(String.init))
      }
  }

  /// The source that defines a suite; nil if there is none.
  private static func source(of suite: String) throws -> String? {
    let find = try Target("grep", ["-rlw", "struct \(suite)", tests, "--include=*.swift"])
    let paths = try find.rest().split(separator: "\n").map(String.init)
    return try paths.count == 1 ? content(of: paths[0]) : nil
  }

  private static func content(of path: String) throws -> String { try Target("cat", [path]).rest() }

  @Test func thereAreAtLeastForty() throws {
    let rows = try Self.rows.get()
    #expect(rows.count >= 40)
    #expect(rows.allSatisfy { $0.cells.count == 5 && $0.test != nil })
  }

  /// The tests exist, and expect what the page says that is printed.
  @Test func eachRowHasItsTest() throws {
    for row in try Self.rows.get() {
      guard let test = row.test, let source = try Self.source(of: test.suite) else {
        Issue.record("no suite: \(row.cells)")
        continue
      }
      let functions = source.split(separator: "@Test")
        .filter { $0.contains("func \(test.function)(") }
      #expect(functions.count == 1, "no such test: \(test)")
      for text in row.texts {
        #expect(source.contains(text), "not in the source of \(test): \(text)")
      }
    }
  }
}
