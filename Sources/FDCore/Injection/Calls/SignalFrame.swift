/// A signal frame below a tracee's stack, with everything that the tracee goes on with.
///
/// A tracee that runs an injected call has our registers, and would go on with them if rangeclose were
/// killed. So the call is made at an instruction that a return follows, with the stack pointer at such a
/// frame. The return leads to the trampoline that ends every signal handler. There rt_sigreturn(2) takes
/// registers, floating point state and signal mask from the frame, without anybody's help. See
/// `sigreturn(2)`.
///
/// While rangeclose lives, the tracee does not come as far: it is stopped at the call's exit.
struct SignalFrame {
  /// Where the stack pointer stands when the call is made.
  let address: UInt64
  private let tid: Int32
  private let before: [UInt8]

  /// Below the stack pointer leaf functions keep data, 128 bytes by the x86_64 ABI.
  static let redZone: UInt64 = 128
  /// More than a frame takes on any processor without AMX, whose tiles alone are 8 KiB.
  static let usualSize = 4096

  /// Lays a frame into the memory of a stopped tracee, with its registers and `mask`; nil if there cannot be
  /// one.
  init?(in tracee: Tracee, _ registers: RegisterSet, mask: UInt64, trampoline: UInt64, _ gadgets: Gadgets) {
    guard !tracee.hasShadowStack, let state = try? tracee.extendedState(),
      let frame = registers.signalFrame(
        below: registers.stackPointer &- Self.redZone, returningTo: trampoline, mask: mask, state),
      gadgets.stackRoom(of: registers) >= frame.bytes.count + Int(Self.redZone)
    else { return nil }
    address = frame.address
    tid = tracee.tid
    before = TraceeMemory.read(of: tid, at: address, count: frame.bytes.count)
    guard before.count == frame.bytes.count else { return nil }
    if !TraceeMemory.write(of: tid, at: address, frame.bytes) {
      remove()
      return nil
    }
  }

  /// Puts back the bytes that lay there.
  func remove() {
    TraceeMemory.write(of: tid, at: address, before)
  }
}
