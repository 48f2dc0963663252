import CLinux

/// The proof of the call that a stop interrupted, on an architecture whose kernel forgets it at the stop.
///
/// 1. rangeclose is attached. From now on, a signal with a handler stops the thread before the handler runs.
/// 2. rangeclose reads how often the thread has gone to sleep, and the call in which it sleeps: the number,
///    the arguments, and the registers.
/// 3. rangeclose requests the stop.
/// 4. At the stop, the registers have to be the same. If the call returned EINTR, its first argument is lost.
///    Then the thread must have slept once since step 2, namely for the stop.
///
/// If all of this agrees, the thread is in that call, or it has made the same call again. For a restart that
/// is no difference. A thread that has left the call for a handler has other registers at the stop. One case
/// is not recognized: between steps 2 and 3 the call returned, and the thread made the same call with another
/// first argument, and the stop came before that call slept.
extension Tracee {
  /// Reads the call in which the thread is blocked, before rangeclose requests the stop of the thread.
  func noteWaitingCall() {
    guard RegisterSet.native.keepsCallApart else { return }
    sleepsBefore = sleeps
    waitingCall = process.waitingCall(ofThread: tid)
  }

  /// How often the thread has gone to sleep; nil if that cannot be read.
  ///
  /// See `proc_pid_status(5)`, `voluntary_ctxt_switches`.
  private var sleeps: UInt64? {
    guard let text = try? content(of: "status") else { return nil }
    var line = TextScanner(text)
    while !line.isAtEnd {
      if line.skip(text: "voluntary_ctxt_switches:\t") { return line.decimal(UInt64.self) }
      line.skipLine()
    }
    return nil
  }

  /// The call that the current stop interrupted; nil if that is not proven.
  func interruptedCall(_ registers: RegisterSet) -> InterruptedCall? {
    guard let waitingCall, registers.requestedCall == waitingCall.number,
      registers.stackPointer == waitingCall.stackPointer
    else { return nil }
    let argument = { (index: Int) in registers.layout.argument(registers.raw, index, ofCompatibleCall: false)
    }
    let arguments = waitingCall.arguments, first = argument(0)
    guard (1..<6).allSatisfy({ argument($0) == arguments[$0] }) else { return nil }
    let after = waitingCall.programCounter, size = UInt64(registers.layout.callInstruction.count)
    let answer: Int
    if registers.programCounter == after &- size, first == arguments[0] {
      answer = restartUnlessHandledAnswer
    } else if registers.programCounter == after, Int(truncatingIfNeeded: first) == interruptedAnswer,
      let sleepsBefore, sleeps == sleepsBefore + 1
    {
      answer = interruptedAnswer
    } else {
      return nil
    }
    return InterruptedCall(number: waitingCall.number, arguments: arguments, answer: answer)
  }

  /// Whether the kernel may continue the thread's call with restart_syscall(2), and rangeclose can find out.
  ///
  /// `noteEntry` makes the kernel skip a call. A seccomp filter would see a call with the number -1 then.
  var mayContinueCall: Bool {
    guard let registers, let call = registers.interrupted, restartAnswers.contains(call.answer),
      registers.layout.mayBeContinued(call.number, call.arguments)
    else { return false }
    return (try? status())?.seccomp == .disabled
  }

  /// Notes at the entry to the call whether the kernel continues it; false if the thread is somewhere else.
  ///
  /// Then the thread is before the call again, with its recorded registers. The kernel skips the call that
  /// the thread has entered.
  func noteEntry() -> Bool {
    guard var registers, let now = (try? readRegisters()) ?? nil, registers.interrupted != nil,
      now.stackPointer == registers.stackPointer,
      now.programCounter == registers.programCounter &+ UInt64(registers.layout.callInstruction.count)
    else { return false }
    registers.interrupted?.isContinued = now.requestedCall == registers.layout.calls.restart
    guard (try? setRegisters(registers.afterCalls)) != nil else { return false }
    note(registers)
    return true
  }

  /// Notes that the thread has made injected calls.
  ///
  /// The kernel does not restart the interrupted call any more, and does not interrupt it for a handler. That
  /// matters for a call with its own mask. Other calls restart after most handlers, see SA_RESTART in
  /// `sigaction(2)`, or are continued by restart_syscall(2), which a handler ends.
  func noteInjectedCalls() {
    guard var registers, let call = registers.interrupted, restartAnswers.contains(call.answer),
      registers.layout.calls.settingMask.contains(call.number)
    else { return }
    registers.interrupted?.isInterruptedByHandlers = true
    note(registers)
  }

  /// Makes a call that rangeclose restarts return EINTR, if a signal with a handler is pending.
  ///
  /// A signal that arrives after this look and before the detach does not interrupt the call. Its handler
  /// runs, and the call begins anew.
  func answerPendingSignal() {
    guard let registers, let call = registers.interrupted, call.isInterruptedByHandlers, isWhereItWas,
      let status = try? status(),
      status.allPendingSignals & status.caughtSignals & ~status.blockedSignals != 0
    else { return }
    try? setRegisters(registers.withoutRestart)
  }
}
