import CLinux

/// The processes of the machine, and which of them made which.
package enum ProcessTree {
  /// A process at the time of the look.
  package struct Entry: Sendable {
    /// The process ID.
    package let pid: Int32
    /// The process ID of the parent.
    package let parent: Int32
    /// The time at which the process started, in clock ticks since boot.
    ///
    /// Together with the ID it identifies the process; see `proc_pid_stat(5)`.
    package let startTime: UInt64
  }

  /// The IDs of all processes except rangeclose, ascending; empty if `/proc` cannot be read.
  package static func all() -> [Int32] {
    let own = clinux_own_process()
    let numbers = (try? OwnedDescriptor.open("/proc", as: .directory).numericEntries()) ?? []
    return numbers.map(Int32.init(truncatingIfNeeded:)).filter { $0 != own }
  }

  /// The time at which a process started, in clock ticks since boot; nil if there is no such process.
  package static func startTime(of pid: Int32) -> UInt64? { entry(pid)?.startTime }

  /// The descendants of processes, ascending, without rangeclose itself.
  ///
  /// A process with the ID of a root that started at another time is no root.
  ///
  /// A process that loses its parent gets another one, see `PR_SET_CHILD_SUBREAPER` in `prctl(2)`. It is then
  /// a descendant of that process only.
  ///
  /// - Parameter roots: the times at which the processes started, by their IDs.
  package static func descendants(of roots: [Int32: UInt64]) -> [Entry] {
    let entries = all().compactMap(entry)
    var members = Set(entries.filter { roots[$0.pid] == $0.startTime }.map { $0.pid })
    var found: [Entry] = []
    var grew = true
    // A parent may have a larger ID than its child, so the list is passed until nothing is added.
    while grew {
      let more = entries.filter { !members.contains($0.pid) && members.contains($0.parent) }
      grew = !more.isEmpty
      found += more
      members.formUnion(more.map { $0.pid })
    }
    return found.sorted { $0.pid < $1.pid }
  }

  /// The process IDs of the parent of rangeclose, of its parent, and so on.
  ///
  /// `/proc` has to be of the PID namespace of rangeclose, as a target process makes sure.
  package static func ancestorsOfOurs() -> Set<Int32> {
    var ancestors: Set<Int32> = []
    var pid = clinux_own_parent()
    while pid > 0, ancestors.insert(pid).inserted { pid = parent(of: pid) }
    return ancestors
  }

  /// The process ID of a process's parent; 0 if it has none, or is gone.
  private static func parent(of pid: Int32) -> Int32 {
    // A pidfd answers in a fraction of the time in which the kernel makes the text of `/proc/PID/stat`.
    let parent = clinux_parent(pid)
    return parent < 0 ? entry(pid)?.parent ?? 0 : Int32(truncatingIfNeeded: parent)
  }

  /// The name of a process that runs a program; nil if there is no such process, or if it is the kernel's.
  package static func userProcess(_ pid: Int32) -> ProcessName? {
    guard let stat = ProcessDirectory.stat(ofProcess: pid), stat.isLeader, !stat.isKernelThread else {
      return nil
    }
    return ProcessName(pid, stat.name)
  }

  private static func entry(_ pid: Int32) -> Entry? {
    guard let stat = ProcessDirectory.stat(ofProcess: pid) else { return nil }
    return Entry(pid: pid, parent: stat.parent, startTime: stat.startTime)
  }
}
