/// A signal frame below a thread's stack that has what the thread is to go on with.
///
/// A thread that runs our calls has our registers, and would go on with them were we killed meanwhile. So
/// its calls are made where a return follows, with the stack pointer at such a frame: the return leads to
/// the trampoline that ends every signal handler, and rt_sigreturn(2) takes registers, floating point state
/// and signal mask from the frame, without anybody's help. See `sigreturn(2)`.
///
/// While we live the thread does not come as far: it is stopped at the call's exit.
struct SignalFrame {
  /// Where the stack pointer is to stand when the call is made.
  let address: UInt64
  private let tid: Int32
  private let before: [UInt8]

  /// Below the stack pointer leaf functions keep data, 128 bytes by the x86_64 ABI.
  static let redZone: UInt64 = 128
  /// More than a frame takes on any processor without AMX, whose tiles alone are 8 KiB.
  static let usualSize = 4096

  /// Lays one into the memory of a stopped thread, to go on with `registers` and `mask`.
  ///
  /// Nil where there cannot be one.
  init?(
    in tracee: Tracee, _ registers: RegisterSet, mask: UInt64, trampoline: UInt64, _ code: TargetCode
  ) {
    guard !tracee.hasShadowStack, let state = try? ExtendedState(of: tracee),
      let frame = registers.signalFrame(
        below: registers.stackPointer &- Self.redZone, returningTo: trampoline, mask: mask, state),
      code.stackRoom(of: registers) >= frame.bytes.count + Int(Self.redZone)
    else { return nil }
    address = frame.address
    tid = tracee.tid
    before = TargetMemory.read(of: tid, at: address, count: frame.bytes.count)
    guard before.count == frame.bytes.count else { return nil }
    if !TargetMemory.write(of: tid, at: address, frame.bytes) {
      remove()
      return nil
    }
  }

  /// Puts back what lay there.
  func remove() {
    TargetMemory.write(of: tid, at: address, before)
  }
}
