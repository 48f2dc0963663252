import CLinux

/// The memory of another process, identified by the ID of one of its threads.
enum TraceeMemory {
  /// Reads up to `count` bytes: fewer if the mapped memory ends earlier, and none if the memory cannot be
  /// read.
  ///
  /// The corresponding system call is `process_vm_readv(2)`.
  static func read(of tid: Int32, at address: UInt64, count: Int) -> [UInt8] {
    unsafe (try? [UInt8](atMost: count) { unsafe clinux_read_memory(tid, address, $0, $1) }) ?? []
  }

  /// Reads bytes at two addresses, and returns the bytes of the second address after the bytes of the first.
  static func read(
    of tid: Int32, at first: UInt64, count: Int, and second: UInt64, count secondCount: Int
  ) -> [UInt8] {
    let both = unsafe try? [UInt8](atMost: count + secondCount) { buffer, _ in
      unsafe clinux_read_memory_pair(tid, first, count, second, secondCount, buffer)
    }
    return both ?? []
  }

  /// Writes words or bytes; false if not all of them could be written.
  ///
  /// The corresponding system call is `process_vm_writev(2)`.
  @discardableResult
  static func write<Word: FixedWidthInteger>(of tid: Int32, at address: UInt64, _ words: [Word]) -> Bool {
    unsafe words.withUnsafeBytes { bytes in
      unsafe clinux_write_memory(tid, address, bytes.baseAddress, bytes.count) == bytes.count
    }
  }
}
