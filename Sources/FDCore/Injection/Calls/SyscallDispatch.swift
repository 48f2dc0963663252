import CLinux

/// Keeps a tracee's own handler for its calls from getting the injected calls.
///
/// See `prctl(2)`, PR_SET_SYSCALL_USER_DISPATCH.
///
/// If rangeclose is killed, the changed setting stays. So rangeclose changes as little as possible. A range
/// of code whose calls always pass stays as it is. If there is no such range, the code between the two
/// instructions that rangeclose uses becomes this range. rangeclose does not change a setting that it cannot
/// restore.
struct SyscallDispatch {
  /// The setting to restore; nil if nothing was changed.
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
    // The range may wrap around: the kernel keeps PR_SYS_DISPATCH_INCLUSIVE_ON as such a range.
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

  /// Restores the setting.
  func restore(_ tracee: Tracee) {
    if let before { Self.set(before, of: tracee) }
  }

  @discardableResult
  private static func set(_ dispatch: clinux_syscall_dispatch, of tracee: Tracee) -> Bool {
    if (try? tracee.setSyscallDispatch(dispatch)) != nil { return true }
    // The kernel takes this mode in the form of prctl(2), and returns it in another form; see
    // `task_set_syscall_user_dispatch` in kernel/entry/syscall_user_dispatch.c.
    var inclusive = dispatch
    inclusive.mode = 2  // PR_SYS_DISPATCH_INCLUSIVE_ON
    inclusive.offset = dispatch.offset &+ dispatch.length
    inclusive.length = 0 &- dispatch.length
    return (try? tracee.setSyscallDispatch(inclusive)) != nil
  }
}
