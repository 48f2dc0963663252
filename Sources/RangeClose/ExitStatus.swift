/// The exit status of the command; see EXIT STATUS in `rangeclose(1)`.
enum ExitStatus: Int32 {
  /// Done. Ranges alone are done also if nothing was open in them.
  case done = 0
  case nothingMatched = 1
  /// The command line or the selector is wrong, and nothing was touched.
  case usage = 2
  case couldNot = 3
  /// Some descriptors were done, and for some an error was reported.
  case partly = 64

  /// The status for several processes: done if one was and the others had no match, `nothingMatched` if none
  /// had one, `couldNot` if nothing was done anywhere, and else `partly`.
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
