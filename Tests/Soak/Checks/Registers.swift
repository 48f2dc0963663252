import Glibc
import TestSupport

extension SoakCheck {
  /// A session leaves every register of every thread as it was.
  ///
  /// These are the general, floating-point and vector registers, fs and gs, and the flags. The session also
  /// leaves the red zone below the stack pointer and the dispatch of system calls as they were. Each role is
  /// in turn the role of the leader, which is the calling thread of a session.
  static let registers = SoakCheck(
    "registers", counting: "sessions with a target that has known values in all registers", short: 120
  ) { count in
    let roles = ["spin", "read", "nanosleep", "poll", "epoll_wait", "futex", "dispatch"]
    let compatibleRoles = ["spin", "read", "nanosleep", "poll", "epoll_wait", "futex", "old-read"]
    var result = SoakResult()
    let isCompatible = try Programs.hasI386()
    let share = max(1, count / (isCompatible ? 28 : 14))
    var rounds = try hold(share, roles, &result) { try Worker("registers", last: 84, $0) }
    if isCompatible {
      rounds += try hold(share, compatibleRoles, &result) { try Worker("i386", last: 84, $0) }
    }
    result.note("rounds of loading and comparing", rounds)
    return result
  }

  /// Holds so many sessions with each role as the role of the leader, and returns the sum of the rounds.
  private static func hold(
    _ sessions: Int, _ roles: [String], _ result: inout SoakResult, _ start: ([String]) throws -> Worker
  ) throws -> Int {
    var rounds = 0
    for leader in roles {
      let others = roles.filter { $0 != leader }
      // The leader also runs as the only thread of its process. Before Linux 6.4 the only thread of a process
      // cannot make calls if the kernel sends its calls to the process.
      let canBeAlone = try leader != "dispatch" || Programs.kernelShowsDispatch()
      for roles in [[leader] + others] + (canBeAlone ? [[leader]] : []) {
        let worker = try start(roles)
        // A target that has found a wrong value reports it in every answer from then on.
        guard try (0..<sessions).allSatisfy({ try hold($0, with: worker, &result) }) else { continue }
        rounds += try lastRounds(of: worker, &result)
      }
    }
    return rounds
  }

  private static let everySecond = stride(from: 5, through: 84, by: 2).map(String.init).joined(separator: ",")

  private static func hold(_ session: Int, with worker: Worker, _ result: inout SoakResult) throws
    -> Bool
  {
    let selectors = [
      ["5-"], ["5-12,14-", "--cloexec"], ["5-8", "--method=close"], [everySecond],
    ][session % 4]
    let run = try Target(Programs.rangeclose, ["-q", "\(worker.target.pid)"] + selectors)
    let status = run.wait()
    let errors = try run.rest()
    result.expect(status == 0, "exit \(status): \(errors)")
    let answer = try worker.ask("session \(session)")
    result.expect(answer.complaint == nil, answer.complaint ?? "")
    result.expect(answer.interrupted == 0, "epoll_wait answered EINTR")
    let closed = [80, 0, 4, 40][session % 4]
    result.expect(answer.open == 80 - closed, "\(selectors): \(answer.open) of 80 were open")
    return answer.complaint == nil && answer.interrupted == 0
  }

  /// Waits until every thread has made a round after the last session, and returns the sum of the rounds.
  private static func lastRounds(of worker: Worker, _ result: inout SoakResult) throws -> Int {
    let before = try worker.ask("before").rounds
    var answer = try worker.ask("after")
    // Waits up to five seconds, because a thread may wait long for a busy CPU.
    for _ in 0..<5000 where answer.least < 2 || answer.rounds == before {
      usleep(1000)
      answer = try worker.ask("again")
    }
    result.expect(answer.complaint == nil, answer.complaint ?? "")
    result.expect(answer.least > 1, "a thread did not go on")
    return answer.rounds
  }
}
