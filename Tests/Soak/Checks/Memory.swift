import Glibc
import TestSupport

extension SoakCheck {
  /// A session changes no byte of the target's memory, not even below the stack pointers, and no mapping.
  ///
  /// It also changes nothing that `/proc` shows of the threads and of the descriptors that were not selected.
  /// The targets are blocked in calls or spin, and have one thread or several.
  static let memory = SoakCheck(
    "memory", counting: "sessions between two snapshots of the whole memory of a target", short: 60
  ) { count in
    var result = SoakResult()
    var pages = 0
    for leader in roles {
      for others in [[], roles.filter { $0 != leader }] {
        var left = max(1, count / (2 * roles.count))
        while left > 0 {
          let sessions = min(left, 60)
          pages += try watch([leader] + others, for: sessions, &result)
          left -= sessions
        }
      }
    }
    result.note("pages compared", pages)
    return result
  }

  private static let roles = ["read", "spin", "futex", "epoll_wait", "pause"]
  private static let last = 150

  /// Runs so many sessions, at most one for each descriptor, and compares snapshots of all memory in between.
  private static func watch(_ roles: [String], for sessions: Int, _ result: inout SoakResult) throws -> Int {
    // Without this the kernel writes the number of the CPU into the rseq area of a thread that changes its
    // CPU.
    let target = try Target(
      Programs.fixture("unchanging-memory"), ["\(last)"] + roles,
      environment: ["GLIBC_TUNABLES=glibc.pthread.rseq=0"])
    guard try target.hear() == "ready" else { return 0 }
    let kept = [0, 1, 2, 3, 4, last + 1]
    var before = Snapshot(of: target.pid, keeping: kept)
    _ = eventually {
      let next = Snapshot(of: target.pid, keeping: kept)
      defer { before = next }
      return next.differences(from: before).isEmpty
    }
    var pages = 0
    result.expect(before.pages > 100, "\(roles): only \(before.pages) pages could be read")
    for session in 0..<sessions {
      let number = "\(5 + session)"
      let chain = stride(from: 5 + session, through: last, by: 2).map(String.init).joined(separator: ",")
      let selectors = [
        [number], ["\(number)-\(last)", "--cloexec"], [number, "--method=close"], [chain, "--cloexec"],
        [chain, "--replace=/dev/zero"],
      ][session % 5]
      let run = try Target(Programs.rangeclose, ["-q", "\(target.pid)"] + selectors)
      let status = run.wait()
      let errors = try run.rest()
      result.expect(status == 0, "exit \(status): \(errors)")
      guard session % 10 == 9 || session == sessions - 1 else { continue }
      let differences = differences(in: target, from: before, keeping: kept)
      pages += before.pages
      for difference in differences { result.expect(false, "\(roles): \(difference)") }
      if !differences.isEmpty { break }
    }
    return pages
  }

  /// The differences that remain after the threads are back in their calls.
  private static func differences(
    in target: Target, from before: Snapshot, keeping kept: [Int]
  ) -> [String] {
    var differences: [String] = []
    for _ in 0..<20 {
      differences = Snapshot(of: target.pid, keeping: kept).differences(from: before)
      if differences.isEmpty { break }
      usleep(50_000)
    }
    return differences
  }
}
