import FDCore

/// A report in one or two lines.
struct Summary {
  private let report: Report
  private let proof: Proof

  /// The storage in bytes that came back.
  var freed: UInt64 { proof.freed }

  /// Looks for what is left of the files.
  init(_ report: Report) {
    self.report = report
    proof = Proof(report)
  }

  /// The members of the process's object in JSON.
  var members: [JSONMember] {
    let statistics = report.statistics
    func count(_ outcome: (Outcome) -> Bool) -> Cell {
      .number(UInt64(report.rows.count(outcome)))
    }
    return JSONMember.name(report.process) + [
      JSONMember("result", .word(report.operation.words.done)),
      JSONMember("done", .number(UInt64(report.doneCount))), JSONMember("failed", count { $0.isFailure }),
      JSONMember("left_alone", count { $0 == .leftAlone || $0.isUnserved }),
      JSONMember("not_done", count { $0 == .notDone }),
      JSONMember("call", .word(statistics.call)), JSONMember("calls", .number(UInt64(statistics.calls))),
      JSONMember("threads", .number(UInt64(statistics.threads))),
      JSONMember("fallback", fallback.isEmpty ? .none : .word(fallback)),
      JSONMember("pause_us", .number(statistics.nanoseconds / 1000)),
      JSONMember("own_table", .flag(statistics.separatedTable)), endedCallsMember,
      JSONMember(
        "saved", json: "[" + report.saved.map { JSON.string("\($0.path)") }.joined(separator: ",") + "]"),
      JSONMember("error", statistics.end.map { .word("\($0)") } ?? .none),
      JSONMember("status", .number(UInt64(report.status.rawValue))),
    ] + proof.members + (report.hazards.map { [$0.member] } ?? [])
  }

  /// The sentence, such as `1000 (server): closed 3 descriptors, freed 64.0 MiB`.
  var line: String {
    let words = report.operation.words
    let descriptors = counted(report.doneCount, "descriptor")
    let storage =
      proof.storage(inBytes: report.isInBytes)
      + [proof.connections, proof.pipes, proof.locks].compactMap { $0.map { "; \($0)" } }.joined()
    return "\(report.process): \(words.done) \(descriptors)\(words.doneAs)\(storage)\(rest)\n"
  }

  /// The numbers of descriptors that were picked but not done.
  private var rest: String {
    let left = report.rows.count { $0 == .leftAlone }
    let undone = report.rows.count { $0 == .notDone }
    return (left > 0 ? ", left \(left) alone (changed since the scan)" : "")
      + (undone > 0 ? ", \(undone) not done" : "")
  }

  /// Why the session did not use the preferred call; empty if it did.
  private var fallback: String {
    switch report.statistics.fallback {
    case nil: ""
    case .refused(let error): "close_range(2) was refused: \(error)"
    case .filtered: "a seccomp filter may kill the process for close_range(2)"
    }
  }

  /// The calls, their number, and the time for which the process was stopped.
  var statistics: String {
    let statistics = report.statistics
    if statistics.usesDuplicates {
      return
        "\(report.process): \(counted(statistics.calls, "call")) of \(statistics.call) on duplicates;"
        + " no thread was stopped\n"
    }
    let reason = fallback.isEmpty ? "" : ", because \(fallback)"
    let (calls, threads) = (counted(statistics.calls, "call"), counted(statistics.threads, "thread"))
    let separated = statistics.separatedTable ? ", in a table of its own now" : ""
    return "\(report.process): \(calls) of \(statistics.call)\(separated), \(threads) stopped for"
      + " \(statistics.nanoseconds / 1000) us\(reason)\n"
  }
}

extension Summary {
  /// The threads that were blocked in a call on a closed number, one line for each.
  var endedCalls: String {
    let (calls, most) = (report.statistics.endedCalls, 16)
    let lines = calls.prefix(most).map { call in
      "\(report.process): thread \(call.thread) was blocked in a call on descriptor \(call.number), which"
        + " returned\n"
    }
    let more = calls.count - most
    return lines.joined() + (more > 0 ? "\(report.process): so were \(counted(more, "thread")) more\n" : "")
  }

  private static func object(_ call: BlockedCall) -> String {
    JSON.object(
      [
        JSONMember("tid", .number(UInt64(call.thread.pid))),
        JSONMember("command", call.thread.command.map { .name($0) } ?? .unknown),
        JSONMember("descriptor", .number(UInt64(call.number))),
      ].map { $0.text })
  }

  /// The same threads, for JSON.
  fileprivate var endedCallsMember: JSONMember {
    let objects = report.statistics.endedCalls.map(Self.object)
    return JSONMember("ended_calls", json: "[" + objects.joined(separator: ",") + "]")
  }
}

extension Outcome {
  fileprivate var isFailure: Bool {
    if case .failed = self { true } else { isHalfDone }
  }
}
