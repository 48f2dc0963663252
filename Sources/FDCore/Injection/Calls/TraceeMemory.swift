import CLinux

/// The memory of another process, which one of its threads identifies.
///
/// The system calls are `process_vm_readv(2)` and `process_vm_writev(2)`. A seccomp filter on rangeclose may
/// refuse them, and a kernel without CONFIG_CROSS_MEMORY_ATTACH has no such calls. Then `/proc/TID/mem` takes
/// their place, see `proc_pid_mem(5)`.
enum TraceeMemory {
  /// Reads up to `count` bytes: fewer if the mapped memory ends before, and none if it cannot be read.
  static func read(of tid: Int32, at address: UInt64, count: Int) -> [UInt8] {
    (try? bytes(of: tid, at: address, count: count)) ?? []
  }

  /// Reads bytes at two addresses, and returns the second bytes behind the first.
  static func read(
    of tid: Int32, at first: UInt64, count: Int, and second: UInt64, count secondCount: Int
  ) -> [UInt8] {
    let both = unsafe try? [UInt8](atMost: count + secondCount) { buffer, _ in
      unsafe clinux_read_memory_pair(tid, first, count, second, secondCount, buffer)
    }
    return both ?? read(of: tid, at: first, count: count) + read(of: tid, at: second, count: secondCount)
  }

  /// Writes words or bytes; false if not all of them could be written.
  ///
  /// The memory must be writable for the process itself.
  @discardableResult
  static func write<Word: FixedWidthInteger>(of tid: Int32, at address: UInt64, _ words: [Word]) -> Bool {
    unsafe words.withUnsafeBytes { bytes in
      let answer = unsafe clinux_write_memory(tid, address, bytes.baseAddress, bytes.count)
      guard let error = Errno(answer: answer) else { return answer == bytes.count }
      guard error.isRefusal, let file = try? memoryFile(of: tid) else { return false }
      return unsafe clinux_write_memory_file(file.number, address, bytes.baseAddress, bytes.count)
        == bytes.count
    }
  }

  /// The error with which the kernel refuses to read the memory of a thread at all; nil if it does not refuse.
  ///
  /// - Parameter address: an address that the thread has mapped.
  static func refusal(of tid: Int32, at address: UInt64) -> Errno? {
    do {
      _ = try bytes(of: tid, at: address, count: 1)
      return nil
    } catch {
      return error.isRefusal ? error : nil
    }
  }

  private static func bytes(of tid: Int32, at address: UInt64, count: Int) throws(Errno) -> [UInt8] {
    do {
      return unsafe try [UInt8](atMost: count) { unsafe clinux_read_memory(tid, address, $0, $1) }
    } catch {
      guard error.isRefusal, let file = try? memoryFile(of: tid) else { throw error }
      return unsafe try [UInt8](atMost: count) {
        unsafe clinux_read_memory_file(file.number, address, $0, $1)
      }
    }
  }

  private static func memoryFile(of tid: Int32) throws(Errno) -> OwnedDescriptor {
    let path = "/proc/\(tid)/mem"
    return OwnedDescriptor(
      adopting: try checked(unsafe clinux_open(clinux_at_fdcwd, path, clinux_open_read_write)))
  }
}

extension Errno {
  /// Whether a call was refused as such, and not for the address that it was given.
  fileprivate var isRefusal: Bool { self == .notPermitted || self == .notImplemented }
}
