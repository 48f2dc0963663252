/// Why a process could not be worked on.
///
/// It was left as it was, but for what the report of a session tells.
package enum TargetError: Error, Equatable {
  /// A process or thread as a message names it.
  package typealias Name = ProcessName

  /// A thread that did not stop, and the kernel function that it sleeps in, where that is told.
  package struct Sleeper: Equatable, Sendable {
    package let thread: Name
    /// Whether it sleeps uninterruptibly; else it was only given no time to run.
    package let isAsleep: Bool
    package let place: ByteString?
  }

  case noSuchProcess(Int32)
  case isThread(Int32, of: Name)
  case isZombie(Name, parent: Name)
  case isKernelThread(Name)
  case isOurselves(Int32)
  case foreignProcfs(Int32)
  case tracesUs(Name)
  case alreadyTraced(Int32, by: Name)
  case notPermitted(Int32, PermissionProblem)
  /// The process is gone, or the thread that we had of it: an exec(2) ends all threads but one.
  case exited(Int32)
  case didNotStop(Int32, [Sleeper])
  case restless(Int32)
  /// So many threads have one table, of which none could be left the old one alone.
  case threadsShareTable(Int32, Int)
  /// It is not known which threads and processes share the table.
  case cannotSeparateTable(Int32, TableSharing.Doubt)
  /// A process without its leader, of whose threads no one's table is the process's.
  case differentTables(Int32)
  case strictSeccomp(Int32)
  case noCallInstruction(Int32)
  case unknownRegisters(Int32)
  case didNotRun(Int32)
  /// The injected call has not come back, and goes on in the process, which restores itself after it.
  case callDidNotReturn(Int32)
  /// The injected call met a fault; nothing is known to have been closed.
  case faulted(Int32, signal: Int32, mayTryOther: Bool)
  case system(Int32, call: String, Errno)
}

extension TargetError {
  /// Whether it may be over in a moment: in the midst of an execve(2) a process is nobody's, and a thread
  /// that is about to exit, or to be let go of by its tracer, refuses for no reason that can be seen.
  package var mayPass: Bool {
    switch self {
    case .notPermitted(_, .unexplained), .notPermitted(_, .notDumpable): true
    default: false
    }
  }

  /// Whether the thread that made calls is still there, though one of them was not seen to its end.
  var leavesThread: Bool {
    switch self {
    case .callDidNotReturn, .faulted: true
    default: false
    }
  }
}

extension TargetError: CustomStringConvertible {
  /// The process, the reason and the remedy, as they follow `rangeclose: `.
  package var description: String {
    switch self {
    case .noSuchProcess(let pid):
      "\(pid): no such process, or one that is hidden from you"
    case .isThread(let tid, let process):
      "\(tid): is a thread of \(process), not a process; give \(process.pid)"
    case .isZombie(let name, let parent):
      "\(name): is a zombie and has no descriptors any more; its parent \(parent) has yet to wait for it"
    case .isKernelThread(let name):
      "\(name): is a kernel thread, which has no descriptors"
    case .isOurselves(let pid):
      "\(pid): is rangeclose itself"
    case .foreignProcfs(let pid):
      "\(pid): /proc belongs to another PID namespace, and its numbers mean other processes here;"
        + " mount a /proc of this namespace, or run outside of it"
    case .tracesUs(let name):
      "\(name): traces rangeclose, and cannot be traced by it; run rangeclose outside of it"
    case .alreadyTraced(let pid, let tracer):
      "\(pid): already traced by \(tracer); detach that first"
    case .notPermitted(let pid, let problem):
      "\(pid): \(problem)"
    case .exited(let pid):
      "\(pid): exited meanwhile, or became another program by execve(2)"
    case .didNotStop(let pid, let sleepers):
      "\(pid): did not stop in time: \(sleepers.map { $0.description }.joined(separator: ", "));"
        + (sleepers.contains { $0.isAsleep }
          ? " uninterruptible sleep, or a freezer's, must end first (see --timeout)"
          : " give it more of it (see --timeout)")
    case .restless(let pid):
      "\(pid): its threads come and go faster than they can be stopped; try again, or a longer --timeout"
    case .threadsShareTable(let pid, let count):
      "\(pid): \(count) of its threads share the descriptor table, which --unshare would separate for one of"
        + " them only; leave it out"
    case .cannotSeparateTable(let pid, let doubt):
      "\(pid): --unshare needs to know which threads and processes share the descriptor table, and \(doubt);"
        + " leave --unshare out, or run rangeclose with the right to compare them (root, outside of a container)"
    case .differentTables(let pid):
      "\(pid): its leader has exited, and its threads have different descriptor tables; give the ID of one"
    case .strictSeccomp(let pid):
      "\(pid): is in seccomp's strict mode and would be killed by the call;"
        + " only root with CAP_SYS_ADMIN can suspend it"
    case .noCallInstruction(let pid):
      "\(pid): no system call instruction found in its memory to make the call with"
    case .unknownRegisters(let pid):
      "\(pid): runs on an architecture that this rangeclose does not know"
    case .didNotRun(let pid):
      "\(pid): did not run the call in time; thaw it if it is frozen (cgroup.freeze), or give it more time"
        + " (--timeout)"
    case .callDidNotReturn(let pid):
      "\(pid): the call has not come back in time; the thread that makes it restores itself when it does;"
        + " look again then for what is left to close"
    case .faulted(let pid, let signal, let mayTryOther):
      "\(pid): the call was stopped by signal \(signal), from a seccomp filter or lost memory"
        + (mayTryOther ? "; try --method=close" : "; its filter allows no call that closes")
    case .system(let pid, let call, let error):
      "\(pid): \(call): \(error)"
    }
  }
}

extension TargetError.Sleeper: CustomStringConvertible {
  /// The thread and its place, as in `thread 4242 (worker) sleeps in nfs_wait_bit_killable`.
  package var description: String {
    isAsleep
      ? "thread \(thread) sleeps in \(place.map { $0.description } ?? "the kernel")"
      : "thread \(thread) got no time to run"
  }
}
