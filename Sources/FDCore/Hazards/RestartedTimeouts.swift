import CLinux

/// The calls with a timeout that begin again, with their whole timeout, after a stop.
///
/// The kernel ends such a call with EINTR at a stop, and keeps no deadline. So the session begins it again.
/// See `signal(7)`, "Interruption of system calls by stop signals".
package struct RestartedTimeouts {
  /// The calls, and the number of threads that are blocked in each.
  package private(set) var calls: [(name: String, threads: Int)] = []
  /// Whether there are more threads than were looked at.
  package private(set) var isPartial = false

  /// At most this many threads are looked at.
  private static let most = 64

  /// The place of a call's timeout.
  private enum Place {
    /// The argument is a number of milliseconds, which is negative for no timeout.
    case milliseconds(Int)
    /// The argument points to the timeout; a null pointer means no timeout.
    case pointer(Int)
    /// The socket in the first argument has it; see SO_RCVTIMEO in `socket(7)`.
    case receiving
    /// The socket in the first argument has it; see SO_SNDTIMEO in `socket(7)`.
    case sending
  }

  /// Looks at the calls in which threads of a process are blocked now.
  ///
  /// A call counts only if its timeout is verified. A thread that cannot be read is in no such call.
  package init(in target: TargetProcess) {
    guard let threads = try? target.directory.threads().tids else { return }
    isPartial = threads.count > Self.most
    let inquiry = (try? target.descriptors())?.inquiry
    for tid in threads.prefix(Self.most) {
      guard let call = target.directory.waitingCall(ofThread: tid), let known = Self.table[call.number],
        Self.hasTimeout(call, known.place, inquiry)
      else { continue }
      if let index = calls.firstIndex(where: { $0.name == known.name }) {
        calls[index].threads += 1
      } else {
        calls.append((known.name, 1))
      }
    }
  }

  private static func hasTimeout(_ call: WaitingCall, _ place: Place, _ inquiry: SocketInquiry?) -> Bool {
    switch place {
    case .milliseconds(let index): return Int32(truncatingIfNeeded: call.arguments[index]) > 0
    case .pointer(let index): return call.arguments[index] != 0
    case .receiving, .sending:
      let isSending = if case .sending = place { true } else { false }
      let number = UInt32(truncatingIfNeeded: call.arguments[0])
      return (try? inquiry?.hasTimeout(number, whenSending: isSending)) == true
    }
  }

  #if arch(x86_64)
    /// The numbers are from `arch/x86/entry/syscalls/syscall_64.tbl`.
    private static let table: [Int: (name: String, place: Place)] = [
      232: ("epoll_wait(2)", .milliseconds(3)), 281: ("epoll_pwait(2)", .milliseconds(3)),
      441: ("epoll_pwait2(2)", .pointer(3)), 128: ("sigtimedwait(2)", .pointer(2)),
      220: ("semtimedop(2)", .pointer(3)), 208: ("io_getevents(2)", .pointer(4)),
      0: ("read(2)", .receiving), 19: ("readv(2)", .receiving), 43: ("accept(2)", .receiving),
      288: ("accept4(2)", .receiving), 45: ("recvfrom(2)", .receiving), 47: ("recvmsg(2)", .receiving),
      299: ("recvmmsg(2)", .receiving), 44: ("sendto(2)", .sending), 46: ("sendmsg(2)", .sending),
      307: ("sendmmsg(2)", .sending),
    ]
  #else
    /// The numbers are from `include/uapi/asm-generic/unistd.h`.
    private static let table: [Int: (name: String, place: Place)] = [
      22: ("epoll_pwait(2)", .milliseconds(3)), 441: ("epoll_pwait2(2)", .pointer(3)),
      137: ("sigtimedwait(2)", .pointer(2)), 192: ("semtimedop(2)", .pointer(3)),
      4: ("io_getevents(2)", .pointer(4)), 63: ("read(2)", .receiving), 65: ("readv(2)", .receiving),
      202: ("accept(2)", .receiving), 242: ("accept4(2)", .receiving), 207: ("recvfrom(2)", .receiving),
      212: ("recvmsg(2)", .receiving), 243: ("recvmmsg(2)", .receiving), 206: ("sendto(2)", .sending),
      211: ("sendmsg(2)", .sending), 269: ("sendmmsg(2)", .sending),
    ]
  #endif
}
