/// The descriptor tables that rangeclose has worked on, to work on each of them once.
package struct WorkedTables {
  /// In the kernel's order of the tables.
  private var targets: [TargetProcess] = []

  /// Creates an empty set.
  package init() {}

  /// Adds the table of a process; false if it is in the set.
  ///
  /// `kcmp(2)` orders tables, so a few comparisons find the place of a table. If the kernel refuses a
  /// comparison, the table counts as new.
  package mutating func insert(_ target: TargetProcess) -> Bool {
    var (low, high) = (0, targets.count)
    while low < high {
      let middle = (low + high) / 2
      switch target.table.order(to: targets[middle].tableThread) {
      case .same where targets[middle].hasTableThread: return false
      case .before: high = middle
      case .after: low = middle + 1
      case .same, .unknown:
        // The other process has exited, or may not be compared. Without it the others are still in order.
        targets.remove(at: middle)
        high -= 1
      }
    }
    targets.insert(target, at: low)
    return true
  }
}
