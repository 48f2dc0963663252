import CLinux

/// What differs between architectures: data, and a few functions on the registers that ptrace(2) reads and
/// writes.
///
/// There is one object for each layout, so that a thread's registers need no box. Threads stand still
/// meanwhile.
protocol RegisterLayout: AnyObject, Sendable {
  /// The number of bytes that PTRACE_GETREGSET returns, by which the layout is known.
  var size: Int { get }
  var calls: SystemCallNumbers { get }
  /// The bytes of the instruction that enters the kernel. Afterwards the pc stands `count` further.
  var callInstruction: [UInt8] { get }
  /// Instructions lie at multiples of this number of bytes.
  var instructionAlignment: UInt64 { get }
  /// The addresses at which a thread of this layout can execute.
  var addresses: Range<UInt64> { get }
  /// The instructions of `Gadgets.Frame`; nil if no frames are made for this layout.
  var frameInstructions: (callAndReturn: [UInt8], trampoline: [UInt8])? { get }

  /// The gadgets of a `ROPChain`; nil if no chains are made for this layout.
  ///
  /// Each takes the first argument, the second argument or the number of a call from the stack, and returns
  /// to the address above it.
  var popInstructions: (first: [UInt8], second: [UInt8], number: [UInt8])? { get }

  /// Whether the kernel keeps the current call apart from the registers.
  var keepsCallApart: Bool { get }

  func programCounter(_ registers: clinux_registers) -> UInt64
  func setProgramCounter(_ registers: inout clinux_registers, _ address: UInt64)
  func stackPointer(_ registers: clinux_registers) -> UInt64
  /// The address of the thread's control block; nil if the registers do not say it.
  func threadPointer(_ registers: clinux_registers) -> UInt64?
  func setStackPointer(_ registers: inout clinux_registers, _ address: UInt64)
  /// The number of the call that the thread is in and what the call is about to return; nil outside of a
  /// call.
  func currentCall(_ registers: clinux_registers) -> (number: Int, answer: Int)?
  /// Sets the registers up to run a call from an instruction that lies at `address`.
  func prepare(_ registers: inout clinux_registers, _ call: SystemCall, at address: UInt64)
  /// Lets the kernel begin the current call anew, or return EINTR if a handler runs first.
  func restartUnlessHandled(_ registers: inout clinux_registers)
  /// Begins the current call anew at once, as the kernel does on the way to user mode.
  func beginCallAnew(_ registers: inout clinux_registers)
  /// A signal frame that ends below `top`, and the address to lay it at.
  ///
  /// Nil if there is no room for a frame, or this layout has none.
  func signalFrame(
    _ registers: clinux_registers, below top: UInt64, returningTo trampoline: UInt64, mask: UInt64,
    _ state: ExtendedState
  ) -> (address: UInt64, bytes: [UInt8])?
}

extension RegisterLayout {
  var keepsCallApart: Bool { false }

  var popInstructions: (first: [UInt8], second: [UInt8], number: [UInt8])? { nil }

  var frameInstructions: (callAndReturn: [UInt8], trampoline: [UInt8])? { nil }

  func threadPointer(_ registers: clinux_registers) -> UInt64? { nil }

  func signalFrame(
    _ registers: clinux_registers, below top: UInt64, returningTo trampoline: UInt64, mask: UInt64,
    _ state: ExtendedState
  ) -> (address: UInt64, bytes: [UInt8])? { nil }
}
