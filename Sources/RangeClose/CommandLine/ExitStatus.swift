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
  /// other process failed. It is `couldNot` if nothing was done in any process, and otherwise `partly`.
  init(combining statuses: [ExitStatus]) {
    if statuses.count == 1 {
      self = statuses[0]
    } else if statuses.allSatisfy({ $0 == .nothingMatched }) {
      self = .nothingMatched
    } else if statuses.allSatisfy({ $0 == .done || $0 == .nothingMatched }) {
      self = .done
    } else {
      self = statuses.contains { $0 == .done || $0 == .partly } ? .partly : .couldNot
    }
  }
}
