import CLinux

/// A thread that this one traces: the ptrace requests that a session makes of it.
///
/// Every request must come from the OS thread that attached; see `ptrace(2)`. Unless a method says
/// otherwise the tracee must be stopped, and `ESRCH` is thrown where it is not, or is gone.
struct Tracee {
  let tid: Int32

  /// Attaches without stopping the thread. `PTRACE_SEIZE`
  ///
  /// Throws `ETIMEDOUT` where it is in the midst of an execve(2) that takes longer than that.
  static func seize(_ tid: Int32, until deadline: Deadline) throws(Errno) -> Tracee {
    try checked(clinux_ptrace_seize(tid, clinux_trace_sysgood, deadline.nanoseconds))
    return Tracee(tid: tid)
  }

  /// Asks a running thread to stop. `PTRACE_INTERRUPT`
  func interrupt() throws(Errno) {
    try checked(clinux_ptrace_interrupt(tid))
  }

  /// Lets the thread go on, with a signal if it is not 0. `PTRACE_CONT`
  func resume(with signal: Int32 = 0) throws(Errno) {
    try checked(clinux_ptrace_continue(tid, signal))
  }

  /// Lets the thread go on to the next entry to or exit from a call. `PTRACE_SYSCALL`
  func resumeToSyscallStop(with signal: Int32 = 0) throws(Errno) {
    try checked(clinux_ptrace_to_syscall_stop(tid, signal))
  }

  /// Lets the thread go on untraced. `PTRACE_DETACH`
  func detach() throws(Errno) {
    try checked(clinux_ptrace_detach(tid, 0))
  }

  /// Takes seccomp filters out of the way of this thread until it is detached.
  ///
  /// `PTRACE_O_SUSPEND_SECCOMP`; throws `EPERM` without CAP_SYS_ADMIN or under a filter of our own, and
  /// `EINVAL` where the kernel was built without CONFIG_CHECKPOINT_RESTORE.
  func suspendSeccomp() throws(Errno) {
    try checked(clinux_ptrace_set_options(tid, clinux_trace_sysgood | clinux_suspend_seccomp))
  }

  /// The general registers, or nil where their layout is unknown. `PTRACE_GETREGSET`
  func registers() throws(Errno) -> RegisterSet? {
    var registers = clinux_registers()
    var length = 0
    try checked(unsafe clinux_ptrace_get_registers(tid, &registers, &length))
    return RegisterSet(registers, length: length)
  }

  /// Sets the general registers, and where the call that the thread is in is not one of them, that there is
  /// none. `PTRACE_SETREGSET`
  func setRegisters(_ registers: RegisterSet) throws(Errno) {
    var raw = registers.raw
    try checked(unsafe clinux_ptrace_set_registers(tid, &raw, registers.layout.size))
    if registers.layout.keepsCallApart { clinux_ptrace_set_arm_call(tid, -1) }
  }

  /// The floating point and vector registers: `clinux_extended_state`, in the layout of XSAVE, or
  /// `clinux_floating_point_state`. `PTRACE_GETREGSET`
  ///
  /// Throws `ENODEV` where the processor has no such.
  func state(_ kind: UInt32) throws(Errno) -> [UInt8] {
    let most = 16 << 10  // with AMX's tiles it is some 11 KiB
    return unsafe try [UInt8](atMost: most) { unsafe clinux_ptrace_get_state(tid, kind, $0, $1) }
  }

  /// Whether the thread returns from functions under the eyes of a shadow stack.
  var hasShadowStack: Bool { clinux_ptrace_has_shadow_stack(tid) }

  /// The blocked signals, signal 1 in bit 0. `PTRACE_GETSIGMASK`
  func signalMask() throws(Errno) -> UInt64 {
    var mask: UInt64 = 0
    try checked(unsafe clinux_ptrace_get_signal_mask(tid, &mask))
    return mask
  }

  /// Sets the blocked signals. `PTRACE_SETSIGMASK`
  func setSignalMask(_ mask: UInt64) throws(Errno) {
    try checked(clinux_ptrace_set_signal_mask(tid, mask))
  }

  /// Whether the kernel made the signal that the thread is about to get, for a fault of the thread's own.
  ///
  /// The si_code decides, see `sigaction(2)`. `PTRACE_GETSIGINFO`
  func signalIsForced() throws(Errno) -> Bool {
    var code: Int32 = 0
    try checked(unsafe clinux_ptrace_signal_code(tid, &code))
    return code > 0
  }

  /// Whether it is certain that none of these signals waits for the thread, signal 1 in bit 0.
  /// `PTRACE_PEEKSIGINFO`
  func hasNoneWaiting(of signals: UInt64) -> Bool { clinux_ptrace_has_none_pending(tid, signals) }

  /// The address of the thread's `struct rseq`, or 0. `PTRACE_GET_RSEQ_CONFIGURATION`, since Linux 5.13
  func restartableSequences() throws(Errno) -> UInt64 {
    var address: UInt64 = 0
    try checked(unsafe clinux_ptrace_rseq(tid, &address))
    return address
  }

  /// How the thread's calls are sent to itself. `PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG`
  ///
  /// See `prctl(2)`, `PR_SET_SYSCALL_USER_DISPATCH`. Throws `EIO` before Linux 6.4.
  func syscallDispatch() throws(Errno) -> clinux_syscall_dispatch {
    var dispatch = clinux_syscall_dispatch()
    try checked(unsafe clinux_ptrace_get_dispatch(tid, &dispatch))
    return dispatch
  }

  /// Changes that. `PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG`
  func setSyscallDispatch(_ dispatch: clinux_syscall_dispatch) throws(Errno) {
    var dispatch = dispatch
    try checked(unsafe clinux_ptrace_set_dispatch(tid, &dispatch))
  }

  /// The numbers by which the thread makes its calls: a program of 64 bits can make those of 32, by
  /// `int $0x80`. `PTRACE_GET_SYSCALL_INFO`
  private func calls(of registers: RegisterSet) -> SystemCallNumbers {
    var stop = clinux_syscall_stop()
    let isTold = unsafe clinux_ptrace_syscall_stop(tid, &stop) >= 0
    return isTold && stop.architecture == clinux_architecture_i386
      ? RegisterSet.i386.calls : registers.layout.calls
  }

  /// Whether the thread's call is one of those meant, by whichever numbers it made it.
  ///
  /// The kernel is asked which only where that matters: there may be thousands of threads.
  func isInCall(_ registers: RegisterSet, _ isMeant: (SystemCallNumbers, Int) -> Bool) -> Bool {
    guard let number = registers.currentCall?.number else { return false }
    let mayBe = isMeant(registers.layout.calls, number) || isMeant(RegisterSet.i386.calls, number)
    return mayBe && isMeant(calls(of: registers), number)
  }

  /// What a syscall-stop is.
  enum SyscallStop: Equatable {
    case entry
    case exit(answer: Int)
    case neither
  }

  /// Tells an entry from an exit. `PTRACE_GET_SYSCALL_INFO`, since Linux 5.3
  func syscallStop() throws(Errno) -> SyscallStop {
    var stop = clinux_syscall_stop()
    try checked(unsafe clinux_ptrace_syscall_stop(tid, &stop))
    switch stop.kind {
    case clinux_syscall_stop_entry: return .entry
    case clinux_syscall_stop_exit: return .exit(answer: Int(stop.value))
    default: return .neither
    }
  }

  /// Waits until the thread stops or is gone; nil where neither happened before the deadline.
  ///
  /// The corresponding system call is `waitpid(2)`, which `WaitClock` makes come back now and then.
  func wait(until deadline: Deadline?) -> WaitStatus? {
    var status: Int32 = 0
    if deadline?.hasPassed != true, isSoon(&status) { return WaitStatus(status) }
    while true {
      // Once the time is over one look has to do: there may be thousands that are late.
      let isLate = deadline?.hasPassed ?? false
      let answer = unsafe clinux_wait(tid, &status, !isLate)
      if answer == Int(tid) { return WaitStatus(status) }
      // A leader that exits before its threads is not reported until they are gone; see wait(2).
      let isNothing = answer == 0 || answer == -Int(EINTR)
      if !isNothing || isDead { return .gone }
      if isLate { return nil }
    }
  }

  /// Looks again and again for as long as a stop mostly takes: to sleep and be woken would take longer.
  private func isSoon(_ status: inout Int32) -> Bool {
    guard Self.hasProcessorsToSpare else { return false }
    let end = clinux_monotonic_nanoseconds() + 100_000
    repeat {
      if unsafe clinux_wait(tid, &status, false) == Int(tid) { return true }
    } while clinux_monotonic_nanoseconds() < end
    return false
  }

  /// Else the thread that we wait for might wait for us.
  private static let hasProcessorsToSpare = clinux_usable_processors() > 1

  /// Only where that is known: there may be no file left for us to look it up with.
  private var isDead: Bool {
    do {
      return try !ProcessDirectory(tid).status().isAlive
    } catch {
      return error == .noSuchFile || error == .noSuchProcess
    }
  }
}
