import TestSupport

extension SoakCheck {
  /// The kernel aborts a restartable sequence that a session interrupts, so that no count is lost.
  static let sequences = SoakCheck(
    "sequences", counting: "sessions with a target that counts in restartable sequences", short: 60
  ) { count in
    var result = SoakResult()
    let target = try Target(Programs.fixture("rseq"))
    // If the C library does not register rseq areas, there is nothing to check.
    guard try target.hear() == "ready" else { return result }
    for _ in 0..<count {
      let run = try Target(Programs.rangeclose, ["-q", "\(target.pid)", "0-2", "--cloexec"])
      let status = run.wait()
      let errors = try run.rest()
      result.expect(status == 0, "exit \(status): \(errors)")
    }
    let line = try target.ask("")
    let words = line.split(separator: " ").map(String.init)
    result.expect(words.count == 6 && words[1] == words[3] && words[1] != "0", line)
    for index in stride(from: 0, to: words.count, by: 2) {
      result.note(words[index], Int(words[index + 1]) ?? -1)
    }
    return result
  }
}
