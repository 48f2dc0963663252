import CLinux

extension X86_64 {
  /// The frame that the kernel makes for a signal handler: `struct rt_sigframe` without its siginfo.
  ///
  /// See `arch/x86/include/asm/sigframe.h` and `arch/x86/kernel/signal_64.c`.
  func signalFrame(
    _ registers: clinux_registers, below top: UInt64, returningTo trampoline: UInt64, mask: UInt64,
    _ state: ExtendedState
  ) -> (address: UInt64, bytes: [UInt8])? {
    let headSize: UInt64 = 312
    let room = headSize + UInt64(state.bytes.count) + ExtendedState.alignment + 16
    guard top > room else { return nil }
    let stateAddress = (top - UInt64(state.bytes.count)) & ~(ExtendedState.alignment - 1)
    let address = (stateAddress - headSize) & ~15

    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(stateAddress - address) + state.bytes.count)
    bytes.append(littleEndian: trampoline)
    // struct ucontext: UC_FP_XSTATE, UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS, and no link.
    bytes.append(littleEndian: (state.isExtended ? 1 : 0) | 6 as UInt64)
    bytes.append(littleEndian: 0 as UInt64)
    // stack_t: sigaltstack(2) refuses these flags, so the alternate stack does not change.
    for word: UInt64 in [0, 0x7F, 0] { bytes.append(littleEndian: word) }
    // struct sigcontext
    let own = unsafe registers.x86_64
    for register in [
      own.r8, own.r9, own.r10, own.r11, own.r12, own.r13, own.r14, own.r15, own.rdi, own.rsi, own.rbp,
      own.rbx, own.rdx, own.rax, own.rcx, own.rsp, own.rip, own.eflags,
    ] {
      bytes.append(littleEndian: register)
    }
    for selector in [own.cs, 0, 0, own.ss] {
      bytes.append(littleEndian: UInt16(truncatingIfNeeded: selector))
    }
    for unused: UInt64 in [0, 0, 0, 0] { bytes.append(littleEndian: unused) }  // err, trapno, oldmask, cr2
    bytes.append(littleEndian: stateAddress)
    bytes += [UInt8](repeating: 0, count: 64)  // reserved1
    bytes.append(littleEndian: mask)
    bytes += [UInt8](repeating: 0, count: Int(stateAddress - address) - bytes.count)
    bytes += state.bytes
    return (address, bytes)
  }
}
