import CLinux

/// A ptrace session with one process: every thread is stopped until the end of the session.
///
/// `restore()` ends the session and resumes the process. The end of the value's scope does the same. Signals
/// to rangeclose are blocked during the session. See `ptrace(2)`.
package struct Session: ~Copyable {
  private let parts: SessionParts

  /// The process that is stopped.
  package let target: TargetProcess
  /// The calling thread.
  ///
  /// rangeclose also reads the descriptor table through this thread.
  let caller: Tracee
  let gadgets: Gadgets
  let timeout: UInt32
  let stalled: () -> Void
  private let begun: UInt64
  /// The number of threads that were stopped, of all processes that share the table.
  package let threadCount: Int
  /// The threads in uninterruptible sleep and the workers of io_uring(7), which were not stopped.
  package let sleepers: [TargetError.Sleeper]

  /// Stops every thread of a process, and of the processes that share its descriptor table.
  ///
  /// - Parameters:
  ///   - target: the process to stop.
  ///   - separatesTable: whether the session is going to give the process its own table.
  ///   - timeout: the time in milliseconds that the threads may take to stop, and each call to return.
  ///   - references: references that are dropped after the threads have been resumed.
  ///   - readsFromServers: whether a file that is read again during the stop may be on a file server.
  ///   - overdue: called in another thread if a read does not return in time. It has to end rangeclose.
  ///   - stalled: called once if a call does not return, and rangeclose waits for it.
  ///
  /// Throws if the process cannot be stopped, or if none of its threads can make calls. It is then unchanged,
  /// and all of its threads run.
  package init(
    stopping target: TargetProcess, separatingTable separatesTable: Bool = false, timeout: UInt32,
    keeping references: LastReferences? = nil, readsFromServers: Bool = false,
    overdue: (() -> Void)? = nil, stalled: @escaping () -> Void
  ) throws(TargetError) {
    try target.prepareForStop()
    let isWatched = readsFromServers || target.mayLockItsMemory
    let limit = Deadline(inMilliseconds: timeout, canBeCutShort: false)
    let watchdog = isWatched ? overdue.map { Watchdog(until: limit, $0) } : nil
    let gadgets = Gadgets(of: target)
    // The stop and the confirmation have the timeout each, and give up themselves if they are merely slow.
    watchdog?.extend(until: Deadline(inMilliseconds: 2 * timeout + 2000, canBeCutShort: false))
    let parts = try SessionParts(of: target.pid, references, watchdog)
    let begun = clinux_monotonic_nanoseconds()
    let deadline = Deadline(inMilliseconds: timeout)
    let stop = try parts.stop(target, deadline, gadgets, separatingTable: separatesTable)
    (caller, threadCount, sleepers) = stop
    self.begun = begun
    (self.target, self.gadgets, self.timeout, self.stalled) = (target, gadgets, timeout, stalled)
    self.parts = parts
  }

  /// The ID of the thread through which descriptors are read during the stop.
  package var tableThread: Int32 { caller.tid }

  /// The number of open descriptors; nil if the thread is gone, and before Linux 6.2.
  ///
  /// Older kernels do not report the number.
  var descriptorCount: Int? {
    target.descriptorCount(ofThread: caller.tid).flatMap { $0 > 0 ? $0 : nil }
  }

  /// Suspends the seccomp filters of the calling thread; false if filters stay in force.
  ///
  /// The corresponding ptrace option is `PTRACE_O_SUSPEND_SECCOMP`.
  ///
  /// Without privilege rangeclose cannot read the rules of a filter, so a filter in force may kill the
  /// process. Throws in strict mode, which does not allow the call.
  func suspendFilters() throws(TargetError) -> Bool {
    if (try? caller.suspendSeccomp()) != nil { return true }
    switch (try? caller.status())?.seccomp ?? .filter {
    case .disabled: return true
    case .strict: throw .strictSeccomp(target.pid)
    case .filter: return false
    }
  }

  /// The right to run calls in the calling thread.
  ///
  /// Throws as `RemoteSyscall.init` does. Also throws before Linux 5.3, and if a filter on rangeclose refuses
  /// `PTRACE_GET_SYSCALL_INFO`: at the first stop of a call it would be too late to find that out.
  ///
  /// - Parameter payload: bytes that the calls read; see `RemoteSyscall.payload`.
  func remoteSyscall(with payload: [UInt8] = []) throws(TargetError) -> RemoteSyscall {
    let caller = caller
    _ = try SyscallSteps.request("PTRACE_GET_SYSCALL_INFO", of: target.pid) { () throws(Errno) in
      try caller.syscallStop()
    }
    let remote = try RemoteSyscall(
      in: target.pid, caller, gadgets, payload, timeout: timeout, stalled: stalled)
    parts.endWatch()
    return remote
  }

  /// Gives the watchdog more time for work that comes between the stop and the calls.
  ///
  /// - Parameter milliseconds: the time from now.
  package func extendWatch(byMilliseconds milliseconds: UInt32) {
    parts.extendWatch(until: Deadline(inMilliseconds: milliseconds, canBeCutShort: false))
  }

  /// Ends the calls on closed numbers: runs each such thread to the end of its call, while all others are
  /// stopped.
  ///
  /// - Parameter isClosed: whether a number was closed.
  ///
  /// Returns the calls, and whether each of them returned.
  func endCalls(on isClosed: (UInt32) -> Bool) -> [EndedCall] {
    parts.endCalls(on: isClosed, gadgets.memory)
  }

  /// A call in which a thread was blocked, and whether it returned.
  typealias EndedCall = (call: BlockedCall, returned: Bool)

  /// Resumes every thread, and returns the time since the first request to stop, in nanoseconds.
  ///
  /// Then it drops the last references, which may take longer.
  package consuming func restore() -> UInt64 {
    parts.end()
    return clinux_monotonic_nanoseconds() - begun
  }
}

/// The parts of a session, which must end in a certain order.
///
/// The threads are detached first, because a pending signal may end rangeclose as soon as it is unblocked.
/// The parts are in an object for this reason: the command's module owns sessions, and a module cannot own a
/// noncopyable value whose `deinit` it does not see.
private final class SessionParts {
  private let signals: HeldSignals
  private var clock: WaitClock?
  private var stopped: StoppedProcess?
  private var watchdog: Watchdog?
  /// Dropped last, with signals unblocked: the user can end rangeclose while a socket lingers.
  private let references: LastReferences?

  init(of pid: Int32, _ references: LastReferences?, _ watchdog: Watchdog?) throws(TargetError) {
    self.references = references
    self.watchdog = watchdog
    signals = try mapError({ TargetError.system(pid, call: "pthread_sigmask(3)", $0) }) { () throws(Errno) in
      try HeldSignals()
    }
    clock = try mapError({ TargetError.system(pid, call: "setitimer(2)", $0) }) { () throws(Errno) in
      try WaitClock()
    }
  }

  /// Stops every thread, and chooses the calling thread.
  ///
  /// If the function throws, every thread runs again.
  func stop(
    _ target: TargetProcess, _ deadline: Deadline, _ gadgets: Gadgets, separatingTable separatesTable: Bool
  ) throws(TargetError) -> (caller: Tracee, threadCount: Int, sleepers: [TargetError.Sleeper]) {
    var process = try StoppedProcess(target, deadline: deadline)
    if separatesTable { try process.requireSingleThreadWithTable() }
    let caller = try process.chooseCaller(gadgets)
    let result = (caller, process.threads.count, process.asleep.map { $0.sleeper } + process.workers)
    stopped = consume process
    return result
  }

  func endCalls(on isClosed: (UInt32) -> Bool, _ memory: TraceeMemory) -> [Session.EndedCall] {
    (stopped?.endCalls(on: isClosed, memory) ?? []).map { call in
      let name = TargetError.Name(call.thread.tid, (try? call.thread.status())?.name)
      return (BlockedCall(thread: name, number: call.number), call.returned)
    }
  }

  func extendWatch(until deadline: Deadline) { watchdog?.extend(until: deadline) }

  /// Stops the watchdog, because the calling thread is going to have other registers.
  func endWatch() { watchdog = nil }

  /// Resumes every thread.
  func end() {
    endWatch()
    stopped = nil
    clock = nil
  }

  deinit { end() }
}
