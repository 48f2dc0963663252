import CLinux

/// The system calls a session makes, by an architecture's numbers for them.
struct SystemCallNumbers {
  let close: Int
  let fcntl: Int
  let closeRange: Int
  let unshare: Int
  /// Calls that answer a bare ptrace stop with EINTR, and can be begun anew without harm.
  ///
  /// `signal(7)` lists most under "Interruption of system calls and library functions by stop signals"; a
  /// socket with a timeout answers so by `sock_intr_errno` in `include/net/sock.h`, io_getevents(2) in
  /// `fs/aio.c`, and io_uring_enter(2) by `io_run_task_work_sig`. `close` must never be here: it has let go
  /// of the number already.
  let answeringInterrupted: Set<Int>
}

/// A system call to be run in a target, of at most three arguments.
struct SystemCall {
  let number: Int
  let arguments: (UInt64, UInt64, UInt64)
}

/// What an architecture has to tell about its registers.
protocol RegisterLayout {
  static var calls: SystemCallNumbers { get }
  /// The bytes of the instruction that enters the kernel, after which the pc stands `count` further.
  static var callInstruction: [UInt8] { get }

  var programCounter: UInt64 { get set }
  /// Where a thread of this layout can execute.
  static var addresses: Range<UInt64> { get }
  /// The number of the call that the thread is in and what the call is about to answer, or nil.
  var currentCall: (number: Int, answer: Int)? { get }
  /// Sets the registers up to run a call from an instruction that lies at `address`.
  mutating func prepare(_ call: SystemCall, at address: UInt64)
  /// Lets the kernel begin the current call anew, unless a handler runs first: then EINTR it is.
  mutating func restartUnlessHandled()
  /// Does at once what the kernel would on the way to user mode to a call that is to be begun anew.
  mutating func beginCallAnew()

  var stackPointer: UInt64 { get set }
  /// What a `TargetCode.FrameSite` consists of; nil where no frames are made for this layout.
  static var frameInstructions: (callAndReturn: [UInt8], trampoline: [UInt8])? { get }
  /// A signal frame that ends below `top`, to be laid at the address that is answered.
  ///
  /// Nil where there is no room for one, or no such frame.
  func signalFrame(
    below top: UInt64, returningTo trampoline: UInt64, mask: UInt64, _ state: ExtendedState
  ) -> (address: UInt64, bytes: [UInt8])?
}

/// `-ERESTARTNOHAND`, which the kernel turns into EINTR where a handler runs, and into a fresh start of
/// the call where none does.
///
/// See `include/linux/errno.h` and `handle_signal` in `arch/x86/kernel/signal.c`.
let restartUnlessHandled = -514

let interruptedAnswer = -4  // -EINTR

/// `-ERESTART_RESTARTBLOCK` to `-ERESTARTSYS`: the call gave up, and the kernel has yet to hide it.
let restartAnswers = -516 ... -512

/// The general registers of a stopped thread, in the layout of its architecture.
///
/// Which one that is follows from the length that the kernel answers, for each thread anew: a process
/// can exec a program of the other kind.
enum RegisterSet {
  case x86_64(clinux_registers_x86_64)
  case i386(clinux_registers_i386)

  /// The layout that is `length` bytes long; nil where none of ours is.
  init?(_ registers: clinux_registers, length: Int) {
    switch length {
    case MemoryLayout<clinux_registers_x86_64>.size: self = .x86_64(unsafe registers.x86_64)
    case MemoryLayout<clinux_registers_i386>.size: self = .i386(unsafe registers.i386)
    default: return nil
    }
  }

  /// The registers as PTRACE_SETREGSET takes them.
  var raw: (registers: clinux_registers, length: Int) {
    switch self {
    case .x86_64(let registers):
      (clinux_registers(x86_64: registers), MemoryLayout.size(ofValue: registers))
    case .i386(let registers):
      (clinux_registers(i386: registers), MemoryLayout.size(ofValue: registers))
    }
  }

  // Each switch below only finds the layout; an existential would allocate, and threads stand still.

  var calls: SystemCallNumbers {
    switch self {
    case .x86_64: clinux_registers_x86_64.calls
    case .i386: clinux_registers_i386.calls
    }
  }

  var callInstruction: [UInt8] {
    switch self {
    case .x86_64: clinux_registers_x86_64.callInstruction
    case .i386: clinux_registers_i386.callInstruction
    }
  }

  /// Where a thread with these registers can execute.
  var addresses: Range<UInt64> {
    switch self {
    case .x86_64: clinux_registers_x86_64.addresses
    case .i386: clinux_registers_i386.addresses
    }
  }

  var programCounter: UInt64 {
    get {
      switch self {
      case .x86_64(let registers): registers.programCounter
      case .i386(let registers): registers.programCounter
      }
    }
    set {
      switch self {
      case .x86_64(var registers):
        registers.programCounter = newValue
        self = .x86_64(registers)
      case .i386(var registers):
        registers.programCounter = newValue
        self = .i386(registers)
      }
    }
  }

  var currentCall: (number: Int, answer: Int)? {
    switch self {
    case .x86_64(let registers): registers.currentCall
    case .i386(let registers): registers.currentCall
    }
  }

  mutating func prepare(_ call: SystemCall, at address: UInt64) {
    switch self {
    case .x86_64(var registers):
      registers.prepare(call, at: address)
      self = .x86_64(registers)
    case .i386(var registers):
      registers.prepare(call, at: address)
      self = .i386(registers)
    }
  }

  mutating func restartUnlessHandled() {
    switch self {
    case .x86_64(var registers):
      registers.restartUnlessHandled()
      self = .x86_64(registers)
    case .i386(var registers):
      registers.restartUnlessHandled()
      self = .i386(registers)
    }
  }

  mutating func beginCallAnew() {
    switch self {
    case .x86_64(var registers):
      registers.beginCallAnew()
      self = .x86_64(registers)
    case .i386(var registers):
      registers.beginCallAnew()
      self = .i386(registers)
    }
  }

  var stackPointer: UInt64 {
    get {
      switch self {
      case .x86_64(let registers): registers.stackPointer
      case .i386(let registers): registers.stackPointer
      }
    }
    set {
      switch self {
      case .x86_64(var registers):
        registers.stackPointer = newValue
        self = .x86_64(registers)
      case .i386(var registers):
        registers.stackPointer = newValue
        self = .i386(registers)
      }
    }
  }

  var frameInstructions: (callAndReturn: [UInt8], trampoline: [UInt8])? {
    switch self {
    case .x86_64: clinux_registers_x86_64.frameInstructions
    case .i386: clinux_registers_i386.frameInstructions
    }
  }

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
    return switch goingOn {
    case .x86_64(let registers):
      registers.signalFrame(below: top, returningTo: trampoline, mask: mask, state)
    case .i386(let registers):
      registers.signalFrame(below: top, returningTo: trampoline, mask: mask, state)
    }
  }

  /// Whether the thread was in a call that gave up because of our stop, and may be begun anew.
  var wasInterruptedByStop: Bool {
    guard let call = currentCall, call.answer == interruptedAnswer else { return false }
    return calls.answeringInterrupted.contains(call.number)
  }
}
