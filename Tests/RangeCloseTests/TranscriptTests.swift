import TestSupport
import Testing

/// The description of a failed expectation shows what the test and its target exchanged.
@Suite struct TranscriptTests {
  private func echo() throws -> Target {
    try Target("sh", ["-c", "while read -r line; do echo \"heard $line\"; done; printf 'the rest'"])
  }

  @Test func aFailureHasTheLinesOfBothSides() throws {
    let target = try echo()
    try target.expect("heard one", to: "one")
    let failure = try #require(throws: Target.Failure.self) { try target.expect("two", to: "two") }
    let lines = failure.description.split(separator: "\n")
    try #require(lines.count == 6, "\(failure)")
    #expect(lines[0].hasSuffix(": expected 'two', but heard 'heard two'"))
    #expect(lines[0].hasPrefix("RangeCloseTests/TranscriptTests.swift:"))
    #expect(lines[1] == "sh, process \(target.pid), was sent (>) and printed (<):")
    #expect(lines[2...] == ["  > one", "  < heard one", "  > two", "  < heard two"])
  }

  @Test func silenceAndTheEndOfTheOutputAreFailures() throws {
    let target = try echo()
    let silent = try #require(throws: Target.Failure.self) { try target.expect("more", within: 0.1) }
    #expect(silent.description.contains("expected 'more', but it printed nothing more in time\n"))
    target.endInput()
    let ended = try #require(throws: Target.Failure.self) { try target.expect(beginning: "more") }
    #expect(
      ended.description.contains(
        "expected a line that begins with 'more', but its output ended after the text 'the rest'\n"))
    #expect(ended.description.hasSuffix("\n  nothing"))
  }

  @Test func onlyTheEndOfALongTranscriptIsKept() throws {
    let target = try echo()
    for number in 0..<1000 { try target.expect("heard \(number)", to: "\(number)") }
    let long = String(repeating: "x", count: 5000)
    let failure = try #require(throws: Target.Failure.self) { try target.expect("short", to: long) }
    let transcript = failure.description.split(separator: "\n").dropFirst(2)
    #expect(transcript.first == "  ..." && transcript.contains("  > 999"))
    #expect(transcript.reduce(0) { $0 + $1.utf8.count + 1 } < 6000)
  }
}
