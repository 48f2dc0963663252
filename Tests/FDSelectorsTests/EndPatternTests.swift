import FDCore
import FDSelectors
import Testing

@Suite struct EndPatternTests {
  private func end(_ address: String, _ port: UInt16) throws -> SocketAddress {
    .ip(try #require(IPAddress(address)), port: port)
  }

  @Test(arguments: [
    ("10.1.2.3:80", "10.1.2.3", 80 as UInt16, true), ("10.1.2.3:80", "10.1.2.3", 81, false),
    ("10.1.2.3", "10.1.2.3", 5, true), (":80", "192.0.2.1", 80, true), (":80", "::1", 80, true),
    (":80", "::1", 81, false), ("*:80", "::1", 80, true), ("10.1.2.3:*", "10.1.2.3", 9, true),
    ("10.0.0.0/8", "10.255.0.1", 1, true), ("10.0.0.0/8", "11.0.0.1", 1, false),
    ("10.0.0.0/8:443", "10.0.0.1", 443, true), ("10.9.9.9/8", "10.0.0.1", 1, true),
    ("0.0.0.0/0", "1.2.3.4", 1, true), ("0.0.0.0/0", "2001:db8::1", 1, false),
    ("[::1]:80", "::1", 80, true), ("[::1]", "::1", 7, true), ("::1", "::1", 7, true),
    ("2001:db8::/32", "2001:db8:1::5", 1, true), ("[2001:db8::]/32:443", "2001:db8::5", 443, true),
    ("[2001:db8::/32]:443", "2001:db8::5", 443, true), ("2001:db8::/32", "2001:db9::", 1, false),
    ("::/0", "2001:db9::", 1, true), ("::/0", "192.0.2.1", 1, false), ("::/64", "192.0.2.1", 1, false),
    ("::ffff:127.0.0.0/104", "127.9.0.1", 1, true), ("::ffff:127.0.0.0/104", "128.0.0.1", 1, false),
    ("::ffff:0:0/96", "192.0.2.1", 1, true), ("::ffff:0:0/96", "::1", 1, false),
    ("127.0.0.1:80", "::ffff:127.0.0.1", 80, true),
    ("[::ffff:127.0.0.1]:80", "127.0.0.1", 80, true), (":http", "192.0.2.1", 80, true),
    ("localhost:80", "127.0.0.1", 80, true),
  ])
  func matches(pattern: String, address: String, port: UInt16, expected: Bool) throws {
    let peer = try EndPattern(parsing: pattern).resolved(at: Snippet("x"))
    #expect(peer.matches(try end(address, port)) == expected)
  }

  /// A combining mark after a colon or a bracket is a character of its own.
  @Test func aCombiningMarkIsACharacterOfItsOwn() throws {
    #expect(try EndPattern(parsing: "unix::\u{301}2").matches(.unix(":\u{301}2")))
    #expect(throws: SelectorError.self) { try EndPattern(parsing: "socket:[\u{301}7]") }
  }

  @Test func unixNamesAreGlobs() throws {
    let path = SocketAddress.unix("/run/x.sock")
    let abstract = SocketAddress.unix(ByteString([0] + Array("bus".utf8)))
    #expect(try EndPattern(parsing: "unix:/run/x.sock").matches(path))
    #expect(try EndPattern(parsing: "unix:/run/*.sock").matches(path))
    #expect(try !EndPattern(parsing: "unix:/run/y.sock").matches(path))
    #expect(try EndPattern(parsing: "unix:@bus").matches(abstract))
    #expect(try !EndPattern(parsing: "unix:bus").matches(abstract))
    #expect(try !EndPattern(parsing: "unix:**").matches(end("127.0.0.1", 1)))
    #expect(try !EndPattern(parsing: "*").matches(path))
  }

  @Test(arguments: [
    ("", SelectorError.Problem.emptyEnd), ("unix:", .emptyEnd), ("[::1", .unclosedBracket),
    ("[::1:80", .unclosedBracket), ("[127.0.0.1]:80", .notAnIPv6Address),
    ("[x]:80", .notAnIPv6Address), ("::1:x:80", .ambiguousColons), ("a:b:c", .ambiguousColons),
    ("80", .bareNumber), ("a:0", .badPort), ("a:65536", .badPort), ("a:", .badPort),
    ("a:-1", .badPort), (":", .badPort), ("10.0.0.0/33", .badPrefix),
    ("10.0.0.0/", .badPrefix), ("10.0.0.0/x", .badPrefix), ("::/129", .badPrefix),
    ("host/8", .notAnAddress), ("fe80::1%eth0", .addressZone("eth0")),
    ("[fe80::1%lo]:80", .addressZone("lo")),
    ("10.0.0.1\\000:80", .notAHost), ("[::1\\000]:80", .notAnIPv6Address),
  ])
  func refuses(pattern: String, problem: SelectorError.Problem) {
    let error = #expect(throws: SelectorError.self) { try EndPattern(parsing: pattern) }
    #expect(error?.problem == problem)
  }

  @Test func anErrorInBracketsPointsIntoTheText() {
    let text = ByteString("3- and peer:[2001:db8::]/129:80")
    let error = #expect(throws: SelectorError.self) { try Selector(parsing: text) }
    #expect(error?.problem == .badPrefix)
    #expect(error?.snippet == Snippet(text, 12..<28))
    // The parser decodes an escape once. The remaining `\060` is no prefix length.
    #expect(throws: SelectorError.self) { try EndPattern(parsing: "[::]/\\\\060") }
  }

  @Test func namesThatAreNotFoundAreErrors() throws {
    let host = try EndPattern(parsing: "no-such-host.invalid:80")
    let service = try EndPattern(parsing: "127.0.0.1:no-such-service")
    #expect(throws: SelectorError.self) { try host.resolved(at: Snippet("x")) }
    #expect(throws: SelectorError.self) { try service.resolved(at: Snippet("x")) }
  }

  @Test func anUnresolvedNameMatchesNothing() throws {
    #expect(try !EndPattern(parsing: "localhost:80").matches(end("127.0.0.1", 80)))
  }
}
