import Glibc
import TestSupport

extension SoakCheck {
  /// No count of a restartable sequence that a session interrupts is lost.
  ///
  /// Before Linux 5.13, the kernel does not report the address of a thread's `struct rseq`. A filter on the
  /// command takes the place of such a kernel.
  static let sequences = SoakCheck(
    "sequences", counting: "sessions with targets that count in restartable sequences", short: 70
  ) { count in
    var result = SoakResult()
    let kinds = Counting.all
    for (index, kind) in kinds.enumerated() {
      let share = count / kinds.count + (index < count % kinds.count ? 1 : 0)
      if share > 0 { try kind.check(share, &result) }
    }
    return result
  }
}

/// A kind of target, and whether the kernel reports the addresses to the command; see the fixture `rseq`.
private struct Counting {
  let area: String
  let calls: String
  let isReported: Bool

  static let all =
    ["library", "own", "allocated"].flatMap { area in
      ["some", "one", "none"].map { Counting(area: area, calls: $0, isReported: false) }
    } + [
      Counting(area: "library", calls: "some", isReported: true),
      Counting(area: "own", calls: "none", isReported: true),
    ]

  private var name: String { "\(area), \(calls)\(isReported ? ", reported" : "")" }

  func check(_ count: Int, _ result: inout SoakResult) throws {
    let tunables = area == "library" ? [] : ["GLIBC_TUNABLES=glibc.pthread.rseq=0"]
    let target = try Target(Programs.fixture("rseq"), [area, calls], environment: tunables)
    // The C library or the kernel may have no restartable sequences.
    guard try target.hear() == "ready" else { return }
    let filter = isReported ? [] : [Programs.fixture("filtered"), "sequences"]
    let command = filter + [Programs.rangeclose, "-q", "\(target.pid)", "0-2", "--cloexec"]
    for _ in 0..<count {
      let run = try Target(command[0], Array(command.dropFirst()))
      let status = run.wait()
      let errors = try run.rest()
      result.expect(status == 0, "\(name): exit \(status): \(errors)")
    }
    if calls == "none" { kill(target.pid, SIGUSR1) } else { target.say("") }
    let words = try target.hear().split(separator: " ").map(String.init)
    result.expect(words.count == 6 && words[1] == words[3] && words[1] != "0", "\(name): \(words)")
    for index in stride(from: 0, to: words.count - 1, by: 2) {
      result.note("\(name): \(words[index])", Int(words[index + 1]) ?? -1)
    }
  }
}
