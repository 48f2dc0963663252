/// A system call for a tracee to run, with up to six arguments; see `syscall(2)`.
struct SystemCall {
  let number: Int
  let arguments: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

  init(
    _ number: Int, _ first: UInt64 = 0, _ second: UInt64 = 0, _ third: UInt64 = 0, _ fourth: UInt64 = 0,
    _ fifth: UInt64 = 0, _ sixth: UInt64 = 0
  ) {
    self.number = number
    arguments = (first, second, third, fourth, fifth, sixth)
  }
}

/// The system calls of a session, by an architecture's numbers for them.
package struct SystemCallNumbers: Sendable {
  let close: Int
  let fcntl: Int
  let closeRange: Int
  let unshare: Int
  /// `select(2)`, in which a ROP chain waits for rangeclose; nil if there are no chains.
  let select: Int?
  /// `restart_syscall(2)`, by which the kernel goes on with a call that an earlier stop interrupted.
  let restart: Int
  /// Calls that return EINTR after a bare ptrace stop, and can be begun anew without harm.
  ///
  /// `signal(7)` lists most of them under "Interruption of system calls and library functions by stop
  /// signals". A socket with a timeout returns EINTR by `sock_intr_errno` in `include/net/sock.h`,
  /// io_getevents(2) in `fs/aio.c`, and io_uring_enter(2) by `io_run_task_work_sig`. `close` must never be
  /// here: it has freed the number already.
  let answeringInterrupted: [Int]
  /// Calls that wait with a signal mask of their own, see `set_user_sigmask` in `kernel/signal.c`.
  let settingMask: [Int]
}
