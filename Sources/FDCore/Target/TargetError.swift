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
      "\(pid): no such process, or it is hidden from you; check the ID, or run as root"
    case .isThread(let tid, let process):
      "\(tid): is a thread of \(process), not a process; give \(process.pid)"
    case .isZombie(let name, let parent):
      "\(name): is a zombie, which has no descriptors any more; its parent \(parent) has not waited for it yet"
    case .isKernelThread(let name):
      "\(name): is a kernel thread, which has no descriptors"
    case .isOurselves(let pid):
      "\(pid): is rangeclose itself; give the ID of another process"
    case .foreignProcfs(let pid):
      "\(pid): /proc belongs to another PID namespace, so its IDs mean other processes here;"
        + " mount a /proc of this namespace, or run rangeclose outside of it"
    case .tracesUs(let name):
      "\(name): traces rangeclose, so rangeclose cannot trace it; run rangeclose without this tracer"
    case .alreadyTraced(let pid, let tracer):
      "\(pid): already traced by \(tracer); detach that tracer first"
    case .notPermitted(let pid, let problem):
      "\(pid): \(problem)"
    case .exited(let pid):
      "\(pid): exited meanwhile, or became another program by execve(2);"
        + " if it still runs, list its descriptors again (-n)"
    case .didNotStop(let pid, let sleepers):
      "\(pid): did not stop in time: \(sleepers.map { $0.description }.joined(separator: ", "));"
        + (sleepers.contains { $0.isAsleep }
          ? " wait until it wakes from this uninterruptible sleep, or thaw it (see --timeout)"
          : " give it more time (see --timeout)")
    case .restless(let pid):
      "\(pid): its threads start and exit faster than rangeclose can stop them;"
        + " try again, or with a longer --timeout"
    case .threadsShareTable(let pid, let count):
      "\(pid): \(count) of its threads share the descriptor table,"
        + " and --unshare would give a copy to only one of them; leave --unshare out"
    case .cannotSeparateTable(let pid, let doubt):
      "\(pid): --unshare needs to know which threads and processes share the descriptor table, but \(doubt);"
        + " leave --unshare out, or run rangeclose with the right to compare them"
        + " (as root, outside of a container)"
    case .differentTables(let pid):
      "\(pid): its leader has exited, and its threads have different descriptor tables;"
        + " give the ID of one thread"
    case .strictSeccomp(let pid):
      "\(pid): is in seccomp's strict mode, and the kernel would kill it for the call;"
        + " run as root with CAP_SYS_ADMIN, to suspend that mode"
    case .noCallInstruction(let pid):
      "\(pid): rangeclose found no system call instruction in its memory, and needs one to make the call"
    case .unknownRegisters(let pid):
      "\(pid): runs a program for an architecture that rangeclose does not know"
    case .didNotRun(let pid):
      "\(pid): did not run the call in time; thaw it if it is frozen (cgroup.freeze), or give it more time"
        + " (--timeout)"
    case .callDidNotReturn(let pid):
      "\(pid): the call has not returned in time; the thread that makes it restores itself when it returns;"
        + " then list the descriptors that are left (-n)"
    case .faulted(let pid, let signal, let mayTryOther):
      "\(pid): the call was stopped by signal \(signal), because of a seccomp filter or a memory fault"
        + (mayTryOther ? "; try --method=close" : "; rangeclose knows no other call to try")
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
