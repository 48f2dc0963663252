import TestSupport

/// A fixture that checks itself while it works, and answers questions meanwhile.
///
/// `Tests/Fixtures/leaks.h` describes the answers.
struct Worker {
  let target: Target
  /// The highest descriptor that it opens, where the lowest is 5.
  let last: Int
  /// How many of these descriptors a complete session leaves open.
  var kept = 0

  init(_ fixture: String, last: Int, _ arguments: [String] = []) throws {
    try self.init(program: Programs.fixture(fixture), last: last, arguments)
  }

  /// - Parameter program: the path of a build of the fixture.
  init(program: String, last: Int, _ arguments: [String]) throws {
    target = try Target(program, ["\(last)"] + arguments)
    self.last = last
    guard try target.hear() == "ready" else {
      throw Target.Failure(description: "\(program) did not start")
    }
  }

  var leaks: Int { last - 4 }

  struct Answer {
    /// How many descriptors from 5 up were open before the fixture opened all of them again.
    let open: Int
    /// The rounds of all threads.
    let rounds: Int
    /// The rounds of the slowest thread.
    let least: Int
    /// How often epoll_wait(2) returned EINTR.
    let interrupted: Int
    /// The fault that the target found, or nil.
    let complaint: String?
  }

  /// Asks for the checksum of a question, and for the counts.
  func ask(_ question: String, within seconds: Double = 20) throws -> Answer {
    target.say(question)
    let line = try target.hear(within: seconds)
    let words = line.split(separator: " ", maxSplits: 13).map(String.init)
    guard words.count == 14, let open = Int(words[2]), let rounds = Int(words[6]), let least = Int(words[8]),
      let interrupted = Int(words[12])
    else { throw Target.Failure(description: "not an answer: '\(line)'") }
    let isSound = words[0] == "\(Self.checksum(question))" && words[4] == "yes" && words[10] == "0"
    return Answer(
      open: open, rounds: rounds, least: least, interrupted: interrupted, complaint: isSound ? nil : line)
  }

  /// FNV-1a.
  private static func checksum(_ text: String) -> UInt64 {
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
