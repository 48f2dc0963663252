import CLinux

/// The thread of rangeclose that traces the threads of the sessions.
///
/// In ptrace(2) the tracer is a thread, not a process. A tracee in uninterruptible sleep does not stop, and
/// so cannot be detached. The kernel detaches it when the tracer thread ends, see `exit_ptrace` in
/// `kernel/ptrace.c`. If the tracee wakes before the tracer thread ends, it stays stopped until that end.
package enum TracerThread {
  /// Does the rest of the program's work in another thread if this thread still has tracees.
  ///
  /// This thread then ends, so that the kernel detaches its tracees. Without tracees the function returns.
  ///
  /// - Parameter body: the rest of the work. It ends the process.
  package static func leaveIfTracing(for body: @escaping () -> Never) {
    guard clinux_has_tracees() else { return }
    let rest = ThreadBody { body() }
    // The call returns only if the user may not have another thread, see RLIMIT_NPROC in getrlimit(2).
    unsafe clinux_continue_in_thread(ThreadBody.run, Unmanaged.passRetained(rest).toOpaque())
  }
}
