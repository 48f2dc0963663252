import CLinux

/// The thread of rangeclose that held the sessions.
///
/// ptrace(2) attaches to a thread, not to a process. A tracee that sleeps in the kernel does not stop, and
/// cannot be detached. The kernel detaches it when the tracing thread ends, see `exit_ptrace` in
/// `kernel/ptrace.c`. If it woke before, it would stand still until then.
package enum TracerThread {
  /// Does the rest of the program's work, in another thread if this one has to end for what it traces.
  ///
  /// - Parameter body: ends the process.
  package static func leave(for body: @escaping () -> Never) -> Never {
    if clinux_has_tracees() {
      let rest = Rest(body)
      // The call returns if the user may have no more threads, RLIMIT_NPROC in getrlimit(2).
      unsafe clinux_continue_in_thread(Rest.run, Unmanaged.passRetained(rest).toOpaque())
    }
    body()
  }

  private final class Rest {
    private let body: () -> Never

    init(_ body: @escaping () -> Never) {
      self.body = body
    }

    static let run: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
      guard let context = unsafe context else { return }
      unsafe Unmanaged<Rest>.fromOpaque(context).takeUnretainedValue().body()
    }
  }
}
