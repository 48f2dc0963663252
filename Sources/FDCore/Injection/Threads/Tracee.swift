import CLinux

/// A thread that this thread of rangeclose traces: its stop, its registers, and the ptrace requests of a
/// session.
///
/// Every request must come from the OS thread that attached; see `ptrace(2)`. Unless a method says otherwise,
/// the tracee must be stopped. The request throws `ESRCH` if the tracee is not stopped, or is gone.
///
/// A traced thread keeps its ID until rangeclose has waited for its end. So a file below `task/TID` of the
/// held `/proc/PID` is a file of this thread. rangeclose does not hold the directory itself open, because the
/// process may have more threads than rangeclose may open files.
final class Tracee {
  /// The thread's ID.
  let tid: Int32
  /// The process that the thread belongs to.
  let process: ProcessDirectory
  /// Whether the ID belonged to a thread of another process at the attach.
  let isStranger: Bool
  /// The registers with which the thread continues; nil before its stop, and if their layout is unknown.
  private(set) var registers: RegisterSet?

  /// The call in which the thread was blocked before its stop was requested; see `interruptedCall`.
  var waitingCall: WaitingCall?
  /// How often the thread had gone to sleep before that.
  var sleepsBefore: UInt64?

  /// Whether rangeclose left the thread in an injected call; the thread may run at any moment.
  var isLeft = false

  private init(_ tid: Int32, of process: ProcessDirectory) {
    self.tid = tid
    self.process = process
    isStranger = !process.hasThread(tid)
  }

  /// Attaches without stopping the thread. `PTRACE_SEIZE`
  ///
  /// Throws `ETIMEDOUT` if the thread is in an execve(2) that lasts until the deadline.
  static func seize(_ tid: Int32, of process: ProcessDirectory, until deadline: Deadline) throws(Errno)
    -> Tracee
  {
    do {
      try checked(clinux_ptrace_seize(tid, clinux_trace_sysgood, deadline.nanoseconds))
    } catch {
      // A thread that called execve(2) takes over its leader's ID, and rangeclose traces it already. A leader
      // that has exited may be traced by rangeclose, too, but does not stop any more.
      guard error == .notPermitted, let status = try? process.status(ofThread: tid), status.isAlive,
        status.tracer == clinux_own_thread()
      else { throw error }
    }
    return Tracee(tid, of: process)
  }

  // MARK: - Going on and stopping

  /// Requests the stop of a running thread. `PTRACE_INTERRUPT`
  func interrupt() throws(Errno) {
    try checked(clinux_ptrace_interrupt(tid))
  }

  /// Resumes the thread, and delivers the signal if it is not 0. `PTRACE_CONT`
  func resume(with signal: Int32 = 0) throws(Errno) {
    try checked(clinux_ptrace_continue(tid, signal))
  }

  /// Resumes the thread until its next entry to or exit from a call. `PTRACE_SYSCALL`
  func resumeToSyscallStop(with signal: Int32 = 0) throws(Errno) {
    try checked(clinux_ptrace_to_syscall_stop(tid, signal))
  }

  /// Detaches the thread, which continues without a tracer. `PTRACE_DETACH`
  func detach() throws(Errno) {
    try checked(clinux_ptrace_detach(tid, 0))
  }

  /// Suspends the seccomp filters of this thread until it is detached.
  ///
  /// `PTRACE_O_SUSPEND_SECCOMP`; throws `EPERM` without CAP_SYS_ADMIN or if rangeclose itself has a filter,
  /// and `EINVAL` if the kernel was built without CONFIG_CHECKPOINT_RESTORE.
  func suspendSeccomp() throws(Errno) {
    try checked(clinux_ptrace_set_options(tid, clinux_trace_sysgood | clinux_suspend_seccomp))
  }

  // MARK: - Registers

  /// Records the registers with which the thread continues, after its stop.
  ///
  /// epoll_wait(2) and some other calls return EINTR after a ptrace stop. If no signal caused the EINTR,
  /// rangeclose makes the kernel restart the call, if the call can be repeated. After a stop signal the
  /// thread gets its EINTR. rangeclose sets the registers at once. If rangeclose is killed before that,
  /// nothing else sets them.
  func noteStop(inGroupStop: Bool) throws(Errno) {
    guard var registers = try readRegisters() else { return }
    if !inGroupStop { registers.interrupted = interruptedCall(registers) }
    waitingCall = nil
    let mayBeOurs = !inGroupStop && registers.currentCall?.answer == interruptedAnswer
    if mayBeOurs && mayRepeatCall(registers) {
      registers.restartUnlessHandled()
      try setRegisters(registers)
    }
    self.registers = registers
  }

  /// Replaces the registers with which the thread continues.
  func note(_ registers: RegisterSet) { self.registers = registers }

  /// Records the current registers, after the thread has run.
  ///
  /// The function also throws if their layout is unknown.
  func noteMove() throws(Errno) {
    guard let registers = try readRegisters() else { throw .noSuchProcess }
    self.registers = registers
  }

  /// The current general registers; nil if their layout is unknown. `PTRACE_GETREGSET`
  func readRegisters() throws(Errno) -> RegisterSet? {
    var registers = clinux_registers()
    var length = 0
    try checked(unsafe clinux_ptrace_get_registers(tid, &registers, &length))
    return RegisterSet(registers, length: length)
  }

  /// Sets the general registers. `PTRACE_SETREGSET`
  ///
  /// On some architectures, the kernel keeps the number of the current call outside of these registers. The
  /// function then sets that number to -1, which means no call.
  func setRegisters(_ registers: RegisterSet) throws(Errno) {
    var raw = registers.raw
    try checked(unsafe clinux_ptrace_set_registers(tid, &raw, registers.layout.size))
    if registers.layout.keepsCallApart { clinux_ptrace_set_arm_call(tid, -1) }
  }

  /// Whether the thread has not moved since its stop.
  ///
  /// It can have moved only if another thread called execve(2) and took over its ID. The recorded registers
  /// then belong to another program.
  var isWhereItWas: Bool {
    guard let now = (try? readRegisters()) ?? nil, let registers else { return false }
    return now.isAtSamePlace(as: registers)
  }

  // MARK: - Signals

  /// The blocked signals; signal 1 is bit 0. `PTRACE_GETSIGMASK`
  ///
  /// In ppoll(2) and similar calls, the result is the saved mask.
  func signalMask() throws(Errno) -> UInt64 {
    var mask: UInt64 = 0
    try checked(unsafe clinux_ptrace_get_signal_mask(tid, &mask))
    return mask
  }

  /// Sets the blocked signals; signal 1 is bit 0. `PTRACE_SETSIGMASK`
  func setSignalMask(_ mask: UInt64) throws(Errno) {
    try checked(clinux_ptrace_set_signal_mask(tid, mask))
  }

  /// Whether the kernel made the signal that the thread is about to get, because of the thread's own fault.
  ///
  /// Throws `ESRCH` if the thread is gone. `PTRACE_GETSIGINFO`
  ///
  /// - Parameter signal: the signal of the current signal-delivery-stop.
  func isForced(_ signal: Int32) throws(Errno) -> Bool {
    var code: Int32 = 0
    try checked(unsafe clinux_ptrace_signal_code(tid, &code))
    return FaultSignals.isForced(signal, code: code)
  }

  /// Whether it is certain that none of these signals is pending for the thread; signal 1 is bit 0.
  /// `PTRACE_PEEKSIGINFO`
  func hasNonePending(of signals: UInt64) -> Bool { clinux_ptrace_has_none_pending(tid, signals) }

  // MARK: - Restartable sequences and dispatched calls

  /// The address of the thread's `struct rseq`, or 0. `PTRACE_GET_RSEQ_CONFIGURATION`, since Linux 5.13
  func restartableSequences() throws(Errno) -> UInt64 {
    var address: UInt64 = 0
    try checked(unsafe clinux_ptrace_rseq(tid, &address))
    return address
  }

  /// The setting that makes the kernel pass the thread's calls to a handler of the program.
  /// `PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG`
  ///
  /// See `prctl(2)`, `PR_SET_SYSCALL_USER_DISPATCH`. Throws `EIO` before Linux 6.4.
  func syscallDispatch() throws(Errno) -> clinux_syscall_dispatch {
    var dispatch = clinux_syscall_dispatch()
    try checked(unsafe clinux_ptrace_get_dispatch(tid, &dispatch))
    return dispatch
  }

  /// Changes the setting of `syscallDispatch()`. `PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG`
  func setSyscallDispatch(_ dispatch: clinux_syscall_dispatch) throws(Errno) {
    var dispatch = dispatch
    try checked(unsafe clinux_ptrace_set_dispatch(tid, &dispatch))
  }

  // MARK: - Below /proc/PID/task/TID

  /// The thread's status at this moment.
  ///
  /// The thread need not be stopped. Throws `ENOENT` or `ESRCH` once the thread is gone.
  func status() throws(Errno) -> ProcessStatus {
    isStranger ? try ProcessDirectory(tid).status() : try process.status(ofThread: tid)
  }

  /// Reads a file of the thread's directory, such as `syscall`; throws as `status()` does.
  func content(of file: String) throws(Errno) -> [UInt8] {
    try process.content(of: "task/\(tid)/\(file)")
  }

  /// Whether a descriptor is open in the thread; true also if rangeclose cannot read that.
  func hasOpen(_ number: UInt32) -> Bool {
    do {
      _ = try process.statusOfLink("task/\(tid)/fd/\(number)")
      return true
    } catch {
      return error != .noSuchFile
    }
  }

  /// Whether the thread sleeps in the kernel, interruptibly or not; false also if that cannot be read.
  var isBlocked: Bool { ["S", "D"].contains((try? status())?.state) }

  /// Whether the thread is in uninterruptible sleep.
  var isAsleep: Bool { (try? status())?.state == "D" }

  /// The description of a thread that has not stopped, for a message.
  var sleeper: TargetError.Sleeper {
    .init(tid, of: process)
  }

  /// Whether the thread may run code of the program: true for a leader, and for other threads with a pc.
  ///
  /// Threads that the kernel made for io_uring or vhost have no pc on x86, see `copy_thread` in
  /// `arch/x86/kernel/process.c`. `isUserMade` asks the kernel.
  var mayBeUserMade: Bool { tid == process.pid || registers?.programCounter != 0 }

  /// Whether the thread runs code of the program, as its flags say.
  var isUserMade: Bool {
    tid == process.pid || mayBeUserMade && process.stat(ofThread: tid)?.isUserMade == true
  }
}
