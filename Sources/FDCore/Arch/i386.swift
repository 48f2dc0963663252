import CLinux

extension clinux_registers_i386: RegisterLayout {
  /// The numbers of `arch/x86/entry/syscalls/syscall_32.tbl`.
  static let calls = SystemCallNumbers(
    close: 6, fcntl: 221, closeRange: 436, unshare: 310,
    answeringInterrupted: [
      3, 4, 145, 146,  // read, write, readv, writev, of sockets with a timeout
      362, 364, 369, 370, 371, 372,  // connect, accept4, sendto, sendmsg, recvfrom, recvmsg
      337, 417,  // recvmmsg, recvmmsg_time64
      420,  // semtimedop_time64
      177, 421,  // rt_sigtimedwait, rt_sigtimedwait_time64
      247,  // io_getevents
      256, 319, 441,  // epoll_wait, epoll_pwait, epoll_pwait2
      426,  // io_uring_enter, which answers a count instead where it has submitted anything
    ])

  static let callInstruction: [UInt8] = [0xCD, 0x80]  // int $0x80

  /// A frame of this layout could be made as well; so far a target of 32 bits relies on us alone.
  static var frameInstructions: (callAndReturn: [UInt8], trampoline: [UInt8])? { nil }

  func signalFrame(
    below top: UInt64, returningTo trampoline: UInt64, mask: UInt64, _ state: ExtendedState
  ) -> (address: UInt64, bytes: [UInt8])? { nil }

  /// A 64-bit process may run 32-bit code too; what it has above cannot be reached from that.
  static let addresses: Range<UInt64> = 0..<1 << 32

  var programCounter: UInt64 {
    get { UInt64(eip) }
    set { eip = UInt32(truncatingIfNeeded: newValue) }
  }

  var stackPointer: UInt64 {
    get { UInt64(esp) }
    set { esp = UInt32(truncatingIfNeeded: newValue) }
  }

  var currentCall: (number: Int, answer: Int)? {
    let number = Int32(bitPattern: orig_eax)
    return number < 0 ? nil : (Int(number), Int(Int32(bitPattern: eax)))
  }

  mutating func prepare(_ call: SystemCall, at address: UInt64) {
    eip = UInt32(truncatingIfNeeded: address)
    eax = UInt32(call.number)
    ebx = UInt32(truncatingIfNeeded: call.arguments.0)
    ecx = UInt32(truncatingIfNeeded: call.arguments.1)
    edx = UInt32(truncatingIfNeeded: call.arguments.2)
    orig_eax = .max
  }

  mutating func restartUnlessHandled() {
    eax = UInt32(bitPattern: Int32(FDCore.restartUnlessHandled))
  }

  mutating func beginCallAnew() {
    eip &-= UInt32(Self.callInstruction.count)
    eax = orig_eax
    orig_eax = .max
  }
}
