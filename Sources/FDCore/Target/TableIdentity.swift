import CLinux

/// Whether two threads have the same descriptor table.
package enum TableComparison: Equatable, Sendable {
  /// The two threads have one table.
  case same
  /// The two threads have two tables, or `tid` has exited and has none.
  case different
  /// The kernel refused to compare the threads with this error. They may have one table or two.
  case unknown(Errno)
}

/// A descriptor table, identified by a thread that has it.
///
/// This type makes all comparisons of tables. The corresponding system call is `kcmp(2)` with `KCMP_FILES`.
package struct TableIdentity: Sendable {
  /// The ID of the thread whose table this is.
  package let thread: Int32

  /// Compares the table with that of another thread, of any process.
  ///
  /// A thread that has exited has no table. The kernel reports two exited threads as equal. So after `same`
  /// the caller must make sure that `thread` has not exited.
  package func compare(with tid: Int32) -> TableComparison {
    if tid == thread { return .same }
    let answer = clinux_compare_descriptor_tables(tid, thread)
    guard let error = Errno(answer: answer) else { return answer == 0 ? .same : .different }
    // ESRCH means that one of the two threads is gone. If the other thread is gone, it shares no table. If
    // `thread` is gone, the result is unknown.
    if error == .noSuchProcess, clinux_compare_descriptor_tables(thread, thread) == 0 { return .different }
    return .unknown(error)
  }

  /// The place of the table in the kernel's order of all tables.
  enum Order {
    case same, before, after, unknown
  }

  /// Compares the order of the table with that of another thread's table; see `kcmp(2)`.
  func order(to tid: Int32) -> Order {
    switch clinux_compare_descriptor_tables(thread, tid) {
    case 0: .same
    case 1: .before
    case 2: .after
    default: .unknown
    }
  }

  /// The reason why the kernel compares no tables for rangeclose; nil if it compares tables.
  ///
  /// Docker's default seccomp profile refuses `kcmp(2)`, and a kernel without CONFIG_KCMP has no such call.
  static var refusal: Errno? {
    let own = clinux_own_thread()
    return Errno(answer: clinux_compare_descriptor_tables(own, own))
  }
}

/// The other processes that share the descriptor table of a target.
package struct TableSharing {
  /// The processes with a thread that has the same table, in ascending order of their IDs.
  package var processes: [TargetProcess] = []
  /// Why rangeclose does not know whether more processes share the table; nil if `processes` is complete.
  package var doubt: Doubt?

  /// Why rangeclose does not know which processes share the table.
  package enum Doubt: Equatable, Sendable {
    /// The kernel refuses every `kcmp(2)` with this error.
    case refused(Errno)
    /// The kernel refuses to compare `count` processes with the target, the last of them with this error.
    ///
    /// The array names the first few of them.
    case unreadable([TargetError.Name], count: Int, Errno)
  }
}

extension TableSharing.Doubt: CustomStringConvertible {
  /// The reason, for a message that begins with the target's ID.
  package var description: String {
    switch self {
    case .refused(let error):
      "kcmp(2) is refused: \(error)"
    case .unreadable(let names, let count, let error):
      names.map { $0.description }.joined(separator: ", ")
        + (count > names.count ? " and \(count - names.count) more" : "")
        + " cannot be compared with it by kcmp(2): \(error)"
    }
  }
}
