import CLinux

extension I386 {
  /// The frame that the kernel makes for a handler with SA_SIGINFO: `struct rt_sigframe_ia32`.
  ///
  /// Three words lie below the frame, for the registers that `__kernel_vsyscall` restores before it returns.
  ///
  /// A null selector in a frame becomes 3 before the kernel's commit "x86/signal: Don't set RPL for NULL
  /// selectors". That is a null selector, too.
  ///
  /// See `arch/x86/include/asm/sigframe.h`, and `ia32_restore_sigcontext` in `arch/x86/kernel/signal_32.c`.
  func signalFrame(
    _ registers: clinux_registers, below top: UInt64, returningTo trampoline: UInt64, mask: UInt64,
    _ state: ExtendedState
  ) -> (address: UInt64, bytes: [UInt8])? {
    // The three words, the frame, and the FSAVE header; the XSAVE layout follows.
    let headSize: UInt64 = 12 + 268 + UInt64(ExtendedState.headerSize)
    let room = headSize + UInt64(state.bytes.count) + ExtendedState.alignment + 16
    guard top > room, top <= addresses.upperBound, state.header.count == ExtendedState.headerSize else {
      return nil
    }
    let stateAddress = (top - UInt64(state.bytes.count)) & ~(ExtendedState.alignment - 1)
    let address = (stateAddress - headSize) & ~15

    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(stateAddress - address) + state.bytes.count)
    for unused: UInt32 in [0, 0, 0] { bytes.append(littleEndian: unused) }
    bytes.append(littleEndian: UInt32(truncatingIfNeeded: trampoline))
    // The signal, two addresses for its handler, and the siginfo, which the kernel does not read.
    bytes += [UInt8](repeating: 0, count: 12 + 128)
    append(
      contextOf: unsafe registers.i386, UInt32(stateAddress) - UInt32(state.header.count), mask,
      isExtended: state.isExtended, to: &bytes)
    bytes += [UInt8](repeating: 0, count: Int(stateAddress - address) - state.header.count - bytes.count)
    bytes += state.header
    bytes += state.bytes
    return (address, bytes)
  }

  /// Appends `struct ucontext_ia32`.
  private func append(
    contextOf own: clinux_registers_i386, _ state: UInt32, _ mask: UInt64, isExtended: Bool,
    to bytes: inout [UInt8]
  ) {
    // UC_FP_XSTATE, and no link.
    for word: UInt32 in [isExtended ? 1 : 0, 0] { bytes.append(littleEndian: word) }
    // compat_stack_t: sigaltstack(2) refuses these flags, so the alternate stack does not change.
    for word: UInt32 in [0, 0x7F, 0] { bytes.append(littleEndian: word) }
    // struct sigcontext_32; the upper half of a selector's word is not used.
    let upperHalf: UInt32 = 0xFFFF_0000
    for word in [
      own.gs & ~upperHalf, own.fs & ~upperHalf, own.es & ~upperHalf, own.ds & ~upperHalf, own.edi, own.esi,
      own.ebp, own.esp, own.ebx, own.edx, own.ecx, own.eax, 0, 0, own.eip, own.cs & ~upperHalf, own.eflags,
      own.esp, own.ss & ~upperHalf, state, 0, 0,
    ] {
      bytes.append(littleEndian: word)
    }
    bytes.append(littleEndian: mask)
  }
}
