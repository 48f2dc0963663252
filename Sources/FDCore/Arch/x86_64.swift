import CLinux

extension clinux_registers_x86_64: RegisterLayout {
  /// The numbers of `arch/x86/entry/syscalls/syscall_64.tbl`.
  static let calls = SystemCallNumbers(
    close: 3, fcntl: 72, closeRange: 436, unshare: 272,
    answeringInterrupted: [
      0, 1, 19, 20,  // read, write, readv, writev, of sockets with a timeout
      42, 43, 44, 45, 46, 47,  // connect, accept, sendto, recvfrom, sendmsg, recvmsg
      288, 299,  // accept4, recvmmsg
      65, 220,  // semop, semtimedop
      128,  // rt_sigtimedwait
      208,  // io_getevents
      232, 281, 441,  // epoll_wait, epoll_pwait, epoll_pwait2
      426,  // io_uring_enter, which answers a count instead where it has submitted anything
    ])

  static let callInstruction: [UInt8] = [0x0F, 0x05]  // syscall

  static var frameInstructions: (callAndReturn: [UInt8], trampoline: [UInt8])? {
    // syscall; ret. And mov $15,%rax; syscall, which glibc, musl and Go have to the byte.
    ([0x0F, 0x05, 0xC3], [0x48, 0xC7, 0xC0, 0x0F, 0x00, 0x00, 0x00, 0x0F, 0x05])
  }

  /// The lower half of the canonical addresses, with five levels of page tables.
  static let addresses: Range<UInt64> = 0..<1 << 56

  var programCounter: UInt64 {
    get { rip }
    set { rip = newValue }
  }

  var stackPointer: UInt64 {
    get { rsp }
    set { rsp = newValue }
  }

  var currentCall: (number: Int, answer: Int)? {
    let number = Int64(bitPattern: orig_rax)
    return number < 0 ? nil : (Int(number), Int(Int64(bitPattern: rax)))
  }

  mutating func prepare(_ call: SystemCall, at address: UInt64) {
    rip = address
    rax = UInt64(call.number)
    (rdi, rsi, rdx) = call.arguments
    // Not in a call: else the kernel would take the pc for that of one to be restarted.
    orig_rax = .max
  }

  mutating func restartUnlessHandled() {
    rax = UInt64(bitPattern: Int64(FDCore.restartUnlessHandled))
  }

  mutating func beginCallAnew() {
    rip &-= UInt64(Self.callInstruction.count)
    rax = orig_rax
    orig_rax = .max
  }
}
