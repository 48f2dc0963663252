import CLinux

/// The call that a stopped thread is in.
extension Tracee {
  /// The kind of a syscall-stop.
  enum SyscallStop: Equatable {
    /// The entry to a call.
    case entry
    /// The exit from a call, with its raw result.
    case exit(answer: Int)
    /// Another stop.
    case neither
  }

  /// The kind of the current syscall-stop. `PTRACE_GET_SYSCALL_INFO`, since Linux 5.3
  func syscallStop() throws(Errno) -> SyscallStop {
    var stop = clinux_syscall_stop()
    try checked(unsafe clinux_ptrace_syscall_stop(tid, &stop))
    switch stop.kind {
    case clinux_syscall_stop_entry: return .entry
    case clinux_syscall_stop_exit: return .exit(answer: Int(stop.value))
    default: return .neither
    }
  }

  /// Whether `isMeant` is true for the thread's current call.
  ///
  /// `isMeant` gets the call numbers of the architecture for which the thread made the call, and the number
  /// of the call.
  ///
  /// rangeclose asks the kernel for these numbers only if they matter, because there may be thousands of
  /// threads.
  func isInCall(_ registers: RegisterSet, _ isMeant: (SystemCallNumbers, Int) -> Bool) -> Bool {
    guard let number = registers.currentCall?.number else { return false }
    let mayBe = isMeant(registers.layout.calls, number) || isMeant(RegisterSet.i386.calls, number)
    return mayBe && isMeant(callNumbers(of: registers), number)
  }

  /// Whether the thread may repeat its call, which returned EINTR because of a stop.
  ///
  /// Some calls may have changed something before they returned EINTR. The thread then gets its EINTR, and
  /// does not repeat the call. The same holds if rangeclose cannot read an argument or another fact.
  func mayRepeatCall(_ registers: RegisterSet) -> Bool {
    guard isInCall(registers, { $0.repetition(of: $1) != .never }), let call = registers.currentCall
    else { return false }
    let isCompatible = isCompatibleCall
    let argument = { (index: Int) in registers.argument(index, ofCompatibleCall: isCompatible) }
    let numbers = isCompatible ? RegisterSet.i386.calls : registers.layout.calls
    switch numbers.repetition(of: call.number) {
    case .always: return true
    case .never: return false
    case .unlessOpenChanges(let flags): return !SystemCallNumbers.openChanges(flags: argument(flags))
    case .unlessAppending(let flags):
      if let flags, SystemCallNumbers.writeAppends(flags: argument(flags)) { return false }
      return appends(to: UInt32(truncatingIfNeeded: argument(0))) == false
    case .ifOnlyAllocating(let mode): return SystemCallNumbers.onlyAllocates(mode: argument(mode))
    case .ifOnlyWaiting(let request):
      guard let major = SystemCallNumbers.devices(onlyWaitingIn: argument(request)) else { return false }
      return isCharacterDevice(UInt32(truncatingIfNeeded: argument(0)), major: major)
    }
  }

  /// Whether a descriptor of the thread refers to a character device with this major number; false also if
  /// that cannot be read.
  private func isCharacterDevice(_ number: UInt32, major: UInt64) -> Bool {
    guard let status = try? process.status(of: "task/\(tid)/fd/\(number)") else { return false }
    return status.type == .characterDevice && status.specialDevice >> 32 == major
  }

  /// Whether a descriptor of the thread has `O_APPEND`; nil if that cannot be read.
  private func appends(to number: UInt32) -> Bool? {
    guard let text = try? content(of: "fdinfo/\(number)") else { return nil }
    return DescriptorInfo(text)?.flags.contains(.append)
  }

  /// The numbers by which the thread makes its calls. `PTRACE_GET_SYSCALL_INFO`
  private func callNumbers(of registers: RegisterSet) -> SystemCallNumbers {
    isCompatibleCall ? RegisterSet.i386.calls : registers.layout.calls
  }

  /// Whether the thread makes its calls as 32-bit programs do. `PTRACE_GET_SYSCALL_INFO`
  ///
  /// A 64-bit program can do that, too, with `int $0x80`.
  var isCompatibleCall: Bool {
    var stop = clinux_syscall_stop()
    return unsafe clinux_ptrace_syscall_stop(tid, &stop) >= 0 && stop.architecture == clinux_architecture_i386
  }
}
