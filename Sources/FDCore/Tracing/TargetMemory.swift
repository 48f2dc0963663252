import CLinux

/// The memory of another process, by one of its threads.
enum TargetMemory {
  /// Bytes of it, fewer than asked for where they end, none where they cannot be read.
  ///
  /// The corresponding system call is `process_vm_readv(2)`.
  static func read(of tid: Int32, at address: UInt64, count: Int) -> [UInt8] {
    var buffer = [UInt8](repeating: 0, count: count)
    let read = unsafe buffer.withUnsafeMutableBytes {
      unsafe clinux_read_memory(tid, address, $0.baseAddress, $0.count)
    }
    return read == count ? buffer : Array(buffer[..<max(read, 0)])
  }

  /// Writes to it; false where not all of it could be.
  ///
  /// The corresponding system call is `process_vm_writev(2)`.
  @discardableResult
  static func write(of tid: Int32, at address: UInt64, _ bytes: [UInt8]) -> Bool {
    let written = unsafe bytes.withUnsafeBytes {
      unsafe clinux_write_memory(tid, address, $0.baseAddress, $0.count)
    }
    return written == bytes.count
  }
}
