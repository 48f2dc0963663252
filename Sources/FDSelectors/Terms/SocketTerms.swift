import FDCore

/// `peer:END,...` and `local:END,...`: one of the two ends of a socket.
final class EndTerm: Term {
  enum Side: String, Sendable {
    case peer, local
  }

  private let side: Side
  private let patterns: [EndPattern]
  /// Of all patterns together; asked for with each descriptor.
  let domain: TypeSet
  let facts: FactSet

  convenience init(_ side: Side, _ value: Value) throws(SelectorError) {
    self.init(side, try EndPattern.list(value))
    for case .socket(let inode) in patterns.map({ $0.pattern }) where side == .local {
      throw SelectorError(value.snippet, .localSocket(inode))
    }
  }

  private init(_ side: Side, _ patterns: [EndPattern]) {
    (self.side, self.patterns) = (side, patterns)
    domain = patterns.reduce(into: []) { $0.formUnion($1.domain) }
    facts = patterns.reduce(into: []) { $0.formUnion($1.pattern.isSocket ? .unixSockets : .sockets) }
  }

  var name: String { side.rawValue }
  var subject: String { side == .peer ? "its remote end" : "its own end" }
  var description: String { "\(side.rawValue):" + patterns.map { $0.description }.joined(separator: ",") }

  func resolved(at snippet: Snippet) throws(SelectorError) -> any Term {
    var resolved: [EndPattern] = []
    for pattern in patterns { resolved.append(try pattern.resolved(at: snippet)) }
    return EndTerm(side, resolved)
  }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    if descriptor.possibleTypes.isDisjoint(with: domain) { return .known(false) }
    let byInode = descriptor.unixSocket.map { socket in
      patterns.contains { $0.pattern.isSocket(socket?.peer) }
    }
    let byAddress = address(of: descriptor)
    guard facts.contains(.sockets) else { return byInode }
    return facts.contains(.unixSockets) ? byAddress.or(byInode) : byAddress
  }
}

extension EndTerm {
  private func address(of descriptor: Descriptor) -> Fact<Bool> {
    // It is in no other family that connect(2) takes its time and the kernel does not tell.
    let isInternet = !domain.isDisjoint(with: .internet)
    if case .known(let socket?) = descriptor.socket, side == .peer, isInternet, socket.isPeerUnknown {
      return .unreadable(.notConnected)
    }
    return descriptor.socket.map { socket in
      let end = side == .peer ? socket?.peer : socket?.local
      return end.map { end in patterns.contains { $0.matches(end) } } ?? false
    }
  }
}

/// `state:STATE,...`: the state of a connection, or that a socket listens.
final class StateTerm: ValueTerm {
  private let states: WordList<Socket.State>

  /// By the names of `ss(8)`, and those by which its filters and `lsof(8)` know the same.
  private static let vocabulary: WordList<Socket.State>.Vocabulary = [
    ("established", .established), ("syn-sent", .synSent), ("syn-recv", .synReceived),
    ("fin-wait-1", .finWait1), ("fin-wait-2", .finWait2), ("time-wait", .timeWait), ("closed", .close),
    ("close-wait", .closeWait), ("last-ack", .lastAck), ("listen", .listen), ("closing", .closing),
    ("listening", .listen), ("unconnected", .close), ("close", .close), ("fin-wait1", .finWait1),
    ("fin-wait2", .finWait2), ("estab", .established), ("unconn", .close),
  ]

  static var words: [String] { vocabulary.map { $0.word } }

  init(_ value: Value) throws(SelectorError) {
    states = try WordList(value, Self.vocabulary, kind: "a state")
  }

  var name: String { "state" }
  var subject: String { "its state" }
  var facts: FactSet { .sockets }
  var description: String { "state:\(states)" }

  /// Only TCP has more states than three.
  var domain: TypeSet {
    let isCommon = states.meanings.contains { [.established, .close, .listen].contains($0) }
    return isCommon ? .sockets : [TypeSet(.tcp), TypeSet(.mptcp), TypeSet(.sctp), TypeSet(.dccp)]
  }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    if descriptor.possibleTypes.isDisjoint(with: domain) { return .known(false) }
    return descriptor.socket.map { socket in
      // One that the kernel has two numbers for, see `include/net/tcp_states.h`.
      let state = socket?.state == .newSynReceived ? .synReceived : socket?.state
      return state.map(states.meanings.contains) ?? false
    }
  }
}

/// `owner:PID,...`: the process at the other end of a Unix-domain socket, a pipe or a FIFO.
final class OwnerTerm: ValueTerm {
  private let pids: [Int32]
  private let held: [OpenEndpoints]

  init(_ value: Value) throws(SelectorError) {
    (pids, held) = (try value.numbers(Int32.self, "a process ID"), [])
  }

  private init(_ pids: [Int32], _ held: [OpenEndpoints]) {
    (self.pids, self.held) = (pids, held)
  }

  var name: String { "owner" }
  var subject: String { "its other end" }
  var facts: FactSet { [.info, .unixSockets] }
  var domain: TypeSet { [TypeSet(.unix), TypeSet(.fifo)] }
  var description: String { "owner:" + pids.map(String.init).joined(separator: ",") }

  /// Reads what the processes hold, once.
  func resolved(at snippet: Snippet) throws(SelectorError) -> any Term {
    var held: [OpenEndpoints] = []
    for pid in pids {
      do {
        held.append(try OpenEndpoints(of: pid))
      } catch {
        throw SelectorError(snippet, .unknownOwner(pid, reason: error))
      }
    }
    return OwnerTerm(pids, held)
  }

  /// Before `resolved(at:)`, they hold nothing.
  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    guard case .known(let status) = descriptor.status else { return descriptor.status.map { _ in false } }
    if descriptor.possibleTypes.isDisjoint(with: domain) { return .known(false) }
    guard status.type == .fifo else {
      return descriptor.unixSocket.map { socket in
        socket?.peer.map { peer in held.contains { $0.containsSocket(peer) } } ?? false
      }
    }
    guard held.contains(where: { $0.containsPipe(status.identity) }) else { return .known(false) }
    return descriptor.info.map { info in
      held.contains { $0.containsPipe(status.identity, oppositeOf: info.accessMode) }
    }
  }
}
