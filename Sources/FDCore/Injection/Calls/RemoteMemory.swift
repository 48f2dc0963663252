/// Bytes that lie in a stopped tracee's memory for a system call to read or write, such as a path.
///
/// They lie on the tracee's stack, below everything that is in use. When this goes out of scope, the memory
/// has again what it had before. It has to go out of scope before the tracee goes on.
package struct RemoteMemory: ~Copyable {
  /// Where the bytes lie.
  package let address: UInt64
  private let tid: Int32
  private let before: [UInt8]

  /// Writes bytes below an address; nil if there is no room or the memory cannot be written.
  ///
  /// - Parameters:
  ///   - bytes: what to write; for a result, as many zeros as it may take.
  ///   - top: the address below which the stack is not in use.
  static func lay(_ bytes: [UInt8], below top: UInt64, of tracee: Tracee, _ gadgets: Gadgets) -> RemoteMemory?
  {
    guard let registers = tracee.registers, top > UInt64(bytes.count) + 16 else { return nil }
    let address = (top - UInt64(bytes.count)) & ~15
    guard registers.stackPointer > address,
      gadgets.stackRoom(of: registers) >= Int(registers.stackPointer - address)
    else { return nil }
    let before = TraceeMemory.read(of: tracee.tid, at: address, count: bytes.count)
    guard before.count == bytes.count else { return nil }
    guard TraceeMemory.write(of: tracee.tid, at: address, bytes) else {
      TraceeMemory.write(of: tracee.tid, at: address, before)
      return nil
    }
    return RemoteMemory(address: address, tid: tracee.tid, before: before)
  }

  private init(address: UInt64, tid: Int32, before: [UInt8]) {
    (self.address, self.tid, self.before) = (address, tid, before)
  }

  /// The bytes as they are now, after a call may have written to them.
  package var content: [UInt8] { TraceeMemory.read(of: tid, at: address, count: before.count) }

  deinit {
    TraceeMemory.write(of: tid, at: address, before)
  }
}
