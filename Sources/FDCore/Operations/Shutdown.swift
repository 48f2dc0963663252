import CLinux

/// The operation that shuts sockets down.
extension Operation {
  /// The half of a connection that `shutdown(2)` ends; the raw values are the words of `--shutdown`.
  package enum Half: String, CaseIterable, Sendable {
    /// SHUT_RD: reads return end-of-file. The peer learns nothing.
    case read
    /// SHUT_WR: the peer reads end-of-file, and writes fail with EPIPE.
    case write
    /// SHUT_RDWR.
    case both

    /// The second argument of the call.
    fileprivate var argument: Int32 {
      switch self {
      case .read: Int32(SHUT_RD)
      case .write: Int32(SHUT_WR)
      case .both: Int32(SHUT_RDWR)
      }
    }
  }

  /// Shuts down connections, and wakes whatever waits for them.
  ///
  /// The numbers stay open. The corresponding system call is `shutdown(2)`.
  package static func shutdown(_ half: Half) -> Operation {
    Operation(
      types: .sockets,
      mechanisms: [SingleCall(.shuttingDown(half))],
      onFile: SocketShutdown(half),
      freesNumbers: false,
      words: Words(
        does: "shuts down", doing: "shutting down", done: "shut down",
        doneAs: half == .both ? "" : " for \(half == .read ? "reading" : "writing")",
        failed: "not shut down", doneWithError: "shut down", subject: "socket"))
  }
}

/// `shutdown(2)` on a duplicate.
private final class SocketShutdown: SocketOperation {
  private let half: Operation.Half

  let call = "shutdown(2)"
  var breaksPipes: Bool { half != .read }

  init(_ half: Operation.Half) {
    self.half = half
  }

  func obstacle(to descriptor: Descriptor) -> Remark? { nil }

  func outcome(
    on duplicate: borrowing OwnedDescriptor, _ descriptor: Descriptor, listens: Bool
  ) -> Outcome {
    let error = Errno(answer: clinux_shut_down(duplicate.number, half.argument))
    let isInternet = TypeSet.internet.isSuperset(of: descriptor.possibleTypes)
    return Outcome(ofShutdown: error, isInternet: isInternet)
  }
}

extension SingleCall.Kind {
  fileprivate static func shuttingDown(_ half: Operation.Half) -> SingleCall.Kind {
    SingleCall.Kind(
      call: "shutdown(2)",
      systemCall: { numbers, descriptor in
        SystemCall(numbers.shutdown, UInt64(descriptor), UInt64(half.argument))
      },
      outcome: { error, _ in Outcome(ofShutdown: error, isInternet: false) })
  }
}

extension Outcome {
  /// The outcome for an error of `shutdown(2)`; nil for success.
  ///
  /// A socket of the Internet family that is not connected answers ENOTCONN, and is shut down all the same;
  /// see `inet_shutdown` in `net/ipv4/af_inet.c`.
  fileprivate init(ofShutdown error: Errno?, isInternet: Bool) {
    self =
      switch error {
      case nil: .done
      case .notConnected: isInternet ? .doneNoting(.wasNotConnected) : .unserved(.isNotConnected)
      case .notSupported: .unserved(.hasNoShutdown)
      case .some(let error): .failed(error)
      }
  }
}
