extension [UInt8] {
  /// What a call puts into memory that is made for its answer.
  ///
  /// Memory beyond the answer is not touched: its pages would have to be made first.
  ///
  /// - Parameters:
  ///   - capacity: the most that it can answer, in bytes.
  ///   - call: answers how many bytes it has put there, or `-errno`, which is thrown.
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
