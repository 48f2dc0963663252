/// The system call that a thread is blocked in; see `proc_pid_syscall(5)`.
struct WaitingCall {
  /// The number of the call, in the table of 64-bit programs.
  let number: Int
  /// The six arguments, of which the call may use fewer.
  let arguments: [UInt64]
  /// The stack pointer.
  let stackPointer: UInt64
  /// The address of the instruction after the call.
  let programCounter: UInt64

  /// Parses `/proc/PID/task/TID/syscall`; nil if the thread runs, or is in no call, or is one of a 32-bit
  /// program.
  ///
  /// The file has the number, the arguments, the stack pointer and the program counter:
  ///
  ///     232 0x4 0x7ffc1c0a4d40 0x3 0x1388 0x0 0x0 0x7ffc1c0a4d08 0x7f1f4b1f6e2a
  ///
  /// It does not say which table the number belongs to. The stack of a 32-bit program lies below 4 GiB, and
  /// that of a 64-bit program hardly ever.
  init?(_ text: [UInt8]) {
    var line = TextScanner(text)
    guard let number = line.decimal(Int.self) else { return nil }
    var words: [UInt64] = []
    while words.count < 8 {
      line.skipBlanks()
      guard line.skip(text: "0x"), let word = line.hexadecimal(UInt64.self) else { return nil }
      words.append(word)
    }
    guard words[6] >> 32 != 0 else { return nil }
    (self.number, arguments) = (number, Array(words.prefix(6)))
    (stackPointer, programCounter) = (words[6], words[7])
  }
}

extension ProcessDirectory {
  /// The call that a thread is blocked in; nil if there is none, or if rangeclose cannot read it.
  ///
  /// The kernel shows it only with the right to attach.
  func waitingCall(ofThread tid: Int32) -> WaitingCall? {
    (try? content(of: "task/\(tid)/syscall")).flatMap { WaitingCall($0) }
  }
}
