import CLinux

/// A thread that this thread of rangeclose traces: its stop, its registers, and the ptrace requests of a
/// session.
///
/// Every request must come from the OS thread that attached; see `ptrace(2)`. Unless a method says otherwise,
/// the tracee must be stopped, and `ESRCH` is thrown if it is not, or is gone.
///
/// A traced thread keeps its ID until rangeclose has waited for its end. So the directory that is opened by
/// the ID below the held `/proc/PID` stays the directory of this thread.
final class Tracee {
  let tid: Int32
  /// The process that the thread belongs to.
  let process: ProcessDirectory
  /// Whether the ID stood for a thread of another process when it was attached to.
  let isStranger: Bool
  /// The registers that the thread goes on with; nil before its stop, and if their layout is unknown.
  private(set) var registers: RegisterSet?
  /// `/proc/PID/task/TID`, opened for the first question: there may be thousands of tracees.
  private lazy var directory: ProcessDirectory? = try? process.thread(tid)

  private init(_ tid: Int32, of process: ProcessDirectory) {
    self.tid = tid
    self.process = process
    isStranger = !process.hasThread(tid)
  }

  /// Attaches without stopping the thread. `PTRACE_SEIZE`
  ///
  /// Throws `ETIMEDOUT` if it is in the midst of an execve(2) that lasts until the deadline.
  static func seize(_ tid: Int32, of process: ProcessDirectory, until deadline: Deadline) throws(Errno)
    -> Tracee
  {
    do {
      try checked(clinux_ptrace_seize(tid, clinux_trace_sysgood, deadline.nanoseconds))
    } catch {
      // A thread that called exec(2) goes on under its leader's ID, and is traced by us already. A leader
      // that has exited is traced by us, too, and stops no more.
      guard error == .notPermitted, let status = try? process.status(ofThread: tid), status.isAlive,
        status.tracer == clinux_own_thread()
      else { throw error }
    }
    return Tracee(tid, of: process)
  }

  // MARK: - Going on and stopping

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
  /// `PTRACE_O_SUSPEND_SECCOMP`; throws `EPERM` without CAP_SYS_ADMIN or if rangeclose itself has a filter,
  /// and `EINVAL` if the kernel was built without CONFIG_CHECKPOINT_RESTORE.
  func suspendSeccomp() throws(Errno) {
    try checked(clinux_ptrace_set_options(tid, clinux_trace_sysgood | clinux_suspend_seccomp))
  }

  // MARK: - Registers

  /// Keeps the registers that the thread goes on with, after it has stopped.
  ///
  /// epoll_wait(2) and some other calls return EINTR after a bare stop. If no signal caused it, the call is
  /// begun anew. A stop signal is for the thread to see. The registers are set at once: if rangeclose were
  /// killed, nothing else would do it.
  func noteStop(inGroupStop: Bool) throws(Errno) {
    guard var registers = try readRegisters() else { return }
    let mayBeOurs = !inGroupStop && registers.currentCall?.answer == interruptedAnswer
    if mayBeOurs && isInCall(registers, { $0.answeringInterrupted.contains($1) }) {
      registers.restartUnlessHandled()
      try setRegisters(registers)
    }
    self.registers = registers
  }

  /// Keeps the registers as they are now, after the thread was moved on.
  ///
  /// Throws also if their layout is unknown.
  func noteMove() throws(Errno) {
    guard let registers = try readRegisters() else { throw .noSuchProcess }
    self.registers = registers
  }

  /// The general registers as they are now, or nil if their layout is unknown. `PTRACE_GETREGSET`
  func readRegisters() throws(Errno) -> RegisterSet? {
    var registers = clinux_registers()
    var length = 0
    try checked(unsafe clinux_ptrace_get_registers(tid, &registers, &length))
    return RegisterSet(registers, length: length)
  }

  /// Sets the general registers. `PTRACE_SETREGSET`
  ///
  /// If the kernel keeps the current call apart from them, it is told that there is none.
  func setRegisters(_ registers: RegisterSet) throws(Errno) {
    var raw = registers.raw
    try checked(unsafe clinux_ptrace_set_registers(tid, &raw, registers.layout.size))
    if registers.layout.keepsCallApart { clinux_ptrace_set_arm_call(tid, -1) }
  }

  /// Whether the thread has not moved since its stop.
  ///
  /// It can have moved only by an exec(2) of a thread that took over its ID. The registers that are known
  /// then belong to another program.
  var isWhereItWas: Bool {
    guard let now = (try? readRegisters()) ?? nil, let registers else { return false }
    return now.isAtSamePlace(as: registers)
  }

  /// The floating point and vector registers. `PTRACE_GETREGSET`
  ///
  /// Throws `ENODEV` if their layout is unknown.
  func extendedState() throws(Errno) -> ExtendedState {
    // Some virtual processors have no XSAVE.
    guard let state = try? self.state(clinux_extended_state) else {
      guard let state = ExtendedState(fxsave: try state(clinux_floating_point_state)) else {
        throw .noSuchDevice
      }
      return state
    }
    guard let state = ExtendedState(xsave: state) else { throw .noSuchDevice }
    return state
  }

  private func state(_ kind: UInt32) throws(Errno) -> [UInt8] {
    let most = 16 << 10  // with AMX's tiles it is some 11 KiB
    return unsafe try [UInt8](atMost: most) { unsafe clinux_ptrace_get_state(tid, kind, $0, $1) }
  }

  /// Whether a shadow stack checks the returns of the thread.
  var hasShadowStack: Bool { clinux_ptrace_has_shadow_stack(tid) }

  // MARK: - Signals

  /// The blocked signals, signal 1 in bit 0. `PTRACE_GETSIGMASK`
  ///
  /// In ppoll(2) and similar calls it is the mask that the kernel has saved.
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

  /// Whether none of these signals is certainly pending for the thread, signal 1 in bit 0.
  /// `PTRACE_PEEKSIGINFO`
  func hasNonePending(of signals: UInt64) -> Bool { clinux_ptrace_has_none_pending(tid, signals) }

  // MARK: - Restartable sequences and dispatched calls

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

  // MARK: - Below /proc/PID/task/TID

  /// The thread's status at this moment.
  ///
  /// Throws `ENOENT` or `ESRCH` once the thread is gone. The thread need not be stopped.
  func status() throws(Errno) -> ProcessStatus {
    guard let directory else { return try process.status(ofThread: tid) }
    return try directory.status()
  }

  /// A file of the directory, such as `syscall`; throws as `status()` does.
  func content(of file: String) throws(Errno) -> [UInt8] {
    guard let directory else { throw .noSuchProcess }
    return try directory.content(of: file)
  }

  /// Whether the thread has a descriptor open; true also if that cannot be read.
  func hasOpen(_ number: UInt32) -> Bool {
    do {
      _ = try directory?.statusOfLink("fd/\(number)")
      return true
    } catch {
      return error != .noSuchFile
    }
  }

  /// Whether the thread is in uninterruptible sleep.
  var isAsleep: Bool { (try? status())?.state == "D" }

  /// Whether the thread runs code of the program, unlike threads that the kernel made for io_uring or vhost.
  ///
  /// Those have no pc, see `copy_thread` in `arch/x86/kernel/process.c`. A process's leader always runs its
  /// code.
  var isUserMade: Bool {
    if tid == process.pid { return true }
    return registers?.programCounter != 0 && process.isUserMade(thread: tid)
  }
}
