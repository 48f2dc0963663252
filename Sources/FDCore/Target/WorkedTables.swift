/// The descriptor tables that rangeclose has worked on, to work on each of them once.
///
/// A table is kept as the ID and the start time of a thread that has it. An open directory for each of
/// thousands of processes would be more than rangeclose may open.
package struct WorkedTables {
  private struct Member {
    let thread: Int32
    let startTime: UInt64
  }

  /// The members by the image of their process, in the kernel's order of the tables.
  private var groups: [ProcessStat.Image: [Member]] = [:]

  /// Creates an empty set.
  package init() {}

  /// Adds the table of a process; false if it is in the set.
  ///
  /// Processes share a table only after clone(2), and execve(2) ends that. So they have the same image,
  /// unless one of them moved its own with PR_SET_MM of prctl(2). Most processes are alone with their image.
  ///
  /// `kcmp(2)` orders tables, so a few comparisons find the place of a table among the others. If the kernel
  /// refuses a comparison, the table counts as new.
  package mutating func insert(_ target: TargetProcess) -> Bool {
    let thread = target.tableThread
    // A leader that has exited has no image any more.
    guard let stat = thread == target.pid ? target.stat : try? ProcessDirectory(thread).stat() else {
      return true
    }
    let member = Member(thread: thread, startTime: stat.startTime)
    return Self.insert(member, target.table, in: &groups[stat.image, default: []])
  }

  private static func insert(_ new: Member, _ table: TableIdentity, in members: inout [Member]) -> Bool {
    var (low, high) = (0, members.count)
    while low < high {
      let middle = (low + high) / 2
      let member = members[middle]
      switch table.order(to: member.thread) {
      case .same where startTime(of: member.thread) == member.startTime: return false
      case .before: high = middle
      case .after: low = middle + 1
      case .same, .unknown:
        // The other thread has exited, or may not be compared. Without it the others are still in order.
        members.remove(at: middle)
        high -= 1
      }
    }
    members.insert(new, at: low)
    return true
  }

  private static func startTime(of thread: Int32) -> UInt64? {
    try? ProcessDirectory(thread).stat().startTime
  }
}
