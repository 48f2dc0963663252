/// Bytes in a stopped tracee's memory that a system call reads or writes, such as a path.
///
/// They are on the tracee's stack, below the part that is in use. At the end of its scope, this value
/// restores the memory. That must happen before the tracee is resumed.
package struct RemoteMemory: ~Copyable {
  /// The address of the first byte, a multiple of 16.
  package let address: UInt64
  private let tracee: Tracee
  private let memory: TraceeMemory
  private let before: [UInt8]

  /// Writes bytes below an address; nil if there is no room, or if the memory cannot be written.
  ///
  /// - Parameters:
  ///   - bytes: the bytes to write. For a result, the caller passes zeros, as many as the largest result has
  ///     bytes.
  ///   - top: the address below which the stack is not in use.
  static func lay(_ bytes: [UInt8], below top: UInt64, of tracee: Tracee, _ gadgets: Gadgets) -> RemoteMemory?
  {
    guard let registers = tracee.registers, top > UInt64(bytes.count) + 16 else { return nil }
    let address = (top - UInt64(bytes.count)) & ~15
    guard registers.stackPointer > address,
      gadgets.stackRoom(of: tracee, registers) >= Int(registers.stackPointer - address)
    else { return nil }
    let memory = gadgets.memory
    let before = memory.read(of: tracee.tid, at: address, count: bytes.count)
    guard before.count == bytes.count else { return nil }
    guard memory.write(of: tracee.tid, at: address, bytes) else {
      memory.write(of: tracee.tid, at: address, before)
      return nil
    }
    return RemoteMemory(address: address, tracee, memory, before: before)
  }

  private init(address: UInt64, _ tracee: Tracee, _ memory: TraceeMemory, before: [UInt8]) {
    (self.address, self.tracee, self.memory, self.before) = (address, tracee, memory, before)
  }

  /// The current bytes, which a call may have written.
  ///
  /// There are fewer if the memory cannot be read any more.
  package var content: [UInt8] { memory.read(of: tracee.tid, at: address, count: before.count) }

  deinit {
    // A thread that rangeclose left may return from the call now, and use this part of its stack.
    if tracee.isLeft { return }
    memory.write(of: tracee.tid, at: address, before)
  }
}
