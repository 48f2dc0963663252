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
  /// The thread that is to run calls: the table's own, or one that shares its table.
  ///
  /// Best is one that can restore itself, for which its stack needs room and its call a number, and that has
  /// no temporary mask, for that takes a step more. A few are looked at, in a process with thousands.
  func threadToCallFrom(_ code: TargetCode) throws(TargetError) -> Caller {
    let table = try tableThread()
    let others = others
    let own = threads.filter { !others.contains($0.tracee.tid) }
    // A thread that has exited since has no table, and where kcmp(2) is not there nothing can be told.
    let isHeadless = target.isHeadless || table != target.tableThread
    if isHeadless, own.contains(where: { clinux_compare_descriptor_tables($0.tracee.tid, table) > 0 }) {
      throw .differentTables(target.pid)
    }
    if let thread = own.first(where: { $0.tracee.tid == table }), thread.canRestoreItself(code),
      thread.temporaryMask == nil
    {
      return try caller(thread)
    }
    let most = 64
    let candidates =
      own.filter { $0.tracee.tid == table } + own.prefix(most).filter { haveOneTable($0.tracee.tid, table) }
    let best =
      candidates.first { $0.canRestoreItself(code) && $0.temporaryMask == nil }
      ?? candidates.first { $0.temporaryMask == nil } ?? candidates.first
    if let thread = best ?? own.first(where: { haveOneTable($0.tracee.tid, table) }) {
      return try caller(thread)
    }
    throw asleep.isEmpty ? .exited(target.pid) : .didNotStop(target.pid, asleep)
  }

  /// How many threads of the process itself have the table, those asleep included.
  func threadsWithTable() throws(TargetError) -> Int {
    let table = try tableThread()
    return ownTids.count { haveOneTable($0, table) }
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

  private func haveOneTable(_ one: Int32, _ other: Int32) -> Bool {
    one == other || clinux_compare_descriptor_tables(one, other) == 0
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
    allPendingSignals & SyscallSteps.faultSignals & ~blockedSignals != 0
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
    return status.allPendingSignals & temporary & ~outer != 0
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
