/// The exit status of the command; see EXIT STATUS in `rangeclose(1)`.
enum ExitStatus: Int32 {
  /// Done. If all selectors are ranges, this is also the status if nothing was open in them.
  case done = 0
  /// No descriptor matched.
  case nothingMatched = 1
  /// The command line or the selector is wrong, and nothing was touched.
  case usage = 2
  /// The request could not be carried out, or a safeguard refused it.
  case couldNot = 3
  /// Everything was done, but the output could not be written.
  case outputFailed = 4
  /// Some descriptors were closed or marked, and rangeclose reported an error for some.
  case partly = 64

  /// Whether nothing went wrong.
  var isSuccess: Bool { self == .done || self == .nothingMatched }

  /// The status for several processes.
  ///
  /// It is `nothingMatched` if no process had a match, and `done` if at least one process was done and no
  /// other process failed. If a process failed, it is `partly` if anything was done in any process, and
  /// otherwise `couldNot`.
  init(combining results: [WorkResult]) {
    if results.count == 1 {
      self = results[0].status
    } else if results.allSatisfy({ $0.status == .nothingMatched }) {
      self = .nothingMatched
    } else if results.allSatisfy({ $0.status.isSuccess }) {
      self = .done
    } else {
      self = results.contains { $0.hasEffect } ? .partly : .couldNot
    }
  }
}

/// The result of the work on one process.
struct WorkResult {
  /// The exit status that the process alone would lead to.
  let status: ExitStatus
  /// Whether anything was done, or listed in a dry run.
  let hasEffect: Bool
  /// Whether the process could not be read.
  var isUnread = false

  init(_ status: ExitStatus) {
    self.init(status, hasEffect: status == .done || status == .partly)
  }

  init(_ status: ExitStatus, hasEffect: Bool) {
    (self.status, self.hasEffect) = (status, hasEffect)
  }

  /// The kernel refused all facts about the process.
  static var unread: WorkResult {
    var result = WorkResult(.couldNot)
    result.isUnread = true
    return result
  }

  /// Done, because there was nothing to do.
  static let nothingToDo = WorkResult(.done, hasEffect: false)
}
