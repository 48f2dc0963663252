import CLinux

/// A stopped thread that can be made to run calls.
struct Caller {
  let tracee: Tracee
  /// What it is to go on with.
  let registers: RegisterSet
  /// How its calls are filtered; nil where that has not been read: it takes long, and need not be known where
  /// filters can be suspended.
  let seccomp: ProcessStatus.SeccompMode?
}

extension StoppedProcess {
  /// The thread that runs the calls, as `CallerChoice` has it.
  ///
  /// Throws where none can.
  func threadToCallFrom(_ code: TargetCode) throws(TargetError) -> Caller {
    let table = TableIdentity(thread: try tableThread())
    let own = threads.filter { !others.contains($0.tracee.tid) }
    // The table of a thread that has exited since is gone.
    let hasExitedLeader = target.isHeadless || table.thread != target.tableThread
    if hasExitedLeader, own.contains(where: { table.compare(with: $0.tracee.tid) == .different }) {
      throw .differentTables(target.pid)
    }
    var choice = CallerChoice()
    for thread in own where thread.tracee.tid == table.thread {
      choice.consider(candidate(thread, table, code))
    }
    for thread in own where thread.tracee.tid != table.thread && !choice.isDecided {
      choice.consider(candidate(thread, table, code))
    }
    if let thread = own.first(where: { $0.tracee.tid == choice.best?.tid }) { return try caller(thread) }
    throw asleep.isEmpty ? .exited(target.pid) : .didNotStop(target.pid, asleep)
  }

  private func candidate(
    _ thread: StoppedThread, _ table: TableIdentity, _ code: TargetCode
  ) -> CallerChoice.Candidate {
    let tid = thread.tracee.tid
    let isEligible = table.compare(with: tid) == .same && isUserMade(thread)
    return CallerChoice.Candidate(
      tid: tid, isTableThread: tid == table.thread, hasTable: isEligible, isUserMade: isEligible,
      survives: isEligible && thread.canRestoreItself(code),
      hasSavedMask: isEligible && thread.temporaryMask != nil)
  }

  /// Whether a stopped thread runs code of the program.
  ///
  /// A process's leader does. A thread that the kernel made for io_uring or vhost has no pc, see `copy_thread`
  /// in `arch/x86/kernel/process.c`.
  func isUserMade(_ thread: StoppedThread) -> Bool {
    let tid = thread.tracee.tid
    if tid == target.threadGroup { return true }
    return thread.registers?.programCounter != 0 && target.directory.isUserMade(thread: tid)
  }

  /// Makes sure that a table can be separated without tearing the process's own threads apart.
  ///
  /// Throws where several have it, those asleep included, and where that is not known.
  func requireSingleThreadWithTable() throws(TargetError) {
    let table = TableIdentity(thread: try tableThread())
    var count = 0
    for tid in ownTids {
      switch table.compare(with: tid) {
      case .same: count += 1
      case .different: break
      case .unknown(let error): throw .cannotSeparateTable(target.pid, .refused(error))
      }
    }
    if count > 1 { throw .threadsShareTable(target.pid, count) }
  }

  /// The thread whose table is meant.
  ///
  /// A process whose leader has exited is looked at through some other thread, which may have exited, too:
  /// then any that is left does.
  private func tableThread() throws(TargetError) -> Int32 {
    if ownTids.contains(target.tableThread) { return target.tableThread }
    guard target.isHeadless || target.hasLostLeader, let first = ownTids.first else {
      throw .exited(target.pid)
    }
    return first
  }

  private var ownTids: [Int32] {
    (threads.map { $0.tracee.tid } + asleep.map { $0.thread.pid }).filter { !others.contains($0) }
  }

  private func caller(_ thread: StoppedThread) throws(TargetError) -> Caller {
    guard let registers = thread.registers else { throw .unknownRegisters(target.pid) }
    guard thread.isWhereItWas else { throw .exited(target.pid) }
    let tracee = thread.tracee
    if tracee.hasNoneWaiting(of: SyscallSteps.faultSignals) {
      return Caller(tracee: tracee, registers: registers, seccomp: nil)
    }
    let status = try? target.directory.status(ofThread: tracee.tid)
    guard let status, status.hasFaultToDeliver else {
      return Caller(tracee: tracee, registers: registers, seccomp: status?.seccomp)
    }
    var steps = SyscallSteps(pid: target.pid, tracee, timeout: 1000)
    try steps.deliverFaults()
    guard let registers = (try? tracee.registers()) ?? nil else { throw .exited(target.pid) }
    return Caller(tracee: tracee, registers: registers, seccomp: status.seccomp)
  }
}

extension StoppedProcess.StoppedThread {
  /// Whether there can be a signal frame for it, which is to begin its call anew.
  fileprivate func canRestoreItself(_ code: TargetCode) -> Bool {
    guard let registers, registers.layout.frameInstructions != nil,
      !tracee.isInCall(registers, { $0.restart == $1 })
    else {
      return false
    }
    return code.stackRoom(of: registers) >= SignalFrame.usualSize
  }

  fileprivate var temporaryMask: TemporaryMask? { registers.flatMap(tracee.temporaryMask) }
}

extension ProcessStatus {
  /// Whether a signal of the kinds that faults have waits for the thread, and is not blocked.
  ///
  /// A stop may come between a fault, or a call that is dispatched, and its signal. It would be taken for one
  /// of our call's own.
  var hasFaultToDeliver: Bool {
    waitingSignals & SyscallSteps.faultSignals & ~blockedSignals != 0
  }
}

/// The signal masks of a thread that waits in ppoll(2) or one of its kin, which have set another for as long
/// as they wait.
struct TemporaryMask {
  /// What is to be put back after the call, signal 1 in bit 0.
  let outer: UInt64
  let temporary: UInt64

  /// Whether a signal waits that the call blocks and the thread itself does not.
  ///
  /// The kernel puts the thread's own mask back before it begins the call anew.
  func hasSignalForOuter(_ tid: Int32) -> Bool {
    guard let status = try? ProcessDirectory(tid).status() else { return false }
    return status.waitingSignals & temporary & ~outer != 0
  }
}

extension Tracee {
  /// The masks of a thread that has two of them, else nil.
  ///
  /// PTRACE_GETSIGMASK answers the one that is to be put back, `/proc` the one in force.
  func temporaryMask(_ registers: RegisterSet) -> TemporaryMask? {
    guard registers.currentCall?.answer == restartUnlessHandledAnswer,
      isInCall(registers, { $0.settingMask.contains($1) }), let outer = try? signalMask(),
      let status = try? ProcessDirectory(tid).status(), outer != status.blockedSignals
    else { return nil }
    return TemporaryMask(outer: outer, temporary: status.blockedSignals)
  }
}
