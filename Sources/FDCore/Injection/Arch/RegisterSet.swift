import CLinux

/// `-ERESTARTNOHAND`: the kernel turns it into EINTR if a handler runs, and begins the call anew if none
/// does.
///
/// See `include/linux/errno.h` and `handle_signal` in `arch/x86/kernel/signal.c`.
let restartUnlessHandledAnswer = -514

let interruptedAnswer = -4  // -EINTR

/// `-ERESTART_RESTARTBLOCK` to `-ERESTARTSYS`: the call was interrupted, and the kernel has yet to hide that.
let restartAnswers = -516 ... -512

/// The general registers of a stopped thread, in the layout of its architecture.
struct RegisterSet {
  let layout: any RegisterLayout
  /// The registers as PTRACE_SETREGSET takes them, `layout.size` bytes.
  private(set) var raw: clinux_registers

  /// The layout of programs of the architecture that rangeclose was built for.
  #if arch(arm64)
    static let native: any RegisterLayout = aarch64
  #else
    static let native: any RegisterLayout = x86_64
  #endif

  static let x86_64 = X86_64()
  static let i386 = I386()
  static let aarch64 = AArch64()

  private static let layouts: [any RegisterLayout] = [x86_64, i386, aarch64]

  /// Takes over registers of the layout that is `length` bytes long; nil if no known layout is.
  ///
  /// The layout is found anew for each thread: a process can exec a program of another kind.
  init?(_ raw: clinux_registers, length: Int) {
    guard let layout = Self.layouts.first(where: { $0.size == length }) else { return nil }
    self.layout = layout
    self.raw = raw
  }

  var programCounter: UInt64 {
    get { layout.programCounter(raw) }
    set { layout.setProgramCounter(&raw, newValue) }
  }

  var stackPointer: UInt64 {
    get { layout.stackPointer(raw) }
    set { layout.setStackPointer(&raw, newValue) }
  }

  var threadPointer: UInt64? { layout.threadPointer(raw) }

  var currentCall: (number: Int, answer: Int)? { layout.currentCall(raw) }

  /// Whether both sets stand at the same instruction, in the same call.
  func isAtSamePlace(as other: RegisterSet) -> Bool {
    programCounter == other.programCounter && currentCall?.number == other.currentCall?.number
  }

  mutating func prepare(_ call: SystemCall, at address: UInt64) {
    layout.prepare(&raw, call, at: address)
  }

  mutating func restartUnlessHandled() { layout.restartUnlessHandled(&raw) }

  mutating func beginCallAnew() { layout.beginCallAnew(&raw) }

  /// A signal frame for a thread that goes on by itself: where it stands, or by beginning anew the call that
  /// the stop interrupted.
  ///
  /// rt_sigreturn(2) loses the kernel's note of how to restart a call, and with it the deadline of
  /// nanosleep(2) and similar calls.
  func signalFrame(
    below top: UInt64, returningTo trampoline: UInt64, mask: UInt64, _ state: ExtendedState
  ) -> (address: UInt64, bytes: [UInt8])? {
    var goingOn = self
    if let answer = currentCall?.answer, restartAnswers.contains(answer) { goingOn.beginCallAnew() }
    return layout.signalFrame(goingOn.raw, below: top, returningTo: trampoline, mask: mask, state)
  }
}
