import FDCore
import Testing

/// Parses `/proc/PID/fdinfo/N`, including forms that no current kernel writes.
@Suite struct DescriptorInfoTests {
  private func info(_ text: String) -> DescriptorInfo? { DescriptorInfo(Array(text.utf8)) }

  @Test func theParserReadsTheLinesOfEveryDescriptor() throws {
    let file = try #require(info("pos:\t4096\nflags:\t02102001\nmnt_id:\t31\nino:\t7\n"))
    #expect(file.position == 4096 && file.accessMode == .write && file.locks.isEmpty)
    #expect(file.flags.contains(.append) && file.flags.contains(.closeOnExec))
    #expect(!file.flags.contains(.nonBlocking))
  }

  @Test func theParserAcceptsAnyOrderAndUnknownLines() throws {
    let file = try #require(
      info("tfd: 3 events: 19\nmnt_id:\t31\n\nflags: 02\nnew thing\n: x\npos:  12\nend"))
    #expect(file.position == 12 && file.accessMode == .readWrite)
    // A field counts only if its exact name, with the colon, begins a line.
    let other = try #require(info(" flags:\t01\nFlags:\t01\nflags\t01\nflags:\t00\nxpos:\t9\n"))
    #expect(other.accessMode == .read && other.position == nil)
  }

  @Test(arguments: [
    "", "\n", "pos:\t0\n", "flags:\n", "flags:\t9\n", "flags:\tx2\n", "flags", "flags:\t-1\n",
  ])
  func theParserRejectsTextWithoutValidFlags(text: String) {
    #expect(info(text) == nil)
  }

  @Test func theParserDropsNumbersThatDoNotFit() throws {
    #expect(info("flags:\t77777777777777777777\n") == nil)
    let file = try #require(info("flags:\t0\npos:\t99999999999999999999999\n"))
    #expect(file.position == nil)
    #expect(try #require(info("flags:\t0\npos:\t-1\n")).position == nil)
    #expect(try #require(info("flags:\t0\npos:\t9223372036854775807\n")).position == 1 << 63 - 1)
  }

  /// The first line of a name wins, because the kernel writes its common lines first.
  ///
  /// The lines of a file kind may contain text that the process chose, such as the name of a DMA buffer.
  @Test func theFirstLineOfANameWins() throws {
    let file = try #require(
      info("pos:\t5\nflags:\t02\nmnt_id:\t3\nname:\tx\nflags:\t00\npos:\t7\nmnt_id:\t4\n"))
    #expect(file.accessMode == .readWrite && file.position == 5 && file.mount == 3)
    #expect(try #require(info("flags:\t01\nname:\tx\nflags:\tx\n")).accessMode == .write)
  }

  @Test func theParserReadsLocksOfEachKind() throws {
    func locks(_ lines: String...) throws -> LockKinds {
      try #require(info("pos:\t0\nflags:\t02\n" + lines.map { "lock:\t\($0)\n" }.joined())).locks
    }
    #expect(try locks("1: POSIX  ADVISORY  WRITE 4711 08:01:123 0 EOF") == .posix)
    #expect(try locks("2: OFDLCK ADVISORY  READ -1 08:01:123 5 9") == .openFileDescription)
    #expect(try locks("1: FLOCK  ADVISORY  WRITE 1 00:2b:7 0 EOF") == .flock)
    #expect(try locks("1: LEASE  ACTIVE    READ 1 00:2b:7 0 EOF") == .lease)
    #expect(try locks("1: DELEG  ACTIVE    READ 1 00:2b:7 0 EOF") == .lease)
    #expect(try locks("1: NEWLCK x") == .other)
    #expect(try locks("", "x", "3: FLOCK", "4: POSIX") == [.other, .flock, .posix])
    #expect(try locks().isEmpty)
  }

  @Test func theParserReadsLongTexts() throws {
    let line = String(repeating: "x", count: 1 << 20)
    let many = (0..<10_000).map { "tfd: \($0)\n" }.joined()
    let file = try #require(info("\(line)\n\(many)flags:\t0\(String(repeating: "0", count: 5000))2\n\(line)"))
    #expect(file.accessMode == .readWrite)
  }

  @Test func theParserSurvivesRandomText() {
    var generator = SystemRandomNumberGenerator()
    let words = ["flags:", "pos:", "lock:", "\t", "\n", "0", "7", "POSIX", " ", "\0", "\u{FFFD}", "1:", "-"]
    for _ in 0..<3000 {
      let text = (0..<Int.random(in: 0..<20)).map { _ in words.randomElement(using: &generator) ?? "" }
        .joined()
      _ = info(text)
    }
  }
}
