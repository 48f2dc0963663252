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
    if capacity <= Self.mostOnStack {
      self = unsafe try Self.copied(atMost: capacity, call)
      return
    }
    var answer = 0
    self = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      answer = unsafe call(buffer.baseAddress, capacity)
      count = Swift.max(answer, 0)
    }
    try checked(answer)
  }

  /// The size of the largest buffer on the stack, in bytes.
  private static var mostOnStack: Int { 4096 }

  /// The bytes that a system call writes to a buffer on the stack, in an array of just their size.
  ///
  /// An array keeps its capacity. A page for each name of a mapping would cost a page fault each.
  @inline(never)
  private static func copied(
    atMost capacity: Int, _ call: (_ buffer: UnsafeMutablePointer<UInt8>?, _ capacity: Int) -> Int
  ) throws(Errno) -> [UInt8] {
    var bytes = InlineArray<4096, UInt8>(repeating: 0)
    var span = bytes.mutableSpan
    return unsafe try span.withUnsafeMutableBufferPointer { buffer throws(Errno) in
      let count = try checked(unsafe call(buffer.baseAddress, capacity))
      return unsafe [UInt8](buffer[..<Int(count)])
    }
  }
}
