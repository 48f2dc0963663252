import CLinux

/// `-ERESTARTNOHAND`: the kernel returns EINTR if a handler runs, and restarts the call if no handler runs.
///
/// See `include/linux/errno.h` and `handle_signal` in `arch/x86/kernel/signal.c`.
let restartUnlessHandledAnswer = -514

let interruptedAnswer = -4  // -EINTR

/// `-ERESTART_RESTARTBLOCK` to `-ERESTARTSYS`: the call was interrupted, and the kernel has not restarted it
/// yet.
let restartAnswers = -516 ... -512

/// The general registers of a stopped thread, in the layout of its architecture.
struct RegisterSet {
  let layout: any RegisterLayout
  /// The registers for PTRACE_SETREGSET, `layout.size` bytes.
  private(set) var raw: clinux_registers
  /// The call that the stop interrupted, if the kernel has forgotten it; nil if it is not proven.
  var interrupted: InterruptedCall?

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

  /// Takes registers in the layout that is `length` bytes long; nil if no known layout has this length.
  ///
  /// The layout is looked up for each thread, because execve(2) can start a program with another layout.
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

  var threadArea: Int32? { layout.threadArea(raw) }

  var currentCall: (number: Int, answer: Int)? {
    if let interrupted { return (interrupted.number, interrupted.answer) }
    return layout.currentCall(raw)
  }

  /// The number in the register for the number of a call; nil if `currentCall` has the number.
  var requestedCall: Int? { layout.requestedCall(raw) }

  /// The registers with which the thread goes on after injected calls.
  var afterCalls: RegisterSet {
    guard let interrupted, interrupted.isContinued else { return self }
    var registers = self
    layout.continueCall(&registers.raw)
    return registers
  }

  /// An argument of the current call; the index of the first is 0.
  ///
  /// - Parameter isCompatible: whether the call was made as 32-bit programs do.
  func argument(_ index: Int, ofCompatibleCall isCompatible: Bool) -> UInt64 {
    if let interrupted { return interrupted.arguments[index] }
    return layout.argument(raw, index, ofCompatibleCall: isCompatible)
  }

  /// Whether both sets have the same pc and are in the same call.
  func isAtSamePlace(as other: RegisterSet) -> Bool {
    programCounter == other.programCounter
      && layout.currentCall(raw)?.number == layout.currentCall(other.raw)?.number
  }

  mutating func prepare(_ call: SystemCall, at address: UInt64) {
    layout.prepare(&raw, call, at: address)
  }

  /// Makes the kernel restart the current call, which returned EINTR.
  mutating func restartUnlessHandled() {
    guard let first = interrupted?.arguments[0] else { return layout.restartUnlessHandled(&raw) }
    layout.repeatCall(&raw, withFirst: first)
    interrupted?.answer = restartUnlessHandledAnswer
    interrupted?.isInterruptedByHandlers = true
  }

  /// The registers of a thread whose call has returned EINTR, in place of the restart.
  var withoutRestart: RegisterSet {
    var registers = self
    layout.answerInterrupted(&registers.raw)
    return registers
  }

  /// Restarts the current call at once, unless the registers are set for that already.
  mutating func beginCallAnew() {
    if interrupted == nil { layout.beginCallAnew(&raw) }
  }

  mutating func setReturnAddress(_ address: UInt64) { layout.setReturnAddress(&raw, address) }

  /// A signal frame with which a thread continues without rangeclose.
  ///
  /// The thread continues at its pc, or restarts the call that the stop interrupted.
  ///
  /// rt_sigreturn(2) clears the kernel's `restart_block`, and with it the deadline of nanosleep(2) and
  /// similar calls. So the call restarts with its whole time.
  func signalFrame(
    below top: UInt64, returningTo trampoline: UInt64, mask: UInt64, _ state: ExtendedState
  ) -> (address: UInt64, bytes: [UInt8])? {
    var goingOn = self
    if let answer = currentCall?.answer, restartAnswers.contains(answer) { goingOn.beginCallAnew() }
    return layout.signalFrame(goingOn.raw, below: top, returningTo: trampoline, mask: mask, state)
  }
}
