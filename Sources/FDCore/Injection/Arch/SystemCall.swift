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

/// An architecture's numbers of the system calls that a session uses.
package struct SystemCallNumbers: Sendable {
  let close: Int
  let fcntl: Int
  let closeRange: Int
  let unshare: Int
  /// `select(2)`, in which a ROP chain waits for rangeclose; nil if the layout has no chains.
  let select: Int?
  /// `restart_syscall(2)`, with which the kernel continues a call that an earlier stop interrupted.
  let restart: Int
  /// Calls that return EINTR after a ptrace stop without a signal, and can safely be restarted.
  ///
  /// `signal(7)` lists most of them under "Interruption of system calls and library functions by stop
  /// signals". The others return EINTR in these places of the kernel: a socket with a timeout in
  /// `sock_intr_errno` of `include/net/sock.h`, io_getevents(2) in `fs/aio.c`, and io_uring_enter(2) in
  /// `io_run_task_work_sig`. `close` must never be in this list, because close(2) has freed the number before
  /// it returns EINTR.
  let answeringInterrupted: [Int]
  /// Calls that wait with a signal mask from their arguments, while the kernel saves the thread's own mask.
  ///
  /// See `set_user_sigmask` in `kernel/signal.c`.
  let settingMask: [Int]
}
