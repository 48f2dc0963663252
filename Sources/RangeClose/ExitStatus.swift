/// How the command ends; see EXIT STATUS in `rangeclose(1)`.
enum ExitStatus: Int32 {
  /// Done, and for ranges alone also where none was open.
  case done = 0
  case nothingMatched = 1
  /// The command line or the selector is wrong, and nothing was touched.
  case usage = 2
  case couldNot = 3
  /// Some descriptors were done, and of some an error was reported.
  case partly = 64
}
