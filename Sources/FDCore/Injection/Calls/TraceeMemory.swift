import CLinux

/// The memory of another process.
///
/// If a page is not present, the kernel may have to ask the thread that reads a userfaultfd(2), or a file
/// server. A stopped thread or server never answers, and only SIGKILL ends the wait. So rangeclose itself
/// touches only pages that are present. For other pages it starts a helper, which it can kill.
///
/// A seccomp filter on rangeclose may refuse `process_vm_readv(2)` and `process_vm_writev(2)`, and a kernel
/// without CONFIG_CROSS_MEMORY_ATTACH has no such calls. Then `/proc/TID/mem` takes their place, see
/// `proc_pid_mem(5)`.
final class TraceeMemory {
  /// `/proc/PID/pagemap`; the number is -1 if it cannot be opened.
  private let pages: OwnedDescriptor
  private let pageSize = UInt64(getpagesize())

  /// The time in milliseconds that a page may take, which is enough for a disk.
  private static let gracePeriod: UInt32 = 200

  /// Opens the page map of a process.
  ///
  /// Call this before the stop, so that the process does not stay stopped while the file is opened.
  ///
  /// - Parameter thread: a live thread; an exited leader has no memory.
  init(of process: ProcessDirectory, thread: Int32) {
    do {
      pages = try process.open("task/\(thread)/pagemap", as: .file)
    } catch {
      pages = OwnedDescriptor(adopting: -1)
    }
  }

  /// Reads up to `count` bytes: fewer if the mapped memory ends before, and none if it cannot be read.
  func read(of tid: Int32, at address: UInt64, count: Int) -> [UInt8] {
    (try? bytes(of: tid, at: address, count: count)) ?? []
  }

  /// Reads bytes as `read` does.
  ///
  /// Throws `ETIMEDOUT` if nobody provides the memory in time. Throws the kernel's error if the kernel
  /// refuses the call. The corresponding system call is `process_vm_readv(2)`.
  func bytes(of tid: Int32, at address: UInt64, count: Int) throws(Errno) -> [UInt8] {
    guard isPresent(address, count) else {
      return unsafe try [UInt8](atMost: count) {
        unsafe clinux_copy_memory_apart(tid, address, $0, $1, false, Self.gracePeriod)
      }
    }
    do {
      return unsafe try [UInt8](atMost: count) { unsafe clinux_read_memory(tid, address, $0, $1) }
    } catch {
      guard error.isRefusal, let file = try? Self.memoryFile(of: tid) else { throw error }
      return unsafe try [UInt8](atMost: count) {
        unsafe clinux_read_memory_file(file.number, address, $0, $1)
      }
    }
  }

  /// The error with which the kernel refuses to read the memory of a thread at all; nil if it does not
  /// refuse.
  ///
  /// - Parameter address: an address that the thread has mapped.
  func refusal(of tid: Int32, at address: UInt64) -> Errno? {
    do {
      _ = try bytes(of: tid, at: address, count: 1)
      return nil
    } catch {
      return error.isRefusal ? error : nil
    }
  }

  private static func memoryFile(of tid: Int32) throws(Errno) -> OwnedDescriptor {
    let path = "/proc/\(tid)/mem"
    return OwnedDescriptor(
      adopting: try checked(unsafe clinux_open(clinux_at_fdcwd, path, clinux_open_read_write)))
  }

  /// Reads bytes at two addresses, and returns the bytes of the second address after the bytes of the first.
  func read(
    of tid: Int32, at first: UInt64, count: Int, and second: UInt64, count secondCount: Int
  ) -> [UInt8] {
    guard isPresent(first, count), isPresent(second, secondCount) else {
      let bytes = read(of: tid, at: first, count: count)
      return bytes.count < count ? bytes : bytes + read(of: tid, at: second, count: secondCount)
    }
    let both = unsafe try? [UInt8](atMost: count + secondCount) { buffer, _ in
      unsafe clinux_read_memory_pair(tid, first, count, second, secondCount, buffer)
    }
    return both ?? read(of: tid, at: first, count: count) + read(of: tid, at: second, count: secondCount)
  }

  /// Writes words or bytes; false if not all of them could be written.
  ///
  /// The corresponding system call is `process_vm_writev(2)`.
  @discardableResult
  func write<Word: FixedWidthInteger>(of tid: Int32, at address: UInt64, _ words: [Word]) -> Bool {
    let isPresent = isPresent(address, words.count * MemoryLayout<Word>.size)
    return unsafe words.withUnsafeBytes { bytes in
      guard isPresent else {
        let buffer = unsafe UnsafeMutableRawPointer(mutating: bytes.baseAddress)
        return unsafe bytes.count
          == clinux_copy_memory_apart(tid, address, buffer, bytes.count, true, Self.gracePeriod)
      }
      let answer = unsafe clinux_write_memory(tid, address, bytes.baseAddress, bytes.count)
      guard let error = Errno(answer: answer) else { return answer == bytes.count }
      guard error.isRefusal, let file = try? Self.memoryFile(of: tid) else { return false }
      return unsafe clinux_write_memory_file(file.number, address, bytes.baseAddress, bytes.count)
        == bytes.count
    }
  }

  /// Reads little-endian words of 64 bits, and throws if not all of them can be read.
  func words(of tid: Int32, at address: UInt64, count: Int) throws(Errno) -> [UInt64] {
    let bytes = try bytes(of: tid, at: address, count: count * 8)
    guard bytes.count == count * 8 else { throw .badAddress }
    return (0..<count).map { bytes.integer(UInt64.self, at: $0 * 8) }
  }

  /// The first pages of a range that are present or swapped out.
  ///
  /// The result is empty, at the end of the pages that were looked at, if there are none. Other pages have
  /// never been used, or only a file has their content. Throws if the page map cannot be read.
  ///
  /// - Parameters:
  ///   - range: the addresses of whole pages; not empty.
  ///   - most: the number of bytes that the result has at most.
  func firstUsed(in range: Range<UInt64>, most: UInt64) throws(Errno) -> Range<UInt64> {
    let first = range.lowerBound / pageSize, number = pages.number
    let size = Int(min((range.upperBound - range.lowerBound) / pageSize, 4096)) * 8
    let entries = unsafe try [UInt8](atMost: size) { unsafe clinux_read_at(number, $0, $1, first * 8) }
    guard entries.count == size else { throw .badAddress }
    var count = Int(most / pageSize)
    let index = unsafe entries.withUnsafeBytes {
      unsafe clinux_find_used_pages($0.baseAddress, size / 8, &count)
    }
    let start = range.lowerBound + UInt64(index) * pageSize
    return start..<start + UInt64(count) * pageSize
  }

  /// True if all pages of a range are present, and the kernel need not ask anybody for them.
  ///
  /// False also if the page map cannot be read. See `proc_pid_pagemap(5)`.
  private func isPresent(_ address: UInt64, _ count: Int) -> Bool {
    guard count > 0 else { return false }
    let first = address / pageSize, last = (address + UInt64(count) - 1) / pageSize
    let size = Int(last - first + 1) * 8, number = pages.number
    let entries = unsafe try? [UInt8](atMost: size) { unsafe clinux_read_at(number, $0, $1, first * 8) }
    guard let entries, entries.count == size else { return false }
    return stride(from: 0, to: size, by: 8).allSatisfy {
      PageMapEntry(entries.integer(UInt64.self, at: $0)).isAccessible
    }
  }
}

/// An entry of `/proc/PID/pagemap`; see `Documentation/admin-guide/mm/pagemap.rst`.
struct PageMapEntry {
  private let bits: UInt64

  init(_ bits: UInt64) { self.bits = bits }

  /// True if the page is present, and the kernel need not ask a userfaultfd(2) before a write.
  var isAccessible: Bool {
    let present: UInt64 = 1 << 63, writeProtected: UInt64 = 1 << 57
    return bits & (present | writeProtected) == present
  }
}

extension Errno {
  /// True if the kernel refused the call itself, and not the address that the call was given.
  fileprivate var isRefusal: Bool { self == .notPermitted || self == .notImplemented }
}
