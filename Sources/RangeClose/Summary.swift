import FDCore

/// A report in one or two lines.
struct Summary {
  private let report: Report

  init(_ report: Report) {
    self.report = report
  }

  /// The sentence, such as `1000: closed 3 descriptors, freed 64.0 MiB`.
  var line: String {
    let words = report.operation.words
    let descriptors = report.doneCount == 1 ? "1 descriptor" : "\(report.doneCount) descriptors"
    let storage = report.operation.freesNumbers ? ", \(storage)" : ""
    return "\(report.pid): \(words.done) \(descriptors)\(words.doneAs)\(storage)\(rest)\n"
  }

  /// The numbers of descriptors that were picked but not done.
  private var rest: String {
    let left = report.rows.count { $0.outcome == .leftAlone }
    let undone = report.rows.count { $0.outcome == .notDone }
    return (left > 0 ? ", left \(left) alone (changed since the scan)" : "")
      + (undone > 0 ? ", \(undone) not done" : "")
  }

  /// The storage that was freed, and the storage that other descriptors, processes or mappings still hold.
  private var storage: String {
    let files = report.closedDeletedFiles
    let holders = files.isEmpty ? [] : FileHolders.find(Set(files.map { $0.identity }))
    let held = holders.reduce(into: Set<FileStatus.Identity>()) { $0.formUnion($1.files) }
    let kept = Self.bytes(files.filter { held.contains($0.identity) })
    var text = "freed \(Self.bytes(files.filter { !held.contains($0.identity) }))"
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

  /// The calls, their number, and the time for which the process was stopped.
  var statistics: String {
    let statistics = report.statistics
    let reason =
      switch statistics.fallback {
      case nil: ""
      case .refused(let error): ", because close_range(2) was refused: \(error)"
      case .filtered: ", because a seccomp filter may kill the process for close_range(2)"
      }
    let calls = statistics.calls == 1 ? "1 call" : "\(statistics.calls) calls"
    let threads = statistics.threads == 1 ? "1 thread" : "\(statistics.threads) threads"
    let separated = statistics.separatedTable ? ", in a table of its own now" : ""
    return "\(report.pid): \(calls) of \(statistics.call)\(separated), \(threads) stopped for"
      + " \(statistics.nanoseconds / 1000) us\(reason)\n"
  }
}
