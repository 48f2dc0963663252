/// Why a session could not work on a process, or ended early.
///
/// The process is unchanged, except for the changes that the report of a session names.
///
/// Each case begins with the process or thread that it concerns.
package enum TargetError: Error, Equatable {
  /// A process or thread as a message names it.
  package typealias Name = ProcessName

  /// A thread that did not stop, and the kernel function that it sleeps in.
  package struct Sleeper: Equatable, Sendable {
    /// The thread's ID and name.
    package let thread: Name
    /// Whether the thread is in uninterruptible sleep.
    ///
    /// If not, the scheduler gave it no time to run.
    package let isAsleep: Bool
    /// The kernel function, see `/proc/PID/wchan` in `proc_pid_wchan(5)`; nil if the kernel does not report
    /// it.
    package let place: ByteString?
    /// The child that the thread waits for in vfork(2); nil if it is unknown.
    package let child: Name?

    /// Whether the thread waits until its child of vfork(2) calls execve(2) or exits.
    ///
    /// See `wait_for_vfork_done` in `kernel/fork.c`. In most kernels the compiler makes this function a part
    /// of its caller, `kernel_clone`. Before Linux 5.10 the caller was `_do_fork`.
    package var isInVfork: Bool {
      switch place {
      case "kernel_clone", "_do_fork", "wait_for_vfork_done": isAsleep
      default: false
      }
    }
    /// Whether it is a worker of io_uring(7), which rangeclose does not stop.
    package var isWorker = false
  }

  /// No process has this ID, or `/proc` hides it, see hidepid in `proc(5)`.
  case noSuchProcess(Int32)
  /// The ID belongs to a thread that shares its table with its process.
  case isThread(Int32, of: Name)
  /// All threads of the process have exited, and its parent has not waited for it.
  case isZombie(Name, parent: Name)
  /// The process is a thread of the kernel.
  case isKernelThread(Name)
  /// The ID belongs to another process than the one that the user or a scan meant.
  case isAnotherProcess(Int32)
  /// The kernel has no inode numbers that identify processes.
  case hasNoInodes(Int32)
  /// The kernel gives rangeclose no duplicates of the descriptors.
  case noDuplicates(Int32)
  /// The ID belongs to this process of rangeclose.
  case isOurselves(Int32)
  /// `/proc` was mounted for another PID namespace, so its IDs mean other processes.
  case foreignProcfs(Int32)
  /// `/proc` is not a `proc(5)` file system.
  case missingProcfs(Int32)
  /// This thread of the process traces rangeclose, or traces a tracer of rangeclose.
  case tracesUs(Name, thread: Int32)
  /// Another process traces a thread of the process.
  case alreadyTraced(Int32, by: Name)
  /// The kernel refuses the access because of this condition.
  case notPermitted(Int32, PermissionProblem)
  /// The process is gone, or the thread that rangeclose worked with is gone.
  ///
  /// An execve(2) ends all threads but one.
  case exited(Int32)
  /// These threads did not stop before the deadline.
  case didNotStop(Int32, [Sleeper])
  /// New threads appeared until the deadline.
  case restless(Int32)
  /// `--unshare`: this many threads of the process share one table, and only one of them could get a copy.
  case threadsShareTable(Int32, Int)
  /// `--unshare`: rangeclose does not know which threads and processes share the table.
  case cannotSeparateTable(Int32, TableSharing.Doubt)
  /// The leader has exited, and the other threads have different tables. None of these is the table of the
  /// process.
  case differentTables(Int32)
  /// The second scan, during the stop, took too long. Nothing was closed.
  case confirmationTooSlow(Int32)
  /// A read of the target's memory, or of the status of one of its files, did not return. Nothing was closed.
  case readBlocked(Int32)
  /// The calling thread is in seccomp's strict mode, and rangeclose may not suspend this mode.
  case strictSeccomp(Int32)
  /// No instruction was found that enters the kernel.
  case noCallInstruction(Int32)
  /// The registers have a layout that rangeclose does not know.
  case unknownRegisters(Int32)
  /// No thread that can make the calls is in a system call. rangeclose cannot find out whether the calling
  /// thread is in a restartable sequence.
  case unknownSequence(Int32, Errno)
  /// The kernel sends the calls of every thread to the program itself (Syscall User Dispatch), and cannot be
  /// asked to stop doing so.
  case dispatched(Int32)
  /// The calling thread did not begin its call in time, for instance in a frozen cgroup.
  case didNotRun(Int32)
  /// The injected call did not return in time. The call goes on, and the calling thread restores itself when
  /// the call returns.
  case callDidNotReturn(Int32)
  /// A signal stopped the injected call. As far as rangeclose knows, the call closed nothing.
  ///
  /// `mayTryOther` is true for `close_range(2)`, because a filter may allow `close(2)`.
  case faulted(Int32, signal: Int32, mayTryOther: Bool)
  /// No stack of the calling thread has room for the path of an injected call. Nothing was changed.
  case noRoom(Int32)
  /// A system call of rangeclose, or a file below `/proc`, failed with this error.
  case system(Int32, call: String, Errno)
}

extension TargetError {
  /// Whether the same request may succeed a moment later.
  ///
  /// During an execve(2) the kernel refuses access to the process. The kernel also refuses access, for no
  /// visible reason, to a thread that is about to exit, and to a thread that its tracer is about to detach.
  package var mayPass: Bool {
    switch self {
    case .notPermitted(_, .unexplained), .notPermitted(_, .notDumpable): true
    default: false
    }
  }

  /// Whether the process has no descriptor table any more.
  var meansGone: Bool {
    switch self {
    case .noSuchProcess, .exited, .isZombie: true
    default: false
    }
  }

  /// Whether the ID belongs to nothing that has descriptors of its own.
  package var meansNoTarget: Bool {
    switch self {
    case .isKernelThread, .isThread, .isOurselves, .isAnotherProcess: true
    default: meansGone
    }
  }

  /// Whether the calling thread still exists, although rangeclose did not see the end of its call.
  var leavesThread: Bool {
    switch self {
    case .callDidNotReturn, .faulted: true
    default: false
    }
  }
}
