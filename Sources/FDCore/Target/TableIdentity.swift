import CLinux

/// Whether two threads have the same descriptor table.
package enum TableComparison: Equatable, Sendable {
  case same, different
  /// The kernel refused to compare them. This proves nothing.
  case unknown(Errno)
}

/// A descriptor table, named by a thread that has it.
///
/// Every question of whether a table is shared is asked here. The corresponding system call is `kcmp(2)` with
/// `KCMP_FILES`.
package struct TableIdentity: Sendable {
  /// The thread whose table is meant.
  package let thread: Int32

  /// Compares the table with that of another thread, of any process.
  ///
  /// A thread that has exited has no table. The kernel finds two exited threads equal, so the caller has to
  /// know that `thread` has not exited when this returns `same`.
  package func compare(with tid: Int32) -> TableComparison {
    if tid == thread { return .same }
    let answer = clinux_compare_descriptor_tables(tid, thread)
    guard let error = Errno(answer: answer) else { return answer == 0 ? .same : .different }
    // ESRCH says that one of the two is gone. A gone thread shares no table; if `thread` is gone, nothing is
    // known.
    if error == .noSuchProcess, clinux_compare_descriptor_tables(thread, thread) == 0 { return .different }
    return .unknown(error)
  }

  /// Why the kernel compares no tables for rangeclose at all; nil if it does.
  ///
  /// Docker's default seccomp profile refuses `kcmp(2)`, and a kernel without CONFIG_KCMP has no such call.
  static var refusal: Errno? {
    let own = clinux_own_thread()
    return Errno(answer: clinux_compare_descriptor_tables(own, own))
  }
}

/// The other processes that have the table of a target.
package struct TableSharing {
  /// Processes of which a thread has the very same table, ascending.
  package var processes: [TargetProcess] = []
  /// What keeps rangeclose from knowing whether there are more; nil if these are all.
  package var doubt: Doubt?

  /// Why the kernel did not say which processes share the table.
  package enum Doubt: Equatable, Sendable {
    /// `kcmp(2)` is refused altogether.
    case refused(Errno)
    /// These processes may not be compared with the target. The first few of `count` are named.
    case unreadable([TargetError.Name], count: Int, Errno)
  }
}

extension TableSharing.Doubt: CustomStringConvertible {
  /// The reason and its meaning, as they follow the target's number.
  package var description: String {
    switch self {
    case .refused(let error):
      "kcmp(2) is refused: \(error); rangeclose cannot find the processes that share its descriptor table,"
        + " and the same descriptors would change there as well"
    case .unreadable(let names, let count, let error):
      names.map { $0.description }.joined(separator: ", ")
        + (count > names.count ? " and \(count - names.count) more" : "")
        + " cannot be compared with it by kcmp(2): \(error); if they share its descriptor table,"
        + " the same descriptors change there as well"
    }
  }
}
