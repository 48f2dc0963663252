import CLinux

/// A ptrace session with one process: every thread stopped, until it is restored.
///
/// It is opened, asked, told what to do, and consumed by `restore()`. If it goes out of scope otherwise, the
/// process is restored as well. Signals to rangeclose wait meanwhile. See `ptrace(2)`.
package struct Session: ~Copyable {
  private let parts: SessionParts

  package let target: TargetProcess
  /// The thread that makes the calls, and through which the table is read.
  let caller: Tracee
  let gadgets: Gadgets
  let timeout: UInt32
  let stalled: () -> Void
  private let begun: UInt64
  /// How many threads were stopped.
  package let threadCount: Int
  /// Threads in uninterruptible sleep, which were not stopped.
  package let sleepers: [TargetError.Sleeper]

  /// Stops every thread of a process, and of the processes that share its table.
  ///
  /// - Parameters:
  ///   - target: the process.
  ///   - separatesTable: whether the session is going to give the process a table of its own.
  ///   - timeout: how long threads may take to stop, and each call to come back, in milliseconds.
  ///   - stalled: called once if a call does not come back at all and rangeclose waits for it.
  ///
  /// Throws, with the process as it was, if it cannot be stopped, or no thread of it can make calls.
  package init(
    stopping target: TargetProcess, separatingTable separatesTable: Bool = false, timeout: UInt32,
    stalled: @escaping () -> Void
  ) throws(TargetError) {
    target.prepareForStop()
    let gadgets = Gadgets(of: target)
    let parts = try SessionParts(of: target.pid)
    let begun = clinux_monotonic_nanoseconds()
    let deadline = Deadline(inMilliseconds: timeout)
    let stop = try parts.stop(target, deadline, gadgets, separatingTable: separatesTable)
    (caller, threadCount, sleepers) = stop
    self.begun = begun
    (self.target, self.gadgets, self.timeout, self.stalled) = (target, gadgets, timeout, stalled)
    self.parts = parts
  }

  /// The thread through which descriptors are read while every thread is stopped.
  package var tableThread: Int32 { caller.tid }

  /// How many descriptors are open; nil before Linux 6.2, which does not say, and if the thread is gone.
  package var descriptorCount: Int? {
    target.descriptorCount(ofThread: caller.tid).flatMap { $0 > 0 ? $0 : nil }
  }

  /// Makes sure that no seccomp filter kills the process for an injected call; false if the filters stay in
  /// force.
  ///
  /// The rules of a filter cannot be read without privilege. Throws in strict mode, which allows no call.
  func suspendFilters() throws(TargetError) -> Bool {
    if (try? caller.suspendSeccomp()) != nil { return true }
    switch (try? caller.status())?.seccomp ?? .filter {
    case .disabled: return true
    case .strict: throw .strictSeccomp(target.pid)
    case .filter: return false
    }
  }

  /// The right to run calls in the calling thread.
  func remoteSyscall() throws(TargetError) -> RemoteSyscall {
    try RemoteSyscall(in: target.pid, caller, gadgets, timeout: timeout, stalled: stalled)
  }

  /// Lets every thread go on, and returns how long they stood still, in nanoseconds.
  package consuming func restore() -> UInt64 {
    parts.end()
    return clinux_monotonic_nanoseconds() - begun
  }
}

/// The parts of a session, which have an order in which they end.
///
/// Threads go on first: a pending signal may end rangeclose as soon as it is let through. A module cannot own
/// a noncopyable value whose `deinit` it does not see, and the command owns sessions. So the parts are in an
/// object.
private final class SessionParts {
  private let signals: HeldSignals
  private var clock: WaitClock?
  private var stopped: StoppedProcess?

  init(of pid: Int32) throws(TargetError) {
    signals = try mapError({ TargetError.system(pid, call: "pthread_sigmask(3)", $0) }) { () throws(Errno) in
      try HeldSignals()
    }
    clock = try mapError({ TargetError.system(pid, call: "setitimer(2)", $0) }) { () throws(Errno) in
      try WaitClock()
    }
  }

  /// Stops every thread, and chooses the one that makes the calls.
  ///
  /// Throws with every thread going on.
  func stop(
    _ target: TargetProcess, _ deadline: Deadline, _ gadgets: Gadgets, separatingTable separatesTable: Bool
  ) throws(TargetError) -> (caller: Tracee, threadCount: Int, sleepers: [TargetError.Sleeper]) {
    let process = try StoppedProcess(target, deadline: deadline)
    if separatesTable { try process.requireSingleThreadWithTable() }
    let caller = try process.chooseCaller(gadgets)
    let result = (caller, process.threads.count, process.asleep)
    stopped = consume process
    return result
  }

  /// Lets every thread go on.
  func end() {
    stopped = nil
    clock = nil
  }

  deinit { end() }
}
