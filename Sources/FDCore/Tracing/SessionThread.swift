import CLinux

/// A thread of its own for a session, and signals that wait until it is over.
///
/// ptrace(2) attaches a thread, not a process, and lets go of everything when that thread ends, also of
/// what sleeps in the kernel and cannot be detached. And nothing that the user types may end us between a
/// change of a target's registers and their return.
struct SessionThread: ~Copyable {
  /// Holds back every signal that can be blocked.
  init() throws(Errno) {
    try checked(clinux_block_signals())
  }

  deinit {
    clinux_restore_signals()
  }

  /// Runs `body` in the thread, which is gone when this answers; or in this one, where there can be no other.
  func run<Result>(_ body: () -> Result) -> Result {
    var result: Result?
    // The answer is an error where the user may have no more threads, RLIMIT_NPROC in getrlimit(2).
    _ = withoutActuallyEscaping({ result = body() }) { escapable in
      let errand = Errand(escapable)
      return withExtendedLifetime(errand) {
        unsafe clinux_run_in_thread(Errand.run, Unmanaged.passUnretained(errand).toOpaque())
      }
    }
    return result ?? body()
  }

  private final class Errand {
    private let body: () -> Void

    init(_ body: @escaping () -> Void) {
      self.body = body
    }

    static let run: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
      guard let context = unsafe context else { return }
      unsafe Unmanaged<Errand>.fromOpaque(context).takeUnretainedValue().body()
    }
  }
}
