extension [UInt8] {
  /// The bytes that a system call writes to a new buffer.
  ///
  /// Only the bytes written become part of the array. The rest of the buffer is never touched, so the kernel
  /// need not allocate pages for it.
  ///
  /// - Parameters:
  ///   - capacity: the size of the buffer, in bytes.
  ///   - call: returns the number of bytes that it wrote, or `-errno`, which is thrown.
  init(
    atMost capacity: Int, _ call: (_ buffer: UnsafeMutablePointer<UInt8>?, _ capacity: Int) -> Int
  ) throws(Errno) {
    var answer = 0
    self = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      answer = unsafe call(buffer.baseAddress, capacity)
      count = Swift.max(answer, 0)
    }
    try checked(answer)
  }
}
