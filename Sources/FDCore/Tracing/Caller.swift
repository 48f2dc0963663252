import CLinux

/// A stopped thread that can be made to run calls.
struct Caller {
  let tracee: Tracee
  /// What it is to go on with.
  let registers: RegisterSet
  let status: ProcessStatus?

  /// Whether it waits with another signal mask than its own.
  var hasTemporaryMask: Bool { tracee.temporaryMask(registers) != nil }
}

extension StoppedProcess {
  /// The thread that is to run calls: the table's own, or one that shares its table.
  ///
  /// Best is one that can restore itself, for which its stack needs room, and that has no temporary mask,
  /// for that takes a step more. A few are looked at, in a process with thousands.
  func threadToCallFrom(_ code: TargetCode) throws(TargetError) -> Caller {
    let table = try tableThread()
    let threads = threads.filter { !others.contains($0.tracee.tid) }
    let roomy = threads.filter { $0.hasRoom(code) }
    let own = threads.filter { $0.tracee.tid == table }
    var first: StoppedThread?
    var looks = 16
    for thread in own.filter({ $0.hasRoom(code) }) + roomy + own + threads {
      if first != nil, looks == 0 { break }
      guard haveOneTable(thread.tracee.tid, table) else { continue }
      looks -= 1
      if let registers = thread.registers, thread.tracee.temporaryMask(registers) == nil {
        return try caller(thread)
      }
      first = first ?? thread
    }
    if let first { return try caller(first) }
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
    guard target.isHeadless, let first = ownTids.first else { throw .exited(target.pid) }
    return first
  }

  private var ownTids: [Int32] {
    (threads.map(\.tracee.tid) + asleep.map(\.thread.pid)).filter { !others.contains($0) }
  }

  private func caller(_ thread: StoppedThread) throws(TargetError) -> Caller {
    guard let registers = thread.registers else { throw .unknownRegisters(target.pid) }
    guard thread.isWhereItWas else { throw .exited(target.pid) }
    let tracee = thread.tracee
    let status = try? ProcessDirectory(tracee.tid).status()
    guard let status, status.hasFaultToDeliver else {
      return Caller(tracee: tracee, registers: registers, status: status)
    }
    var steps = SyscallSteps(pid: target.pid, tracee: tracee, deadline: deadline)
    do {
      try steps.deliverFaults()
      guard let registers = try tracee.registers() else { throw TargetError.unknownRegisters(target.pid) }
      return Caller(tracee: tracee, registers: registers, status: status)
    } catch let error as TargetError {
      throw error
    } catch {
      throw SyscallSteps.failure(target.pid, "ptrace(PTRACE_CONT)", error as? Errno ?? .invalid)
    }
  }

  private func haveOneTable(_ one: Int32, _ other: Int32) -> Bool {
    one == other || clinux_compare_descriptor_tables(one, other) == 0
  }
}

extension StoppedProcess.StoppedThread {
  fileprivate func hasRoom(_ code: TargetCode) -> Bool {
    guard let registers, registers.layout.frameInstructions != nil else { return false }
    return code.hasStack(below: registers.stackPointer, count: SignalFrame.usualSize)
  }
}

extension ProcessStatus {
  /// Whether a signal of the kinds that faults have waits for the thread, and is not blocked.
  ///
  /// A stop may come between a fault, or a call that is dispatched, and its signal. It would be taken for one
  /// of our call's own.
  var hasFaultToDeliver: Bool {
    (pendingSignals | sharedPendingSignals) & SyscallSteps.faultSignals & ~blockedSignals != 0
  }
}

extension Tracee {
  /// The signal mask that is to be put back after the call that the thread waits in, and its status, where
  /// ppoll(2) or one of its kin has set another for as long as it waits; else nil.
  ///
  /// PTRACE_GETSIGMASK answers the mask that is to be put back, `/proc` the one in force.
  func temporaryMask(_ registers: RegisterSet) -> (outer: UInt64, status: ProcessStatus)? {
    guard let call = registers.currentCall, call.answer == restartUnlessHandled,
      registers.layout.calls.settingMask.contains(call.number), let mask = try? signalMask(),
      let status = try? ProcessDirectory(tid).status(), mask != status.blockedSignals
    else { return nil }
    return (mask, status)
  }
}
