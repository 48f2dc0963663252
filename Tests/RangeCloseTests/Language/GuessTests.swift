import FDSelectors
import Glibc
import TestSupport
import Testing

/// A first guess works, or the answer says what to type.
@Suite struct GuessTests {
  private let scratch = Scratch()
  private let (target, other): (Target, Target)
  private let port: String

  init() throws {
    target = try holder(
      "open 3 \(scratch("app.log"))", "open 4 \(scratch("big.log"))", "fill 4 2097152",
      "unlink \(scratch("big.log"))", "unix-listen 8 \(scratch("x.sock"))", "memfd 9", "eventfd 10",
      "append 11 \(scratch("app.log"))", "open 12 \(scratch("run.lock"))", "lock 12 flock", "pipe 13 14")
    other = try holder()
    symlink(scratch("app.log"), scratch("link.log"))
    port = try target.ask("listen 5")
    try target.order("tcp 6 \(port) 127.0.0.1", "accept 5 7")
    try other.order("tcp 3 \(port) 127.0.0.1")
    try target.order("accept 5 15")
    try other.order("shutdown 3")
  }

  private var names: [(sign: String, meaning: String)] {
    [("$PORT", port), ("$P", "\(target.pid)"), ("$Q", "\(other.pid)"), ("$D", scratch.path)]
  }

  /// Runs the line of a guess in a shell, in an empty directory.
  private func run(_ guess: Guess) throws -> (status: Int32, output: String) {
    let script = "cd '\(scratch.path)' && \"$0\" -n \(guess.words)"
    let environment = names.map { "\($0.sign.dropFirst())=\($0.meaning)" }
    let shell = try Target("sh", ["-c", script, Programs.rangeclose], environment: environment)
    let output = try shell.rest()
    return (shell.wait(), output)
  }

  private func filled(_ text: String) -> String {
    names.reduce(text) { $0.replacing($1.sign, with: $1.meaning) }
  }

  @Test(arguments: Guess.all) func aGuessWorksOrIsAnswered(guess: Guess) throws {
    let (status, output) = try run(guess)
    switch guess.answer {
    case .picks(let numbers):
      #expect(status == 0 && pickedNumbers(output) == numbers, "\(output)")
    case .hint(let text):
      #expect((0...1).contains(status) && output.contains(filled(text)), "\(output)")
    case .failed(let text):
      #expect(status == 3 && output.contains(filled(text)), "\(output)")
    case .refused(let text):
      #expect(status == 2 && output.contains(filled(text)), "\(output)")
    }
  }

  /// A user who types what a message advises is not refused again.
  @Test(arguments: Guess.all) func theAdviceIsAccepted(guess: Guess) throws {
    guard case .refused = guess.answer else { return }
    let line = filled(guess.words)
    for advice in Advice.all(in: try run(guess).output) {
      let next = advice.followed(in: line)
      let (status, output) = try run(Guess(next, guess.answer))
      let isExcused = Advice.reasonsOfTheMachine.contains { output.contains($0) }
      #expect(status != 2 || isExcused, "\(next): \(output)")
    }
  }

  /// The process ID may contain the refused number.
  @Test func adviceReplacesWholeWords() {
    let advice = Advice(refused: "80", words: ":80")
    #expect(advice.followed(in: "13680 --peer 80") == "13680 --peer :80")
    #expect(advice.followed(in: "8080 '80'") == "8080 :80")
  }

  /// A hint is no error, and goes away with --quiet.
  @Test(arguments: Guess.all) func aHintKeepsTheExitStatus(guess: Guess) throws {
    guard case .hint = guess.answer else { return }
    let status = try run(guess).status
    // The last of -q and -v counts.
    let quiet = try run(Guess("\(guess.words) -q", guess.answer))
    #expect(quiet.status == status && quiet.output.isEmpty, "\(quiet)")
  }
}
