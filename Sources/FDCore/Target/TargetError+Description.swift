extension TargetError: CustomStringConvertible {
  /// The process, the reason and the remedy, for a message that begins with `rangeclose: `.
  package var description: String { description(naming: nil) }

  /// The same text, with the name of the process.
  ///
  /// - Parameter name: the process that the work was on; nil if its name is not known.
  package func description(naming name: Name?) -> String {
    let isKnown = subject.command != nil || name?.pid != subject.pid
    return "\(isKnown ? subject : name ?? subject): \(reason)"
  }

  /// The process or thread that the error concerns.
  private var subject: Name {
    switch self {
    case .isZombie(let name, _), .isKernelThread(let name), .tracesUs(let name, _): name
    case .noSuchProcess(let pid), .isThread(let pid, _), .isAnotherProcess(let pid), .hasNoInodes(let pid),
      .noDuplicates(let pid), .isOurselves(let pid), .foreignProcfs(let pid), .missingProcfs(let pid),
      .alreadyTraced(let pid, _),
      .notPermitted(let pid, _), .exited(let pid), .didNotStop(let pid, _), .restless(let pid),
      .threadsShareTable(let pid, _), .cannotSeparateTable(let pid, _), .differentTables(let pid),
      .confirmationTooSlow(let pid), .readBlocked(let pid), .strictSeccomp(let pid),
      .noCallInstruction(let pid), .unknownRegisters(let pid), .unknownSequence(let pid, _),
      .dispatched(let pid), .didNotRun(let pid), .callDidNotReturn(let pid), .noRoom(let pid),
      .faulted(let pid, _, _), .system(let pid, _, _):
      .init(pid, nil)
    }
  }

  /// The reason and the remedy.
  package var reason: String {
    switch self {
    case .noSuchProcess:
      "no such process, or it is hidden from you; check the ID, or run as root"
    case .isThread(_, let process):
      "is a thread of \(process), not a process; give \(process.pid)"
    case .isZombie(_, let parent):
      "is a zombie, which has no descriptors; its parent \(parent) has not waited for it yet"
    case .isKernelThread:
      "is a kernel thread, which has no descriptors"
    case .isAnotherProcess:
      "the ID belongs to another process now; the process that had it has exited"
    case .noDuplicates:
      "rangeclose cannot take duplicates of its descriptors: pidfd_getfd(2) needs Linux 5.6, and Linux 6.9"
        + " for a thread with its own table"
    case .hasNoInodes:
      "this kernel has no inode numbers for processes, which came with Linux 6.9; give the ID alone"
    case .isOurselves:
      "is rangeclose itself; give the ID of another process"
    case .foreignProcfs:
      "/proc belongs to another PID namespace, so its IDs mean other processes here;"
        + " mount a /proc of this namespace, or run rangeclose outside of it"
    case .missingProcfs:
      "/proc is not a proc(5) file system; mount one (mount -t proc proc /proc)"
    case .tracesUs(let name, let thread):
      "\(thread == name.pid ? "" : "its thread \(thread) ")traces rangeclose, so rangeclose cannot"
        + " trace it; run rangeclose without this tracer"
    case .alreadyTraced(_, let tracer):
      "already traced by \(tracer); detach that tracer first"
    case .notPermitted(_, let problem):
      "\(problem)"
    case .exited:
      "exited meanwhile, or became another program by execve(2);"
        + " if it still runs, list its descriptors again (-n)"
    case .didNotStop(_, let sleepers):
      "did not stop in time: \(sleepers.map { $0.description }.joined(separator: ", "));"
        + (sleepers.contains { $0.isAsleep }
          ? " wait until it wakes from this uninterruptible sleep, or thaw it (see --timeout)"
          : " give it more time (see --timeout)")
    case .restless:
      "its threads start and exit faster than rangeclose can stop them;"
        + " try again, or with a longer --timeout"
    case .threadsShareTable(_, let count):
      "\(count) of its threads share the descriptor table,"
        + " and --unshare would give a copy to only one of them; leave --unshare out"
    case .cannotSeparateTable(_, let doubt):
      "--unshare needs to know which threads and processes share the descriptor table, but \(doubt);"
        + " leave --unshare out, or run rangeclose with the right to compare them"
        + " (as root, outside of a container)"
    case .differentTables:
      "its leader has exited, and its threads have different descriptor tables;"
        + " give the ID of one thread"
    case .confirmationTooSlow:
      "reading its descriptors again took too long, and nothing was changed;"
        + " give it more time (see --timeout), or pick fewer descriptors"
    case .readBlocked:
      "a read of its memory or of a file's status did not return, and nothing was changed;"
        + " a file server may not answer (see --timeout)"
    case .strictSeccomp:
      "is in seccomp's strict mode, and the kernel would kill it for the call;"
        + " run as root with CAP_SYS_ADMIN, to suspend that mode"
    case .noCallInstruction:
      "rangeclose found no system call instruction in its memory, and needs one to make the call"
    case .unknownRegisters:
      "runs a program for an architecture that rangeclose does not know"
    case .unknownSequence(_, let error):
      "no thread is in a system call, and the search for the restartable sequence (rseq(2)) of the"
        + " calling thread failed: \(error); nothing was changed; try again, or with a longer --timeout"
    case .dispatched:
      "the kernel sends its system calls to a handler of its own (Syscall User Dispatch, see prctl(2)), and"
        + " does not let rangeclose suspend that before Linux 6.4; nothing was changed; try again"
    case .didNotRun:
      "did not run the call in time; thaw it if it is frozen (cgroup.freeze), or give it more time"
        + " (--timeout)"
    case .callDidNotReturn:
      "the call has not returned in time (see --timeout): a file server may not answer;"
        + " the thread that makes the call restores itself when it returns;"
        + " then list the descriptors that are left (-n)"
    case .faulted(_, let signal, let mayTryOther):
      "the call was stopped by signal \(signal), because of a seccomp filter or a memory fault"
        + (mayTryOther ? "; try --method=close" : "; rangeclose knows no other call to try")
    case .noRoom:
      "rangeclose found no room for the path on the stack of the calling thread, and nothing was changed;"
        + " try again, when another thread waits in a system call"
    case .system(_, let call, let error):
      "\(call): \(error)"
    }
  }
}

extension TargetError.Sleeper: CustomStringConvertible {
  /// The thread and what it does, as in `thread 4242 (worker) sleeps in nfs_wait_bit_killable`.
  package var description: String {
    if !isAsleep { return "thread \(thread) got no time to run" }
    if isInVfork { return "thread \(thread) waits in vfork(2)\(child.map { " for child \($0)" } ?? "")" }
    return "thread \(thread) sleeps in \(place.map { $0.description } ?? "the kernel")"
  }
}
