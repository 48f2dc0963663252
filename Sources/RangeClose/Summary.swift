import FDCore

/// What was done, in a line or two.
struct Summary {
  private let pid: Int32
  private let action: CloseSession.Action
  private let report: CloseReport

  init(_ pid: Int32, _ action: CloseSession.Action, _ report: CloseReport) {
    self.pid = pid
    self.action = action
    self.report = report
  }

  /// The sentence, such as `1000: closed 3 descriptors, let go of 64.0 MiB`.
  var line: String {
    let descriptors = report.doneCount == 1 ? "1 descriptor" : "\(report.doneCount) descriptors"
    let left = report.rows.count { $0.outcome == .leftAlone }
    let undone = report.rows.count { $0.outcome == .notDone }
    let leftAlone =
      (left > 0 ? ", left \(left) alone that changed meanwhile" : "")
      + (undone > 0 ? ", \(undone) not done" : "")
    switch action {
    case .close: return "\(pid): closed \(descriptors), \(storage)\(leftAlone)\n"
    case .markCloseOnExec: return "\(pid): marked \(descriptors) close-on-exec\(leftAlone)\n"
    }
  }

  /// The storage that nothing holds any more, and that which something still does.
  private var storage: String {
    let files = report.closedDeletedFiles
    let holders = files.isEmpty ? [] : FileHolders.find(Set(files.map { $0.identity }))
    let held = holders.reduce(into: Set<FileStatus.Identity>()) { $0.formUnion($1.files) }
    let kept = Self.bytes(files.filter { held.contains($0.identity) })
    var text = "let go of \(Self.bytes(files.filter { !held.contains($0.identity) }))"
    if !held.isEmpty {
      let names = holders.prefix(3).map { $0.process.description }.joined(separator: ", ")
      let more = holders.count > 3 ? " and \(holders.count - 3) more" : ""
      text += "; \(kept) still held by \(names)\(more)"
    }
    return text
  }

  private static func bytes(_ files: [FileStatus]) -> String {
    let count = files.reduce(0 as UInt64) { $0 &+ $1.allocated }
    var size = Double(count)
    var unit = ""
    for larger in ["KiB", "MiB", "GiB", "TiB", "PiB"] where size >= 1024 {
      size /= 1024
      unit = larger
    }
    if unit.isEmpty { return "\(count) bytes" }
    let tenths = Int((size * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(unit)"
  }

  /// How it was done: the call, how often, and how long the process stood still.
  var account: String {
    let session = report.session
    let call =
      switch (session.method, action) {
      case (.close, .close): "close(2)"
      case (.close, .markCloseOnExec): "fcntl(2)"
      default: "close_range(2)"
      }
    let reason =
      switch session.reason {
      case nil: ""
      case .refused(let error): ", as close_range(2) was refused: \(error)"
      case .filtered: ", as a seccomp filter might kill for close_range(2)"
      }
    let calls = session.calls == 1 ? "1 call" : "\(session.calls) calls"
    let threads = session.threads == 1 ? "1 thread" : "\(session.threads) threads"
    let separated = session.separatedTable ? ", in a table of its own now" : ""
    return "\(pid): \(calls) of \(call)\(separated), \(threads) stopped for"
      + " \(session.nanoseconds / 1000) us\(reason)\n"
  }
}

extension CloseReport.Outcome {
  /// What an error means for the descriptor, and what to do; empty where there was none.
  func consequence(_ action: CloseSession.Action, _ method: CloseSession.Method) -> String {
    let remedy = method == .closeRange ? "; try --method=auto" : ""
    switch (self, action) {
    case (.closedWithError, _): return "; it is closed, and what was written last may be lost"
    case (.failed, .close): return "; it is still open\(remedy)"
    case (.failed, .markCloseOnExec): return "; it is not marked\(remedy)"
    case (.closed, _), (.markedCloseOnExec, _), (.leftAlone, _), (.notDone, _): return ""
    }
  }
}
