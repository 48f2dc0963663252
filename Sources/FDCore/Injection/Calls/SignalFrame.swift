/// A signal frame below a tracee's stack pointer; it contains the state from which the tracee continues.
///
/// During an injected call, the tracee has the registers of the call. If rangeclose is killed then, the
/// tracee continues with these registers. So rangeclose makes the call at an instruction that a return
/// instruction follows. It sets the stack pointer to a signal frame. The return goes to the trampoline that
/// ends every signal handler. There rt_sigreturn(2) takes the registers, the floating-point state and the
/// signal mask from the frame. See `sigreturn(2)`.
///
/// If the target has no trampoline, the return goes to a gadget that takes the number of rt_sigreturn(2) from
/// the stack. That gadget returns to the instruction of the call. The two words for the gadget lie below the
/// frame that the kernel reads.
///
/// While rangeclose runs, it stops the tracee at the exit of the call, before the return.
struct SignalFrame {
  /// The address of the frame, which is the stack pointer of the call.
  let address: UInt64
  /// The address of the payload below the frame, a multiple of 16; nil if there is none.
  let payload: UInt64?
  private let returnAddress: UInt64
  private let tid: Int32
  private let memory: TraceeMemory
  /// The lowest address that was written.
  private let start: UInt64
  private let before: [UInt8]

  /// The number of bytes below the stack pointer in which leaf functions keep data, by the x86_64 ABI.
  static let redZone: UInt64 = 128
  /// The number of bytes that rangeclose assumes for a frame; it is enough on any processor without AMX.
  ///
  /// The tiles of AMX alone are 8 KiB.
  static let usualSize = 4096

  /// Writes a frame with `registers` and `mask` to the memory of a stopped tracee.
  ///
  /// - Parameter payload: bytes for the calls, which are written below the frame if there is room.
  ///
  /// Nil if the tracee has a shadow stack, the state of its registers cannot be read, or there is no room.
  init?(
    in tracee: Tracee, _ registers: RegisterSet, mask: UInt64, _ code: Gadgets.Frame, _ gadgets: Gadgets,
    with payload: [UInt8] = []
  ) {
    guard !tracee.hasShadowStack, let state = try? tracee.extendedState(for: registers.layout),
      let frame = registers.signalFrame(
        below: registers.stackPointer &- Self.redZone, returningTo: code.trampoline, mask: mask, state)
    else { return nil }
    var bytes: [UInt8] = []
    if let popNumber = code.popNumber, let number = registers.layout.calls.signalReturn {
      bytes.append(littleEndian: popNumber)
      bytes.append(littleEndian: UInt64(number))
    }
    address = frame.address - UInt64(bytes.count)
    bytes += frame.bytes
    let needed = Int(registers.stackPointer - address), room = gadgets.stackRoom(of: tracee, registers)
    guard room >= needed else { return nil }
    let padding = payload.count + Int((address &- UInt64(payload.count)) % 16)
    let hasPayload = !payload.isEmpty && room >= needed + padding
    start = hasPayload ? address - UInt64(padding) : address
    self.payload = hasPayload ? start : nil
    if hasPayload { bytes = payload + [UInt8](repeating: 0, count: padding - payload.count) + bytes }
    returnAddress = code.trampoline
    tid = tracee.tid
    memory = gadgets.memory
    before = memory.read(of: tid, at: start, count: bytes.count)
    guard before.count == bytes.count else { return nil }
    if !memory.write(of: tid, at: start, bytes) {
      remove()
      return nil
    }
  }

  /// Makes a call with these registers return into the frame.
  func apply(to registers: inout RegisterSet) {
    registers.stackPointer = address
    registers.setReturnAddress(returnAddress)
  }

  /// Restores the bytes of the stack that the frame replaced.
  func remove() {
    memory.write(of: tid, at: start, before)
  }
}
