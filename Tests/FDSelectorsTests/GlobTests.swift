import FDCore
import FDSelectors
import Testing

@Suite struct GlobTests {
  @Test(arguments: [
    ("/var/log/*.log", "/var/log/a.log", true), ("/var/log/*.log", "/var/log/.log", true),
    ("/var/log/*.log", "/var/log/x/a.log", false), ("/var/log/**", "/var/log/x/a.log", true),
    ("/var/log/**", "/var/log", false), ("/var/log/**", "/var/logs/a", false),
    ("**.log", "/a/b/c.log", true), ("**/access.log", "/a/b/access.log", true),
    ("/a/**/z", "/a/z", true), ("/a/**/z", "/a/b/c/z", true), ("/a/**/z", "/a/bz", false),
    ("/a/**/**/z", "/a/z", true), ("/a?c", "/abc", true), ("/a?c", "/a/c", false),
    ("/[a-c]x", "/bx", true), ("/[!a-c]x", "/bx", false), ("/[^a-c]x", "/dx", true),
    ("/[]]x", "/]x", true), ("/a[/]b", "/a/b", false),
    ("/a\\*b", "/a*b", true), ("/a\\*b", "/axb", false), ("/a\\", "/a\\", true),
    ("socket:*", "socket:[77]", true), ("anon_inode:[eventpoll]", "anon_inode:[eventpoll]", true),
    ("anon_inode:*", "anon_inode:[eventfd]", true), ("pipe:[7]", "pipe:[7]", true),
    ("/?", "/é", true), ("/??", "/é", false), ("/[à-ü]", "/é", true), ("/[!a]", "/é", true),
    ("/*é", "/xé", true),
    ("*", "/a", false), ("**", "/a/b", true), ("/", "/", true), ("/a*", "/a", true), ("/a", "/ab", false),
  ])
  func matches(pattern: String, path: String, expected: Bool) throws {
    #expect(try Glob(parsing: pattern).matches(ByteString(path)) == expected)
  }

  @Test(arguments: ["/a\\", "/a\\\\", "/\\a\\*[\\]]"])
  func aPrintedGlobReadsBackAsTheSame(pattern: String) throws {
    let glob = try Glob(parsing: pattern)
    #expect(try Glob(parsing: glob.description) == glob)
  }

  @Test func aGlobMatchesInvalidUTF8() throws {
    #expect(try Glob(parsing: "/x/*").matches(ByteString(Array("/x/".utf8) + [0xFF, 0x0A, 0x80])))
  }

  /// A matcher that tries every way to cut the text takes years for this pattern.
  @Test(.timeLimit(.minutes(1))) func manyStarsDoNotTakeExponentialTime() throws {
    let pattern = String(repeating: "*a", count: 200) + "b"
    let text = ByteString([UInt8](repeating: UInt8(ascii: "a"), count: 4096))
    #expect(try !Glob(parsing: pattern).matches(text))
  }

  @Test(arguments: [
    ("", SelectorError.Problem.emptyGlob), ("/[a-c", .unclosedSet), ("/[]", .unclosedSet),
    ("/[z-a]", .reversedSet),
    ("/[[:alpha:]]", .classInSet), ("/[x[=a=]]", .classInSet),
    (String(repeating: "x", count: 4097), .globTooLong),
  ])
  func refuses(pattern: String, problem: SelectorError.Problem) {
    let error = #expect(throws: SelectorError.self) { try Glob(parsing: pattern) }
    #expect(error?.problem == problem)
  }
}
