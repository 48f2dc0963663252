import FDCore
import FDSelectors

/// The hints for a command line that may mean something else than it says, whatever the process has open.
extension Hints {
  /// Warns of `~7`, which is a number near the largest, as in C.
  static func warnOfComplements(in invocation: Invocation) {
    guard invocation.verbosity != .quiet else { return }
    for text in invocation.selector.loneComplements {
      Output.complain(
        "'\(text)' is the number 4294967295 - \(text.dropFirst()), as in C; to leave \(text.dropFirst()) out,"
          + " write --except \(text.dropFirst())")
    }
  }

  /// Warns of a host and a port that stand apart, and so are alternatives, as in `--peer HOST --peer :80`.
  static func warnOfEnds(in invocation: Invocation) {
    guard invocation.verbosity != .quiet, let (host, port) = invocation.selector.endsApart else { return }
    let number = port.split(separator: ":").last ?? ""
    Output.complain(
      "\(host) and \(port) are alternatives; for one end with both write '\(host):\(number)'")
  }

  /// Warns of numbers that other operands pick already, as in `3- --except 5 6` and `3- -v 5`, and of the
  /// standard streams after `-v`.
  static func warnOfExceptions(in invocation: Invocation) {
    guard invocation.verbosity != .quiet, let meant = invocation.meantAsException else { return }
    let (verb, it) = meant.numbers.description.isDecimal ? ("is", "it") : ("are", "them")
    let reason =
      switch meant.reason {
      case .byOthers: "picked by another operand already, and not left out"
      case .afterVerbose: "picked, because -v is short for --verbose"
      case .afterExcept: "picked as another operand, because --except takes one value"
      }
    Output.complain(
      "\(meant.numbers) \(verb) \(reason); to leave \(it) out, write --except"
        + " \(meant.except.map { "\($0)," } ?? "")\(meant.numbers)")
  }

  /// Prints that numbers are open in none of several processes, but may be processes themselves.
  ///
  /// - Parameter picked: the numbers that were picked in some process.
  static func printOfProcesses(in invocation: Invocation, picked: Set<UInt32>) {
    guard let listed = invocation.processes.listed else { return }
    let most = 8
    for number in invocation.selector.bareNumbers.prefix(most) where !picked.contains(number) {
      guard let pid = Int32(exactly: number), !listed.contains(where: { $0.pid == pid }),
        let name = ProcessTree.userProcess(pid)
      else { continue }
      let list = listed.prefix(most).map { "\($0.pid)," }.joined() + (listed.count > most ? "...," : "")
      Output.complain(
        "nothing is open at \(number) in any process, but process \(name) exists; several processes go into"
          + " one operand: \(list)\(number)")
    }
  }

  /// Warns of the descriptor 0 that stands where truncate(1) has the size.
  static func warnOfSize(in invocation: Invocation) {
    guard invocation.verbosity != .quiet, invocation.hasSizeZero else { return }
    Output.complain("0 is read as a descriptor, because --truncate takes no size; leave it out for size 0")
  }

  /// Warns of `-r` after `--sort`, which reverses the order in sort(1).
  static func warnOfReversal(in invocation: Invocation) {
    guard invocation.verbosity != .quiet, invocation.sortsBeforeRaw,
      let (column, isDescending) = invocation.layout.sorting, !isDescending
    else { return }
    Output.complain("-r is short for --raw; for the reverse order write --sort -\(column.name)")
  }

  /// Prints that a number beside `--all` is no process.
  static func warnOfProcesses(in invocation: Invocation) {
    guard invocation.verbosity != .quiet, invocation.processes.listed == nil else { return }
    // Few descriptors have a larger number, and few processes a smaller one.
    let most = 255
    for number in invocation.selector.bareNumbers where number > most {
      guard let pid = Int32(exactly: number), let name = ProcessTree.userProcess(pid) else { continue }
      Output.complain(
        "\(number) is read as a descriptor, because --all means every process; for process \(name) alone,"
          + " leave --all out")
    }
  }
}
