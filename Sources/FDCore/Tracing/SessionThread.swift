import CLinux
import Glibc

/// While it exists, no signal that can be blocked reaches this process: nothing that the user types may end
/// us between a change of a target's registers and their return.
struct SignalsHeld: ~Copyable {
  init() throws(Errno) {
    try checked(clinux_block_signals())
  }

  deinit {
    clinux_restore_signals()
  }

  /// Runs `body` in a thread of its own, which is gone when this answers.
  ///
  /// ptrace(2) attaches a thread, not a process, and lets go of everything when that thread ends, also of
  /// what sleeps in the kernel and cannot be detached.
  func inOwnThread<Result>(_ body: () -> Result) throws(Errno) -> Result? {
    var result: Result?
    // The body does not outlive the thread, nor the thread this call.
    let answer = withoutActuallyEscaping({ result = body() }) { escapable in
      let errand = Errand(escapable)
      return unsafe clinux_run_in_thread(Errand.run, Unmanaged.passUnretained(errand).toOpaque())
    }
    try checked(answer)
    return result
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

/// While it exists, blocking waits of this thread come back every few milliseconds.
struct WaitClock: ~Copyable {
  /// In milliseconds; what an exec of the target waits for us at the most.
  private static let interval: UInt32 = 5

  init() throws(Errno) {
    try checked(clinux_start_clock(Self.interval))
  }

  deinit {
    clinux_stop_clock()
  }
}

/// A moment of the monotonic clock until which something is waited for.
package struct Deadline: Sendable {
  private let nanoseconds: UInt64
  private let canBeCutShort: Bool

  /// The moment `milliseconds` from now.
  ///
  /// - Parameter canBeCutShort: whether it has come, too, when the user does not want to wait for it: SIGINT
  ///   or the like is held back.
  package init(inMilliseconds milliseconds: UInt32, canBeCutShort: Bool = true) {
    nanoseconds = clinux_monotonic_nanoseconds() + UInt64(milliseconds) * 1_000_000
    self.canBeCutShort = canBeCutShort
  }

  /// Whether the moment has come.
  var hasPassed: Bool {
    clinux_monotonic_nanoseconds() >= nanoseconds || canBeCutShort && clinux_is_asked_to_end()
  }
}
