import CLinux

/// The differences between architectures: data, and a few functions on the registers that ptrace(2) reads and
/// writes.
///
/// There is one object for each layout, so that a set of registers needs no allocation. That saves time while
/// the threads are stopped.
protocol RegisterLayout: AnyObject, Sendable {
  /// The number of bytes that PTRACE_GETREGSET returns. It identifies the layout.
  var size: Int { get }
  /// The numbers of the system calls that a session uses.
  var calls: SystemCallNumbers { get }
  /// The bytes of the instruction that enters the kernel.
  ///
  /// After the call, the pc points to the byte after them.
  var callInstruction: [UInt8] { get }
  /// The addresses of instructions are multiples of this number of bytes.
  var instructionAlignment: UInt64 { get }
  /// The addresses at which a thread of this layout can execute.
  var addresses: Range<UInt64> { get }
  /// The number of bytes of an address on the stack.
  var wordSize: Int { get }
  /// Whether the trampoline of `Gadgets.Frame` lies in the vdso, and not in the C library.
  var hasTrampolineInVDSO: Bool { get }
  /// The instructions of `Gadgets.Frame`; nil if rangeclose makes no frames for this layout.
  var frameInstructions: (callAndReturn: [UInt8], trampoline: [UInt8])? { get }
  /// Instructions that enter the kernel faster than `Gadgets.Frame.callAndReturn`, if they lie directly
  /// before it; all have the same number of bytes.
  var fasterCalls: [[UInt8]] { get }
  /// The bytes of a gadget that takes the number of a call from the stack and returns; nil if the layout has
  /// none that serves a signal frame.
  var popNumberInstructions: [UInt8]? { get }
  /// The possible patterns of a `ROPChain`, the preferred one first; none if rangeclose makes no chains for
  /// this layout.
  var chainPatterns: [ChainPattern] { get }

  /// Whether the kernel keeps the number of the current call outside of these registers, and forgets it
  /// before a stop.
  var keepsCallApart: Bool { get }

  /// The calls that may block while they use a descriptor, and the positions of its number.
  var descriptorArguments: [Int: DescriptorArguments] { get }

  func programCounter(_ registers: clinux_registers) -> UInt64
  func setProgramCounter(_ registers: inout clinux_registers, _ address: UInt64)
  func stackPointer(_ registers: clinux_registers) -> UInt64
  /// The address of the thread's control block; nil if the registers do not contain it.
  func threadPointer(_ registers: clinux_registers) -> UInt64?
  /// The index of the segment in the GDT that begins at the thread's control block; nil if there is none.
  ///
  /// `PTRACE_GET_THREAD_AREA` returns the address of such a segment.
  func threadArea(_ registers: clinux_registers) -> Int32?
  func setStackPointer(_ registers: inout clinux_registers, _ address: UInt64)
  /// The number of the call that the thread is in, and the value that the call is about to return; nil
  /// outside of a call.
  func currentCall(_ registers: clinux_registers) -> (number: Int, answer: Int)?
  /// An argument of the current call; the index of the first is 0.
  ///
  /// - Parameter isCompatible: whether a 64-bit program made the call as 32-bit programs do.
  func argument(_ registers: clinux_registers, _ index: Int, ofCompatibleCall isCompatible: Bool) -> UInt64
  /// Sets the registers up to run a call from an instruction that lies at `address`.
  func prepare(_ registers: inout clinux_registers, _ call: SystemCall, at address: UInt64)
  /// Makes the kernel restart the current call, or return EINTR if a handler runs first.
  func restartUnlessHandled(_ registers: inout clinux_registers)
  /// Restarts the current call at once, as the kernel does on the way to user mode.
  func beginCallAnew(_ registers: inout clinux_registers)
  /// The number in the register for the number of a call; nil if `currentCall` has the number.
  func requestedCall(_ registers: clinux_registers) -> Int?
  /// Restarts a call that has returned, with its first argument, which the result has replaced.
  func repeatCall(_ registers: inout clinux_registers, withFirst argument: UInt64)
  /// Makes a call return EINTR that the registers are set to restart.
  func answerInterrupted(_ registers: inout clinux_registers)
  /// Whether the kernel may continue an interrupted call with restart_syscall(2).
  func mayBeContinued(_ number: Int, _ arguments: [UInt64]) -> Bool
  /// Makes the thread continue its interrupted call with restart_syscall(2).
  func continueCall(_ registers: inout clinux_registers)
  /// Sets the address to which `Gadgets.Frame.callAndReturn` returns, if a register has it.
  func setReturnAddress(_ registers: inout clinux_registers, _ address: UInt64)
  /// A signal frame that ends below `top`, and its address.
  ///
  /// The address is the stack pointer with which the thread makes a call at `Gadgets.Frame.callAndReturn`.
  /// Nil if there is no room for a frame, or if this layout has no frames.
  func signalFrame(
    _ registers: clinux_registers, below top: UInt64, returningTo trampoline: UInt64, mask: UInt64,
    _ state: ExtendedState
  ) -> (address: UInt64, bytes: [UInt8])?
}

extension RegisterLayout {
  var keepsCallApart: Bool { false }

  var hasTrampolineInVDSO: Bool { false }

  var wordSize: Int { 8 }

  var frameInstructions: (callAndReturn: [UInt8], trampoline: [UInt8])? { nil }

  var fasterCalls: [[UInt8]] { [] }

  var popNumberInstructions: [UInt8]? { nil }

  var chainPatterns: [ChainPattern] { [] }

  func threadPointer(_ registers: clinux_registers) -> UInt64? { nil }

  func threadArea(_ registers: clinux_registers) -> Int32? { nil }

  func requestedCall(_ registers: clinux_registers) -> Int? { nil }

  func repeatCall(_ registers: inout clinux_registers, withFirst argument: UInt64) {}

  func answerInterrupted(_ registers: inout clinux_registers) {}

  func mayBeContinued(_ number: Int, _ arguments: [UInt64]) -> Bool { false }

  func continueCall(_ registers: inout clinux_registers) {}

  func setReturnAddress(_ registers: inout clinux_registers, _ address: UInt64) {}

  func signalFrame(
    _ registers: clinux_registers, below top: UInt64, returningTo trampoline: UInt64, mask: UInt64,
    _ state: ExtendedState
  ) -> (address: UInt64, bytes: [UInt8])? { nil }
}
