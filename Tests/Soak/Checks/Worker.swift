import TestSupport

/// A fixture that checks itself while it works, and answers a question now and then.
///
/// What it answers is told in `Tests/Fixtures/leaks.h`.
struct Worker {
  let target: Target
  /// The highest descriptor that it opens; the lowest is 5.
  let last: Int
  /// How many of them a whole session leaves open.
  var kept = 0

  init(_ fixture: String, last: Int, _ arguments: [String] = []) throws {
    target = try Target(Programs.fixture(fixture), ["\(last)"] + arguments)
    self.last = last
    guard try target.hear() == "ready" else {
      throw Target.Failure(description: "\(fixture) did not start")
    }
  }

  var leaks: Int { last - 4 }

  struct Answer {
    /// How many descriptors from 5 up were open; all are again.
    let open: Int
    /// Rounds of work, of all threads and of the slowest.
    let rounds: Int
    let least: Int
    /// How often epoll_wait(2) answered EINTR.
    let interrupted: Int
    /// What the target found wrong; nil where everything was as it should be.
    let complaint: String?
  }

  /// Asks for a checksum, and for what there is to tell.
  func ask(_ question: String, within seconds: Double = 20) throws -> Answer {
    target.say(question)
    let line = try target.hear(within: seconds)
    let words = line.split(separator: " ", maxSplits: 13).map(String.init)
    guard words.count == 14, let open = Int(words[2]), let rounds = Int(words[6]), let least = Int(words[8]),
      let interrupted = Int(words[12])
    else { throw Target.Failure(description: "an answer that is none: '\(line)'") }
    let isSound = words[0] == "\(Self.checksum(question))" && words[4] == "yes" && words[10] == "0"
    return Answer(
      open: open, rounds: rounds, least: least, interrupted: interrupted, complaint: isSound ? nil : line)
  }

  /// FNV-1a.
  private static func checksum(_ text: String) -> UInt64 {
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
