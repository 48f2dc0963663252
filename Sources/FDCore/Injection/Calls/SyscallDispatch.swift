import CLinux

/// The way past a tracee's own handler for its calls, `prctl(2)`, PR_SET_SYSCALL_USER_DISPATCH.
///
/// The dispatch stays changed if rangeclose is killed. So no more of it is changed than is needed: code whose
/// calls always pass stays as it is. If there is none, the code between the two instructions that rangeclose
/// uses becomes such code. A setting that could not be set back is not changed.
struct SyscallDispatch {
  /// The setting to put back; nil if nothing was changed.
  let before: clinux_syscall_dispatch?
  /// Whether a call may be sent to the tracee's own handler all the same.
  let mayTrap: Bool

  /// Lets calls from some instructions of the tracee pass to the kernel.
  ///
  /// - Parameters:
  ///   - instruction: where the call is made.
  ///   - trampoline: where the signal frame calls rt_sigreturn(2); nil without a frame.
  init(passing instruction: UInt64, _ trampoline: UInt64?, of tracee: Tracee) {
    // Before Linux 6.4 the setting cannot be read.
    guard let current = try? tracee.syscallDispatch() else {
      (before, mayTrap) = (nil, true)
      return
    }
    let second = trampoline ?? instruction
    let first = min(instruction, second), end = max(instruction, second) + 16
    // Code that always passes may begin high and end low: PR_SYS_DISPATCH_INCLUSIVE_ON is kept so.
    let passes = first &- current.offset < current.length && end &- current.offset <= current.length
    if current.mode == 0 || passes {
      (before, mayTrap) = (nil, false)
      return
    }
    var changed = clinux_syscall_dispatch()
    if trampoline != nil, current.length == 0 {
      changed = current
      changed.offset = first
      changed.length = end - first
    }
    let isChanged = Self.set(current, of: tracee) && Self.set(changed, of: tracee)
    (before, mayTrap) = isChanged ? (current, false) : (nil, true)
  }

  /// Puts the setting back.
  func restore(_ tracee: Tracee) {
    if let before { Self.set(before, of: tracee) }
  }

  @discardableResult
  private static func set(_ dispatch: clinux_syscall_dispatch, of tracee: Tracee) -> Bool {
    if (try? tracee.setSyscallDispatch(dispatch)) != nil { return true }
    // The kernel reads this mode as prctl(2) takes it, and shows it as it keeps it; see
    // `task_set_syscall_user_dispatch` in kernel/entry/syscall_user_dispatch.c.
    var inclusive = dispatch
    inclusive.mode = 2  // PR_SYS_DISPATCH_INCLUSIVE_ON
    inclusive.offset = dispatch.offset &+ dispatch.length
    inclusive.length = 0 &- dispatch.length
    return (try? tracee.setSyscallDispatch(inclusive)) != nil
  }
}
