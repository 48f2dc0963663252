/// The call that a stop interrupted, on an architecture whose kernel forgets the call at the stop.
///
/// `Tracee.interruptedCall` proves that it is this call.
struct InterruptedCall {
  /// The number of the call.
  let number: Int
  /// The six arguments, of which the call may use fewer.
  let arguments: [UInt64]
  /// The value that the call returns, or an answer for its restart.
  ///
  /// If the kernel has set the registers for a restart, this is `restartUnlessHandledAnswer`. The kernel does
  /// not report which of the four answers it was.
  var answer: Int
  /// Whether the kernel continues the call with restart_syscall(2), which keeps the call's deadline.
  ///
  /// This is known only after `Tracee.noteEntry`.
  var isContinued = false
  /// Whether rangeclose restarts the call, which returns EINTR if a handler runs first.
  ///
  /// The kernel does not return EINTR then, because it has left the call. So rangeclose does, see
  /// `Tracee.answerPendingSignal`.
  var isInterruptedByHandlers = false
}
