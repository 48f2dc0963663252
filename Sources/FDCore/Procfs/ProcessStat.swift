import CLinux

/// The fields of `/proc/PID/stat` that identify a process or thread; see `proc_pid_stat(5)`.
///
/// The kernel makes this file in less time than `/proc/PID/status`, and any user may read these fields.
package struct ProcessStat: Sendable {
  /// The command name.
  package let name: ByteString
  /// The first letter of the state: `R`, `S`, `D`, `T`, `t`, `Z`, `X`, `I`.
  let state: Unicode.Scalar
  /// The process ID of the parent.
  let parent: Int32
  /// The time of the start, in clock ticks since boot.
  ///
  /// Together with the ID it identifies the process.
  let startTime: UInt64
  /// The start of the program's code and of its stack.
  ///
  /// `execve(2)` places both anew, and clone(2) keeps them. Without the right to read them they are 1 and 0.
  let image: Image
  /// Whether the task is the leader of its process.
  let isLeader: Bool
  private let flags: UInt32

  /// The addresses of a program and of its stack.
  struct Image: Hashable {
    let code: UInt64
    let stack: UInt64
  }

  /// Parses the text of the file; nil if it has another form.
  ///
  ///     4242 (sleep) S 4241 4242 4241 34816 4242 4194304 ...
  init?(_ text: [UInt8]) {
    // The command's name is in parentheses, and may contain parentheses itself. The fields follow the last
    // closing parenthesis.
    guard let begin = text.firstIndex(of: UInt8(ascii: "(")),
      let end = text.lastIndex(of: UInt8(ascii: ")")), begin < end
    else { return nil }
    name = ByteString(Array(text[begin + 1..<end]))
    var fields = TextScanner(text, in: end + 1..<text.count)
    fields.skipBlanks()
    state = fields.next.map { Unicode.Scalar($0) } ?? "?"
    fields.skipFields(1)
    guard let parent = fields.decimal(Int32.self) else { return nil }
    fields.skipFields(4)  // pgrp, session, tty_nr, tpgid
    guard let flags = fields.decimal(UInt32.self) else { return nil }
    fields.skipFields(12)  // minflt to itrealvalue
    guard let startTime = fields.decimal(UInt64.self) else { return nil }
    fields.skipFields(3)  // vsize, rss, rsslim
    guard let code = fields.decimal(UInt64.self) else { return nil }
    fields.skipFields(1)  // endcode
    guard let stack = fields.decimal(UInt64.self) else { return nil }
    image = Image(code: code, stack: stack)
    fields.skipFields(9)  // kstkesp to cnswap
    // The exit signal of a thread that is no leader is -1; see thread_group_leader in
    // include/linux/sched/signal.h.
    isLeader = fields.next != UInt8(ascii: "-")
    (self.parent, self.flags, self.startTime) = (parent, flags, startTime)
  }

  /// Whether the process or thread has not exited.
  var isAlive: Bool { state != "Z" && state != "X" }

  /// Whether this is a kernel thread.
  var isKernelThread: Bool { flags & 0x0020_0000 != 0 }  // PF_KTHREAD, include/linux/sched.h

  /// Whether the process has called `execve(2)` since clone(2) made it.
  var hasExecuted: Bool { flags & 0x40 == 0 }  // PF_FORKNOEXEC, include/linux/sched.h

  /// Whether this is a thread that the kernel made for io_uring(7).
  var isRingWorker: Bool { flags & 0x10 != 0 }  // PF_IO_WORKER, include/linux/sched.h

  /// Whether the task runs code of the program.
  ///
  /// The kernel makes threads of its own in a process, for io_uring and vhost. They never return to user
  /// mode.
  var isUserMade: Bool { !isRingWorker && flags & Self.userWorker == 0 }

  /// `PF_USER_WORKER` since Linux 6.4; the bit had another meaning before.
  private static let userWorker: UInt32 = clinux_kernel_version() >= 6 << 16 | 4 ? 0x4000 : 0
}
