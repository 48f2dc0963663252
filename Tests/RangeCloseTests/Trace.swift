import TestSupport

/// The system calls of one run of the command, as strace(1) recorded them.
struct Trace {
  /// The calls in order, with the path beside each descriptor number, see `strace -y`.
  let calls: [String]
  let status: Int32
  /// What the command printed.
  let output: String

  /// - Parameters:
  ///   - others: More processes for the first operand.
  ///   - injection: The results that strace injects into calls, in the syntax of its `-e inject=`.
  init(
    _ target: Target, and others: [Target] = [], _ arguments: [String], injecting injection: String? = nil
  ) throws {
    let scratch = Scratch()
    let run = try Target(
      "strace",
      ["-f", "-y", "-qq", "-s", "512", "-o", scratch("trace")]
        + (injection.map { ["-e", "inject=\($0)"] } ?? [])
        + [Programs.rangeclose, ([target] + others).map { "\($0.pid)" }.joined(separator: ",")] + arguments)
    output = try run.rest()
    status = run.wait()
    // strace prints the thread ID before each call.
    calls = scratch.read("trace").split(separator: "\n").map { line in
      String(line.drop { $0.isNumber }.drop { $0 == " " })
    }
  }

  /// The target's descriptors that a call named through `/proc/PID/fd`, in ascending order.
  func numbers(_ call: String, of target: Target) -> [Int] {
    let begin = "</proc/\(target.pid)/fd>, \""
    return calls.compactMap { line -> Int? in
      guard line.hasPrefix(call + "("), let place = line.firstRange(of: begin) else { return nil }
      return Int(line[place.upperBound...].prefix { $0.isNumber })
    }.sorted()
  }

  /// The names of opened files below `/proc/PID`, without the files that each run needs.
  func files(of target: Target) -> [String] {
    let begin = "</proc/\(target.pid)>, \""
    let known = ["fd", "status", "stat", "task"]
    return calls.compactMap { line -> String? in
      guard line.hasPrefix("openat("), let place = line.firstRange(of: begin) else { return nil }
      return String(line[place.upperBound...].prefix { $0 != "\"" })
    }.filter { name in !known.contains(name) && !name.hasPrefix("task/") }
  }

  /// How often a call was made with this text in its arguments.
  func count(_ call: String, _ argument: String = "") -> Int {
    calls.count { $0.hasPrefix(call + "(") && $0.contains(argument) }
  }

  /// The calls before the first PTRACE_SEIZE.
  var beforeTheStop: Trace { Trace(Array(calls.prefix { !$0.contains("PTRACE_SEIZE") }), status, output) }

  private init(_ calls: [String], _ status: Int32, _ output: String) {
    (self.calls, self.status, self.output) = (calls, status, output)
  }
}
