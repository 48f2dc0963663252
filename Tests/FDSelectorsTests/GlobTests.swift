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
    ("/{a,b}x", "/ax", true), ("/{a,b}x", "/bx", true), ("/{a,b}x", "/cx", false),
    ("/{a,b}x", "/{a,b}x", true),
    ("/{,a}x", "/x", true), ("/{a,}", "/", true), ("/{a,{b,c}d}", "/cd", true), ("/{a,{b,c}d}", "/ad", false),
    ("/{*.log,a/**}", "/x.log", true), ("/{*.log,a/**}", "/a/b/c", true),
    ("/{*.log,a/**}", "/b/x.log", false),
    ("/{a,b}/**/z", "/b/z", true), ("/{[,},],x}", "/}", true), ("/{[,},],x}", "/a", false),
    ("/\\{a,b}", "/{a,b}", true), ("/\\{a,b}", "/a", false), ("/{a\\,b}", "/{a,b}", true),
    ("/{a}", "/{a}", true), ("/{a}", "/a", false), ("/{}", "/{}", true), ("/a}", "/a}", true),
    ("/{{a,b}}", "/{b}", true), ("a,b", "a,b", true), ("/{a,/**/}b", "/a/x/b", false),
    ("*", "/a", false), ("**", "/a/b", true), ("/", "/", true), ("/a*", "/a", true), ("/a", "/ab", false),
  ])
  func matches(pattern: String, path: String, expected: Bool) throws {
    #expect(try Glob(parsing: pattern).matches(ByteString(path)) == expected)
  }

  @Test(arguments: ["/a\\", "/a\\\\", "/\\a\\*[\\]]", "/\\{a\\,b,{c,d}}"])
  func aPrintedGlobReadsBackAsTheSame(pattern: String) throws {
    let glob = try Glob(parsing: pattern)
    #expect(try Glob(parsing: glob.description) == glob)
  }

  @Test func aGlobMatchesInvalidUTF8() throws {
    #expect(try Glob(parsing: "/x/*").matches(ByteString(Array("/x/".utf8) + [0xFF, 0x0A, 0x80])))
  }

  /// A matcher that tries every way to cut the text takes years for this pattern.
  @Test(.timeLimit(.minutes(5))) func manyStarsDoNotTakeExponentialTime() throws {
    let pattern = String(repeating: "*a", count: 200) + "b"
    let text = ByteString([UInt8](repeating: UInt8(ascii: "a"), count: 4096))
    #expect(try !Glob(parsing: pattern).matches(text))
  }

  /// The alternatives of this pattern stand for 2 to the power of 500 patterns.
  @Test(.timeLimit(.minutes(5))) func manyAlternativesDoNotTakeExponentialTime() throws {
    let pattern = String(repeating: "{a,aa}", count: 500) + "b"
    #expect(try !Glob(parsing: pattern).matches(ByteString(String(repeating: "a", count: 1000))))
    #expect(try Glob(parsing: pattern).matches(ByteString(String(repeating: "a", count: 700) + "b")))
    let nested = String(repeating: "{,a", count: 1000) + String(repeating: "}", count: 1000)
    #expect(try Glob(parsing: nested).matches(ByteString(String(repeating: "a", count: 1000))))
  }

  @Test(arguments: [
    ("", SelectorError.Problem.emptyGlob), ("/{a,b", .unclosedBrace), ("/{", .unclosedBrace),
    ("/{a,{b}", .unclosedBrace), ("/{a,[}", .unclosedSet), ("/{1..9}", .sequenceInBraces),
    ("/{a..z..2}", .sequenceInBraces), ("/[a-c", .unclosedSet), ("/[]", .unclosedSet),
    ("/[z-a]", .reversedSet),
    ("/[[:alpha:]]", .classInSet), ("/[x[=a=]]", .classInSet),
    (String(repeating: "x", count: 4097), .globTooLong),
  ])
  func refuses(pattern: String, problem: SelectorError.Problem) {
    let error = #expect(throws: SelectorError.self) { try Glob(parsing: pattern) }
    #expect(error?.problem == problem)
  }
}
