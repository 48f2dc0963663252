import CLinux

/// 64-bit programs on aarch64: written from `arch/arm64/kernel/signal.c` and `ptrace.c` of Linux, compiled
/// everywhere, and run by nobody yet.
///
/// A stop finds a thread after `do_signal` has rewound its pc to the call and put the first argument back,
/// where the call is to be begun anew, and has forgotten which call it was. So:
/// - Registers are put back as they were found, and the call begins anew. For the thread that made our calls
///   that is from its start, for nanosleep(2) with its whole time: the kernel sets its own restart up after
///   the stop.
/// - A call that answers a stop with EINTR cannot be told from one that a signal interrupted, and its first
///   argument is lost: it is left with EINTR.
/// - The vdso has a trampoline for a signal frame, which a link register would lead to; that is to be done by
///   somebody who can run it.
final class AArch64: RegisterLayout {
  let size = MemoryLayout<clinux_registers_aarch64>.size

  /// The numbers of `include/uapi/asm-generic/unistd.h`.
  let calls = SystemCallNumbers(
    close: 57, fcntl: 25, closeRange: 436, unshare: 97, select: nil, restart: 128, answeringInterrupted: [],
    settingMask: [])

  let callInstruction: [UInt8] = [0x01, 0x00, 0x00, 0xD4]  // svc #0
  let instructionAlignment: UInt64 = 4

  let keepsCallApart = true

  /// Addresses of user mode have their upper bits 0, with as many as 52 bits used.
  let addresses: Range<UInt64> = 0..<1 << 52

  func programCounter(_ registers: clinux_registers) -> UInt64 { unsafe registers.aarch64.pc }

  func setProgramCounter(_ registers: inout clinux_registers, _ address: UInt64) {
    unsafe registers.aarch64.pc = address
  }

  func stackPointer(_ registers: clinux_registers) -> UInt64 { unsafe registers.aarch64.sp }

  func setStackPointer(_ registers: inout clinux_registers, _ address: UInt64) {
    unsafe registers.aarch64.sp = address
  }

  /// The kernel has forgotten it; see above.
  ///
  /// So a call of ours is never made at the thread's own pc, where the kernel could take it for that one.
  func currentCall(_ registers: clinux_registers) -> (number: Int, answer: Int)? { nil }

  func prepare(_ registers: inout clinux_registers, _ call: SystemCall, at address: UInt64) {
    unsafe registers.aarch64.pc = address
    unsafe registers.aarch64.x.8 = UInt64(call.number)
    unsafe (registers.aarch64.x.0, registers.aarch64.x.1, registers.aarch64.x.2) = call.arguments
  }

  // Without a current call there is none to be begun anew.
  func restartUnlessHandled(_ registers: inout clinux_registers) {}
  func beginCallAnew(_ registers: inout clinux_registers) {}
}
