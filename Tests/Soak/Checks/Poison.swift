import Glibc
import TestSupport

extension SoakCheck {
  /// A call that was blocked on a closed number finds the number closed, and never uses the file that gets it
  /// next.
  ///
  /// One thread or four wait on a socket, and another thread opens and closes files all the time. The kernel
  /// restarts an interrupted call when its thread goes on. Unless rangeclose takes it to its end before, the
  /// call can read another thread's file.
  static let poison = SoakCheck(
    "poison", counting: "rounds with threads that wait on a number which is closed and given away", short: 144
  ) { count in
    var result = SoakResult()
    let cases = ["read", "recv", "accept", "poll", "ppoll", "select"].flatMap { [($0, 1), ($0, 4)] }
    for (call, threads) in cases {
      let target = try Target(Programs.fixture("poisoned-readers"), [call, "\(threads)"])
      var wrong = 0
      for _ in 0..<count / cases.count {
        _ = try target.hear(beginning: "ready")
        // The leader enters its call after it has printed that.
        usleep(3000)
        let run = try rangeclose("\(target.pid)", "100 and type:sock")
        result.expect(run.status == 0 && run.hints.isEmpty, "\(call), \(threads): \(run.errors)")
        let answer = try target.hear(beginning: "right")
        if answer != "right \(threads) wrong 0" { wrong += 1 }
        target.say("next")
      }
      result.expect(wrong == 0, "\(call), \(threads) threads: \(wrong) rounds used another file")
      result.note("\(call), \(threads) threads: rounds with another file", wrong)
    }
    return result
  }
}
