/// The descriptor tables that rangeclose has worked on, to work on each of them once.
///
/// A table is kept as the ID and the start time of a thread that has it. An open directory for each of
/// thousands of processes would be more than rangeclose may open.
package struct WorkedTables {
  private struct Member {
    let thread: Int32
    let startTime: UInt64
  }

  /// In the kernel's order of the tables.
  private var members: [Member] = []

  /// Creates an empty set.
  package init() {}

  /// Adds the table of a process; false if it is in the set.
  ///
  /// `kcmp(2)` orders tables, so a few comparisons find the place of a table. If the kernel refuses a
  /// comparison, the table counts as new.
  package mutating func insert(_ target: TargetProcess) -> Bool {
    let thread = target.tableThread
    guard let startTime = thread == target.pid ? target.startTime : Self.startTime(of: thread) else {
      return true
    }
    var (low, high) = (0, members.count)
    while low < high {
      let middle = (low + high) / 2
      let member = members[middle]
      switch target.table.order(to: member.thread) {
      case .same where Self.startTime(of: member.thread) == member.startTime: return false
      case .before: high = middle
      case .after: low = middle + 1
      case .same, .unknown:
        // The other thread has exited, or may not be compared. Without it the others are still in order.
        members.remove(at: middle)
        high -= 1
      }
    }
    members.insert(Member(thread: thread, startTime: startTime), at: low)
    return true
  }

  private static func startTime(of thread: Int32) -> UInt64? {
    try? ProcessDirectory(thread).stat().startTime
  }
}
