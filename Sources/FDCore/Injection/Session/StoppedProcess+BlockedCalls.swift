import CLinux

/// Threads that are in a call on a descriptor that the session has closed.
///
/// The kernel restarts an interrupted call when its thread is resumed. By then another thread may have opened
/// a file that got the closed number, and the call would read that file. So rangeclose runs each of these
/// threads to the end of its call while all other threads are still stopped. The kernel looks the number up
/// again, and returns EBADF or POLLNVAL at once.
extension StoppedProcess {
  /// The time that a call may block, in milliseconds.
  ///
  /// A call on a closed number takes microseconds, if its thread gets a processor.
  private static let limit: UInt32 = 20

  /// Ends the calls on some numbers, and returns each thread in such a call, the number, and whether its call
  /// returned in time.
  ///
  /// - Parameter isClosed: whether a number is one of these numbers.
  func endCalls(
    on isClosed: (UInt32) -> Bool, _ memory: TraceeMemory
  ) -> [(thread: Tracee, number: UInt32, returned: Bool)] {
    threads.compactMap { tracee in
      guard let registers = tracee.registers, tracee.isInterrupted(registers),
        let number = tracee.number(isClosed, registers, memoryOf(tracee, memory)), tracee.isWhereItWas
      else { return nil }
      return (tracee, number, endCall(of: tracee, registers))
    }
  }

  /// The memory of a thread's process; this may be another process that shares the table.
  private func memoryOf(_ tracee: Tracee, _ memory: TraceeMemory) -> TraceeMemory {
    tracee.process === target.directory ? memory : TraceeMemory(of: tracee.process, thread: tracee.tid)
  }

  /// Lets a thread restart its interrupted call, and stops the thread at the exit from the call; false if the
  /// thread did not reach the exit.
  private func endCall(of tracee: Tracee, _ registers: RegisterSet) -> Bool {
    var isEntered = false
    if let mask = tracee.savedMask, mask.hasSignalForSaved(tracee) {
      var steps = SyscallSteps(pid: target.pid, tracee, timeout: Self.limit)
      steps.reenterCall(registers)
      isEntered = true
    } else {
      // After injected calls the thread is at a syscall-stop, from which the kernel does not restart a call.
      // This request stops the thread once more, before the thread runs any instruction.
      try? tracee.interrupt()
    }
    try? tracee.resumeToSyscallStop()
    let last = Deadline(inMilliseconds: 1000, canBeCutShort: false)
    while true {
      guard let status = tracee.wait(until: Deadline(inMilliseconds: Self.limit, canBeCutShort: false)) else {
        // A thread that waits for a processor gets more time.
        if !last.hasPassed, !isEntered || !tracee.isBlocked { continue }
        return stopAgain(tracee)
      }
      switch status {
      case .gone: return true
      case .syscallStop:
        if isEntered { return (try? tracee.noteStop(inGroupStop: true)) != nil }
        isEntered = (try? tracee.syscallStop()) == .entry
      case .eventStop(group: false), .otherEvent: break
      case .eventStop(group: true): return (try? tracee.noteStop(inGroupStop: true)) != nil
      case .signalDelivery(let signal):
        // The signal's handler runs first. The thread stops at the handler's first instruction, outside of
        // the call.
        try? tracee.interrupt()
        try? tracee.resume(with: signal)
        return stopAgain(tracee)
      }
      try? tracee.resumeToSyscallStop()
    }
  }

  /// Stops a running thread again; true if it has left its call.
  private func stopAgain(_ tracee: Tracee) -> Bool {
    let deadline = Deadline(inMilliseconds: 1000, canBeCutShort: false)
    tracee.noteWaitingCall()
    try? tracee.interrupt()
    while let status = tracee.wait(until: deadline) {
      switch status {
      case .gone: return true
      case .eventStop(let group):
        try? tracee.noteStop(inGroupStop: group)
        return tracee.registers?.currentCall == nil
      case .syscallStop where (try? tracee.syscallStop()) != .entry:
        return (try? tracee.noteStop(inGroupStop: true)) != nil
      case .signalDelivery(let signal):
        // Any stop may have consumed the request.
        try? tracee.interrupt()
        try? tracee.resume(with: signal)
      case .syscallStop, .otherEvent:
        try? tracee.interrupt()
        try? tracee.resumeToSyscallStop()
      }
    }
    return false
  }
}

extension Tracee {
  /// Whether the stop interrupted the call that the thread is in.
  fileprivate func isInterrupted(_ registers: RegisterSet) -> Bool {
    registers.currentCall.map { restartAnswers.contains($0.answer) } ?? false
  }

  /// The first of some numbers in the arguments of the thread's call, or in memory that they point to; nil if
  /// there is none.
  fileprivate func number(
    _ isMeant: (UInt32) -> Bool, _ registers: RegisterSet, _ memory: TraceeMemory
  ) -> UInt32? {
    guard let call = registers.currentCall?.number else { return nil }
    let tables = (registers.layout.descriptorArguments, RegisterSet.i386.descriptorArguments)
    guard tables.0[call] != nil || tables.1[call] != nil else { return nil }
    let isCompatible = isCompatibleCall
    guard let places = isCompatible ? tables.1[call] : tables.0[call] else { return nil }
    let argument = { (index: Int) in registers.argument(index, ofCompatibleCall: isCompatible) }
    let number = { (index: Int) in UInt32(truncatingIfNeeded: argument(index)) }
    switch places {
    case .first: return [number(0)].first(where: isMeant)
    case .firstAndSecond: return [number(0), number(1)].first(where: isMeant)
    case .firstAndThird: return [number(0), number(2)].first(where: isMeant)
    case .pollSet: return pollSet(at: argument(0), count: argument(1), memory).first(where: isMeant)
    case .selectSets:
      for index in 1...3 {
        let set = selectSet(at: argument(index), bits: argument(0), memory)
        if let found = set.first(where: isMeant) { return found }
      }
      return nil
    case .inMemory:
      let bytes = memory.read(of: tid, at: argument(1), count: 4)
      return bytes.count < 4 ? nil : [bytes.integer(UInt32.self, at: 0)].first(where: isMeant)
    }
  }

  /// The limit in bytes for the read of a set: the size of a million entries of `struct pollfd`.
  private static let mostBytes: UInt64 = 8 << 20

  /// The numbers in an array of `struct pollfd`; each entry is an int and two shorts.
  private func pollSet(at address: UInt64, count: UInt64, _ memory: TraceeMemory) -> [UInt32] {
    let size: UInt64 = 8
    guard address != 0, count <= Self.mostBytes / size else { return [] }
    let bytes = memory.read(of: tid, at: address, count: Int(count * size))
    return stride(from: 0, to: bytes.count - bytes.count % 8, by: 8).map {
      bytes.integer(UInt32.self, at: $0)
    }
  }

  /// The numbers whose bits are set in an `fd_set`.
  private func selectSet(at address: UInt64, bits: UInt64, _ memory: TraceeMemory) -> [UInt32] {
    guard address != 0, bits > 0, bits / 8 < Self.mostBytes else { return [] }
    let bytes = memory.read(of: tid, at: address, count: Int((bits + 7) / 8))
    return (0..<UInt32(bits)).filter { number in
      Int(number / 8) < bytes.count && bytes[Int(number / 8)] >> UInt8(number % 8) & 1 != 0
    }
  }
}
