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
      JSONMember("own_table", .flag(statistics.separatedTable)),
      JSONMember("error", statistics.end.map { .word("\($0)") } ?? .none),
      JSONMember("status", .number(UInt64(report.status.rawValue))),
    ] + proof.members + (report.hazards.map { [$0.member] } ?? [])
  }

  /// The sentence, such as `1000: closed 3 descriptors, freed 64.0 MiB`.
  var line: String {
    let words = report.operation.words
    let descriptors = counted(report.doneCount, "descriptor")
    let frees = report.operation.freesNumbers || freed > 0
    let storage =
      (frees ? ", \(proof.storage(inBytes: report.isInBytes))" : "")
      + (proof.connections.map { "; \($0)" } ?? "")
    return "\(report.process.pid): \(words.done) \(descriptors)\(words.doneAs)\(storage)\(rest)\n"
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
        "\(report.process.pid): \(counted(statistics.calls, "call")) of \(statistics.call) on duplicates;"
        + " no thread was stopped\n"
    }
    let reason = fallback.isEmpty ? "" : ", because \(fallback)"
    let (calls, threads) = (counted(statistics.calls, "call"), counted(statistics.threads, "thread"))
    let separated = statistics.separatedTable ? ", in a table of its own now" : ""
    return "\(report.process.pid): \(calls) of \(statistics.call)\(separated), \(threads) stopped for"
      + " \(statistics.nanoseconds / 1000) us\(reason)\n"
  }
}

extension Outcome {
  fileprivate var isFailure: Bool {
    if case .failed = self { true } else { false }
  }

  /// Whether the operation cannot serve the file.
  var isUnserved: Bool {
    if case .unserved = self { true } else { false }
  }
}
