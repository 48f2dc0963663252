import CLinux

/// The thread that sessions were held in.
///
/// ptrace(2) attaches a thread, not a process. What cannot be detached, for it sleeps in the kernel and does not
/// stop, is let go of when that thread ends, see `exit_ptrace` in `kernel/ptrace.c`: and were it to wake before
/// that, it would stand still until then.
package enum TracerThread {
  /// Does the rest of the program's work, in another thread where this one has to end for what it traces.
  ///
  /// - Parameter body: ends the process.
  package static func leave(for body: @escaping () -> Never) -> Never {
    if clinux_has_tracees() {
      let rest = Rest(body)
      // It comes back where the user may have no more threads, RLIMIT_NPROC in getrlimit(2).
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
