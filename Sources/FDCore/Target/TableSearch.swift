import CLinux

/// Searches all processes for those that have the table of a target.
///
/// See `clone(2)`, CLONE_FILES without CLONE_THREAD.
final class TableSearch {
  private let target: TargetProcess
  private let processes: OwnedDescriptor
  /// Processes whose threads may have other tables than their leader; nil if any may.
  private let relatives: Set<Int32>?
  private lazy var facts = PublicFacts(of: target)

  /// Compares the table with that of every process, while they run.
  static func run(for target: TargetProcess) -> TableSharing {
    if let error = TableIdentity.refusal { return TableSharing(doubt: .refused(error)) }
    do {
      let search = TableSearch(target, try OwnedDescriptor.open("/proc", as: .directory))
      return try search.run()
    } catch {
      return TableSharing(doubt: .refused(error))
    }
  }

  private init(_ target: TargetProcess, _ processes: consuming OwnedDescriptor) {
    self.target = target
    self.processes = processes
    relatives = target.relatives
  }

  private func run() throws(Errno) -> TableSharing {
    let named = 3
    var sharing = TableSharing()
    var unreadable: [TargetError.Name] = []
    var (count, reason) = (0, Errno.notPermitted)
    for number in try processes.numericEntries() {
      let pid = Int32(truncatingIfNeeded: number)
      if pid == target.pid { continue }
      switch compare(pid) {
      case .different: break
      case .same:
        guard target.hasTableThread else { continue }
        // It is another thread group, unless the target was given as a thread. The number may have been given
        // to another process before it was opened, so the table is compared once more.
        if let process = try? TargetProcess(pid), process.threadGroup != target.threadGroup,
          compare(pid) == .same
        {
          sharing.processes.append(process)
        }
      case .unknown(let error):
        (count, reason) = (count + 1, error)
        if unreadable.count < named { unreadable.append(.init(pid, processName(pid))) }
      }
    }
    if count > 0 { sharing.doubt = .unreadable(unreadable, count: count, reason) }
    return sharing
  }

  /// Compares the tables of all threads of a process, as far as they may differ from their leader's.
  private func compare(_ pid: Int32) -> TableComparison {
    let leader = target.table.compare(with: pid)
    switch leader {
    case .same: return .same
    case .different: return mayHaveSeveralTables(pid) ? compareThreads(of: pid) : .different
    case .unknown: return isProvenDifferent(pid) ? .different : leader
    }
  }

  /// Whether a thread of the process may have the table though its leader has not.
  ///
  /// clone(2) made the process out of one that had the table, and its leader has called unshare(2) since. So
  /// they are a child and a parent, unless a third process between them has exited.
  private func mayHaveSeveralTables(_ pid: Int32) -> Bool {
    if let relatives { return relatives.contains(pid) }
    // The link count of the directory is the number of threads and 2; see `proc_task_getattr` in
    // fs/proc/base.c.
    return (try? processes.status(of: "\(pid)/task").links).map { $0 > 3 } ?? false
  }

  private func compareThreads(of pid: Int32) -> TableComparison {
    guard let threads = try? ProcessDirectory(pid).threads() else { return .different }
    var result = TableComparison.different
    for tid in threads.tids where tid != pid {
      let answer = target.table.compare(with: tid)
      if answer == .same { return .same }
      if answer != .different { result = answer }
    }
    return result
  }

  /// Whether a process that may not be compared is known to have another table, by facts that anybody may
  /// read.
  private func isProvenDifferent(_ pid: Int32) -> Bool {
    if let owner = try? processes.status(of: "\(pid)").owner, facts.exclude(owner: owner) { return true }
    do {
      let process = try ProcessDirectory(pid)
      let status = try process.status()
      if !status.isAlive || status.isKernelThread == true { return true }
      if facts.hasExecuted == true, process.hasExecuted() == true { return true }
      // A table's size only grows. So two sizes are two tables, if ours is the same before and after.
      guard let size = status.tableSize, let ours = facts.tableSize else { return false }
      return size != ours && target.tableSize == ours
    } catch {
      return error == .noSuchFile || error == .noSuchProcess
    }
  }
}

/// What is known of all processes that can share a table with a target, without the right to compare them.
///
/// Processes share a table if clone(2) made them out of each other and none has called execve(2) since: that
/// gives a table of its own, see `begin_new_exec` in `fs/exec.c`. So at most one of two that share has called
/// it, and all of them run the program that the target runs.
private struct PublicFacts {
  /// Whether the target has called execve(2) since clone(2) made it.
  let hasExecuted: Bool?
  /// The size of the target's table, in descriptors.
  let tableSize: Int?
  /// The user that started the target's program without privilege; nil if it had any, or that is not known.
  private let unprivilegedUser: UInt32?

  /// Reads them of the target, among them the auxiliary vector that execve(2) left, see `getauxval(3)`.
  init(of target: TargetProcess) {
    hasExecuted = target.directory.hasExecuted()
    tableSize = target.tableSize
    if let status = try? target.directory.status(), let user = status.users.first, user != 0,
      status.users.allSatisfy({ $0 == user }), status.permittedCapabilities == 0,
      let vector = try? AuxiliaryVector(of: target.directory),
      vector[.user] == UInt64(user), vector[.effectiveUser] == UInt64(user), vector[.isSecure] == 0
    {
      unprivilegedUser = user
    } else {
      unprivilegedUser = nil
    }
  }

  /// Whether a process with this effective user ID cannot run the target's program: an ordinary user's
  /// process without privilege cannot become another user's.
  func exclude(owner: UInt32) -> Bool { unprivilegedUser.map { $0 != owner } ?? false }
}

extension TargetProcess {
  /// How many descriptors its table has room for, by `FDSize` in `/proc/PID/status`; nil if that cannot be
  /// read.
  fileprivate var tableSize: Int? { (try? directory.status(ofThread: tableThread))?.tableSize }

  /// Its parent, and the children of all its threads; nil if that takes long, or the kernel does not list
  /// them.
  ///
  /// See `/proc/PID/task/TID/children` in `proc_pid_task(5)`.
  fileprivate var relatives: Set<Int32>? {
    let most = 32
    guard directory.hasAtMost(most) else { return nil }
    let tids = directory.hasThreads(1) ? [tableThread] : (try? directory.threads())?.tids ?? []
    var relatives: Set = [parent]
    for tid in tids {
      guard let text = try? directory.content(of: "task/\(tid)/children") else { return nil }
      var children = TextScanner(text)
      while let child = children.decimal(Int32.self) {
        relatives.insert(child)
        children.skipBlanks()
      }
    }
    return relatives
  }
}
