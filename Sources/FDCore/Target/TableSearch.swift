import CLinux

/// Searches all processes for the ones that share the table of a target.
///
/// Processes share a table after `clone(2)` with CLONE_FILES and without CLONE_THREAD.
final class TableSearch {
  private let target: TargetProcess
  private let processes: OwnedDescriptor
  private let isStopped: Bool
  /// The IDs of the processes whose threads may have a different table than their leader; nil if any process
  /// may.
  private let relatives: Set<Int32>?
  private lazy var facts = PublicFacts(of: target)
  /// The reason why the kernel refuses every comparison.
  ///
  /// rangeclose finds it out at the first comparison that fails.
  private lazy var refusal = TableIdentity.refusal

  /// Compares the target's table with the table of every process, while all of them run.
  ///
  /// - Parameter isStopped: whether the target is stopped. If it is, only the processes that share the table
  ///   matter. The processes that cannot be compared do not matter.
  static func run(for target: TargetProcess, duringStop isStopped: Bool = false) -> TableSharing {
    do {
      let search = TableSearch(target, isStopped, try OwnedDescriptor.open("/proc", as: .directory))
      return try search.run()
    } catch {
      return TableSharing(doubt: .refused(error))
    }
  }

  private init(_ target: TargetProcess, _ isStopped: Bool, _ processes: consuming OwnedDescriptor) {
    self.target = target
    self.processes = processes
    self.isStopped = isStopped
    relatives = target.relatives
  }

  private func run() throws(Errno) -> TableSharing {
    let named = 3
    var sharing = TableSharing()
    var unreadable: [TargetError.Name] = []
    var (count, reason) = (0, Errno.notPermitted)
    for pid in try ProcessScan.run(target.table, relatives: relatives) where pid != target.pid {
      switch compare(pid) {
      case .different: break
      case .same:
        guard target.hasTableThread else { continue }
        // The process is another thread group, unless the user gave the ID of a thread. The kernel may have
        // given the ID to another process before rangeclose opened the directory. So rangeclose compares the
        // tables once more.
        do throws(TargetError) {
          let process = try TargetProcess(pid)
          let isSharer = process.threadGroup != target.threadGroup && compare(pid) == .same
          if isSharer { sharing.processes.append(process) }
        } catch {
          if error.meansGone { continue }
          (count, reason) = (count + 1, .accessDenied)
          unreadable.append(.init(pid, processName(pid)))
        }
      case .unknown(let error):
        if isStopped { continue }
        if let refusal { return TableSharing(doubt: .refused(refusal)) }
        (count, reason) = (count + 1, error)
        if unreadable.count < named { unreadable.append(.init(pid, processName(pid))) }
      }
    }
    // The kernel finds every other table different from the table of a thread that has exited.
    if target.descriptorCount(ofThread: target.tableThread) ?? 0 == 0, !target.hasTableThread {
      return TableSharing(doubt: .refused(.noSuchProcess))
    }
    if count > 0 { sharing.doubt = .unreadable(unreadable, count: count, reason) }
    return sharing
  }

  /// Compares the target's table with the tables of a process.
  ///
  /// It compares only the leader if the threads cannot have other tables.
  private func compare(_ pid: Int32) -> TableComparison {
    let leader = target.table.compare(with: pid)
    switch leader {
    case .same: return .same
    case .different: return mayHaveSeveralTables(pid) ? compareThreads(of: pid) : .different
    case .unknown: return !isStopped && refusal == nil && isProvenDifferent(pid) ? .different : leader
    }
  }

  /// Whether a thread of the process may have the target's table even if its leader does not.
  ///
  /// In that case one of the two processes made the other with clone(2), and a leader called unshare(2)
  /// later. So they are parent and child, unless a third process between them has exited.
  private func mayHaveSeveralTables(_ pid: Int32) -> Bool {
    if let relatives, !relatives.contains(pid) { return false }
    // The link count of the directory is the number of threads plus 2; see `proc_task_getattr` in
    // fs/proc/base.c.
    return (try? processes.status(of: "\(pid)/task").links).map { $0 > 3 } ?? false
  }

  private func compareThreads(of pid: Int32) -> TableComparison {
    let tids: [Int32]
    do {
      tids = try ProcessDirectory(pid).threads().tids
    } catch {
      return error == .noSuchFile || error == .noSuchProcess ? .different : .unknown(error)
    }
    var result = TableComparison.different
    for tid in tids where tid != pid {
      let answer = target.table.compare(with: tid)
      if answer == .same { return .same }
      if answer != .different { result = answer }
    }
    return result
  }

  /// Whether facts that every user may read prove that a process has another table.
  ///
  /// rangeclose uses these facts for a process that the kernel refuses to compare.
  private func isProvenDifferent(_ pid: Int32) -> Bool {
    do {
      let process = try ProcessDirectory(pid)
      if facts.hasExecuted == true, (try? process.stat())?.hasExecuted == true { return true }
      if let owner = try? processes.status(of: "\(pid)").owner, facts.exclude(owner: owner, of: process) {
        return true
      }
      // The facts below apply to the leader only. So they prove nothing if the process has other threads.
      guard process.hasThreads(1) else { return false }
      // A table's size only grows. So different sizes prove different tables, if the target's size is the
      // same before and after.
      let ours = target.tableSize
      let status = try process.status()
      if !status.isAlive || status.isKernelThread == true { return true }
      guard let size = status.tableSize, let ours else { return false }
      return size != ours && target.tableSize == ours
    } catch {
      return error == .noSuchFile || error == .noSuchProcess
    }
  }
}

/// Facts about a target that every process with the same table must agree with.
///
/// Processes share a table only if clone(2) made one of them from the other. execve(2) gives a process its
/// own table, see `begin_new_exec` in `fs/exec.c`. So of two processes that share a table, at most one has
/// called execve(2) since clone(2) made it. All of them run the program that the target runs.
private struct PublicFacts {
  /// Whether the target has called execve(2) since clone(2) made it.
  let hasExecuted: Bool?
  private let target: TargetProcess
  /// The user that started the target's program without privilege; nil if the program had privilege, or if
  /// rangeclose does not know.
  private lazy var ourMap = try? ProcessDirectory(getpid()).content(of: "uid_map")
  private lazy var unprivilegedUser = Self.unprivilegedUser(of: target)

  init(of target: TargetProcess) {
    self.target = target
    hasExecuted = (try? target.directory.stat())?.hasExecuted
  }

  /// Reads it from the auxiliary vector that execve(2) left, see `getauxval(3)`.
  private static func unprivilegedUser(of target: TargetProcess) -> UInt32? {
    if let status = try? target.directory.status(), let user = status.users.first, user != 0,
      status.users.allSatisfy({ $0 == user }), status.permittedCapabilities == 0,
      let vector = try? AuxiliaryVector(of: target.directory),
      vector[.user] == UInt64(user), vector[.effectiveUser] == UInt64(user), vector[.isSecure] == 0
    {
      return user
    }
    return nil
  }

  /// Whether a process with this effective user ID cannot share the table.
  ///
  /// A process without privileges cannot change to the ID of another user, unless it is in a user namespace
  /// of its own, with other IDs mapped into it. The `uid_map` of that namespace differs from the `uid_map` of
  /// rangeclose. (A program that was started with an ambient CAP_SETUID could change its ID, if the target
  /// has dropped the capability since.)
  mutating func exclude(owner: UInt32, of process: ProcessDirectory) -> Bool {
    guard let user = unprivilegedUser, user != owner, let map = try? process.content(of: "uid_map") else {
      return false
    }
    return map == ourMap
  }
}

extension TargetProcess {
  /// The number of descriptors that the target's table has room for; nil if it cannot be read.
  ///
  /// It is `FDSize` in `/proc/PID/status`.
  fileprivate var tableSize: Int? { (try? directory.status(ofThread: tableThread))?.tableSize }

  /// The IDs of the target's parent, and of the children of all the target's threads.
  ///
  /// Nil if the target has many threads, or if the kernel does not list children.
  ///
  /// See `/proc/PID/task/TID/children` in `proc_pid_task(5)`.
  fileprivate var relatives: Set<Int32>? {
    let most = 32
    guard let count = directory.threadCount, count <= most else { return nil }
    guard let tids = count == 1 ? [tableThread] : (try? directory.threads())?.tids else { return nil }
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
