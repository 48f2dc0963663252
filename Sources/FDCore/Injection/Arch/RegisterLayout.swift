import CLinux

/// The system calls a session makes, by an architecture's numbers for them.
struct SystemCallNumbers: Sendable {
  let close: Int
  let fcntl: Int
  let closeRange: Int
  let unshare: Int
  /// `select(2)`, by which a chain of calls waits for us; nil where there are no chains.
  let select: Int?
  /// By which the kernel goes on with a call that a stop interrupted before, `restart_syscall(2)`.
  let restart: Int
  /// Calls that answer a bare ptrace stop with EINTR, and can be begun anew without harm.
  ///
  /// `signal(7)` lists most under "Interruption of system calls and library functions by stop signals"; a
  /// socket with a timeout answers so by `sock_intr_errno` in `include/net/sock.h`, io_getevents(2) in
  /// `fs/aio.c`, and io_uring_enter(2) by `io_run_task_work_sig`. `close` must never be here: it has let go
  /// of the number already.
  let answeringInterrupted: [Int]
  /// Calls that wait with a signal mask of their own, see `set_user_sigmask` in `kernel/signal.c`.
  let settingMask: [Int]
}

/// A system call to be run in a target, of at most three arguments.
struct SystemCall {
  let number: Int
  let arguments: (UInt64, UInt64, UInt64)
}

/// What an architecture has to tell about its registers: data, and a few functions on what ptrace(2) reads
/// and writes.
///
/// There is one object for each, so that a thread's registers need no box: threads stand still meanwhile.
protocol RegisterLayout: AnyObject, Sendable {
  /// The bytes that PTRACE_GETREGSET answers, by which the layout is known.
  var size: Int { get }
  var calls: SystemCallNumbers { get }
  /// The bytes of the instruction that enters the kernel, after which the pc stands `count` further.
  var callInstruction: [UInt8] { get }
  /// Where it can lie: at multiples of this.
  var instructionAlignment: UInt64 { get }
  /// Where a thread of this layout can execute.
  var addresses: Range<UInt64> { get }
  /// What a `TargetCode.FrameSite` consists of; nil where no frames are made for this layout.
  var frameInstructions: (callAndReturn: [UInt8], trampoline: [UInt8])? { get }

  /// Instructions of a `CallChain.Site`: each takes a call's first or second argument, or its number, from
  /// the stack, and returns to the address above it; nil where no chains are made for this layout.
  var popInstructions: (first: [UInt8], second: [UInt8], number: [UInt8])? { get }

  /// Whether the call that a thread is in is none of the registers.
  var keepsCallApart: Bool { get }

  func programCounter(_ registers: clinux_registers) -> UInt64
  func setProgramCounter(_ registers: inout clinux_registers, _ address: UInt64)
  func stackPointer(_ registers: clinux_registers) -> UInt64
  /// Where the thread's control block lies; nil where that is not told.
  func threadPointer(_ registers: clinux_registers) -> UInt64?
  func setStackPointer(_ registers: inout clinux_registers, _ address: UInt64)
  /// The number of the call that the thread is in and what the call is about to answer, or nil.
  func currentCall(_ registers: clinux_registers) -> (number: Int, answer: Int)?
  /// Sets the registers up to run a call from an instruction that lies at `address`.
  func prepare(_ registers: inout clinux_registers, _ call: SystemCall, at address: UInt64)
  /// Sets those arguments of a later select(2) that a chain does not: no exceptions, and this timeout.
  func prepareSelect(_ registers: inout clinux_registers, timeout address: UInt64)
  /// Lets the kernel begin the current call anew, unless a handler runs first: then EINTR it is.
  func restartUnlessHandled(_ registers: inout clinux_registers)
  /// Does at once what the kernel would on the way to user mode to a call that is to be begun anew.
  func beginCallAnew(_ registers: inout clinux_registers)
  /// A signal frame that ends below `top`, to be laid at the address that is answered.
  ///
  /// Nil where there is no room for one, or no such frame.
  func signalFrame(
    _ registers: clinux_registers, below top: UInt64, returningTo trampoline: UInt64, mask: UInt64,
    _ state: ExtendedState
  ) -> (address: UInt64, bytes: [UInt8])?
}

extension RegisterLayout {
  var keepsCallApart: Bool { false }

  var popInstructions: (first: [UInt8], second: [UInt8], number: [UInt8])? { nil }

  func prepareSelect(_ registers: inout clinux_registers, timeout address: UInt64) {}

  var frameInstructions: (callAndReturn: [UInt8], trampoline: [UInt8])? { nil }

  func threadPointer(_ registers: clinux_registers) -> UInt64? { nil }

  func signalFrame(
    _ registers: clinux_registers, below top: UInt64, returningTo trampoline: UInt64, mask: UInt64,
    _ state: ExtendedState
  ) -> (address: UInt64, bytes: [UInt8])? { nil }
}

/// `-ERESTARTNOHAND`, which the kernel turns into EINTR where a handler runs, and into a fresh start of
/// the call where none does.
///
/// See `include/linux/errno.h` and `handle_signal` in `arch/x86/kernel/signal.c`.
let restartUnlessHandledAnswer = -514

let interruptedAnswer = -4  // -EINTR

/// `-ERESTART_RESTARTBLOCK` to `-ERESTARTSYS`: the call gave up, and the kernel has yet to hide it.
let restartAnswers = -516 ... -512

/// The general registers of a stopped thread, in the layout of its architecture.
struct RegisterSet {
  let layout: any RegisterLayout
  /// As PTRACE_SETREGSET takes them, `layout.size` bytes.
  private(set) var raw: clinux_registers

  /// The layout of programs that this one is built like.
  #if arch(arm64)
    static let native: any RegisterLayout = aarch64
  #else
    static let native: any RegisterLayout = x86_64
  #endif

  static let x86_64 = X86_64()
  static let i386 = I386()
  static let aarch64 = AArch64()

  private static let layouts: [any RegisterLayout] = [x86_64, i386, aarch64]

  /// The layout that is `length` bytes long; nil where none of ours is.
  ///
  /// Told for each thread anew: a process can exec a program of another kind.
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

  mutating func prepare(_ call: SystemCall, at address: UInt64) {
    layout.prepare(&raw, call, at: address)
  }

  mutating func prepareSelect(timeout address: UInt64) { layout.prepareSelect(&raw, timeout: address) }

  mutating func restartUnlessHandled() { layout.restartUnlessHandled(&raw) }

  mutating func beginCallAnew() { layout.beginCallAnew(&raw) }

  /// As the layout makes it, for a thread that is to go on by itself: in its own place, or by beginning anew
  /// the call that it was brought back from.
  ///
  /// The kernel's note of how to restart a call is lost on rt_sigreturn(2), and with it the deadline of
  /// nanosleep(2) and its like.
  func signalFrame(
    below top: UInt64, returningTo trampoline: UInt64, mask: UInt64, _ state: ExtendedState
  ) -> (address: UInt64, bytes: [UInt8])? {
    var goingOn = self
    if let answer = currentCall?.answer, restartAnswers.contains(answer) { goingOn.beginCallAnew() }
    return layout.signalFrame(goingOn.raw, below: top, returningTo: trampoline, mask: mask, state)
  }
}
