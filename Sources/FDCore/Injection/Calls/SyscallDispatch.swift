import CLinux

/// Prevents Syscall User Dispatch from sending the injected calls to a handler of the tracee.
///
/// See `prctl(2)`, PR_SET_SYSCALL_USER_DISPATCH.
///
/// If rangeclose is killed, the changed setting stays. So rangeclose changes as little as possible. The
/// setting can have a range of code whose calls always pass to the kernel. rangeclose does not change an
/// existing range. If there is no range, rangeclose sets it to the code between its two instructions.
/// rangeclose does not change a setting that it cannot restore.
struct SyscallDispatch {
  /// The setting to restore; nil if rangeclose did not change it.
  let before: clinux_syscall_dispatch?
  /// Whether the kernel may still send a call to the tracee's own handler.
  let mayTrap: Bool

  /// Lets calls from the instructions of a session pass to the kernel.
  ///
  /// - Parameters:
  ///   - instruction: the address of the instruction that makes the call.
  ///   - trampoline: the address at which the signal frame calls rt_sigreturn(2); nil without a frame.
  init(passing instruction: UInt64, _ trampoline: UInt64?, of tracee: Tracee) {
    // The kernel does not return the setting before Linux 6.4.
    guard let current = try? tracee.syscallDispatch() else {
      (before, mayTrap) = (nil, true)
      return
    }
    let second = trampoline ?? instruction
    let first = min(instruction, second), end = max(instruction, second) + 16
    // The range may wrap around. The kernel stores the mode PR_SYS_DISPATCH_INCLUSIVE_ON as a range that
    // wraps around.
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

  /// Whether the kernel lets the calls of a stopped thread pass.
  ///
  /// Before Linux 6.4 rangeclose cannot read the setting. So the thread makes a call that changes nothing. A
  /// program that has its calls dispatched catches SIGSYS, and other programs need no such call. A seccomp
  /// filter could kill the thread for it. So a thread with a filter makes none. Throws as `RemoteSyscall`
  /// does.
  static func passes(
    _ tracee: Tracee, of pid: Int32, _ gadgets: Gadgets, timeout: UInt32
  ) throws(TargetError) -> Bool {
    guard (try? tracee.syscallDispatch()) == nil, clinux_has_dispatch(),
      let status = try? tracee.status(), status.seccomp == .disabled,
      status.caughtSignals & SyscallSteps.trapSignal != 0
    else { return true }
    var remote = try RemoteSyscall(in: pid, tracee, gadgets, timeout: timeout, stalled: {})
    do {
      _ = try remote.call(SystemCall(remote.numbers.seek, .max))
      return true
    } catch {
      if case .faulted(_, SIGSYS, _) = error { return false }
      throw error
    }
  }

  /// Restores the setting.
  func restore(_ tracee: Tracee) {
    if let before { Self.set(before, of: tracee) }
  }

  @discardableResult
  private static func set(_ dispatch: clinux_syscall_dispatch, of tracee: Tracee) -> Bool {
    if (try? tracee.setSyscallDispatch(dispatch)) != nil { return true }
    // The kernel accepts PR_SYS_DISPATCH_INCLUSIVE_ON in the form of prctl(2), but returns it in another
    // form; see `task_set_syscall_user_dispatch` in kernel/entry/syscall_user_dispatch.c.
    var inclusive = dispatch
    inclusive.mode = 2  // PR_SYS_DISPATCH_INCLUSIVE_ON
    inclusive.offset = dispatch.offset &+ dispatch.length
    inclusive.length = 0 &- dispatch.length
    return (try? tracee.setSyscallDispatch(inclusive)) != nil
  }
}
