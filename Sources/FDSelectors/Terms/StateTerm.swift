import FDCore

/// `state:STATE,...`: the socket is in one of these states, such as `established` or `listen`.
final class StateTerm: ValueTerm {
  /// The meaning of a word of the value.
  enum Meaning: Hashable, Sendable {
    case state(Socket.State)
    /// The other end of a Unix-domain socket was closed or shut down.
    case hungUp
  }

  private let states: WordList<Meaning>

  /// The names that `ss(8)` prints, then other names for these states, from `ss(8)` filters and `lsof(8)`.
  private static let vocabulary: WordList<Meaning>.Vocabulary =
    ([
      ("established", .established), ("syn-sent", .synSent), ("syn-recv", .synReceived),
      ("fin-wait-1", .finWait1), ("fin-wait-2", .finWait2), ("time-wait", .timeWait), ("closed", .close),
      ("close-wait", .closeWait), ("last-ack", .lastAck), ("listen", .listen), ("closing", .closing),
      ("listening", .listen), ("unconnected", .close), ("close", .close), ("fin-wait1", .finWait1),
      ("fin-wait2", .finWait2), ("estab", .established), ("unconn", .close),
    ] as [(String, Socket.State)]).map { ($0, .state($1)) } + [("hung-up", .hungUp)]

  static var words: [String] { vocabulary.map { $0.word } }

  init(_ value: Value) throws(SelectorError) {
    states = try WordList(value, Self.vocabulary, kind: "a state")
  }

  private init(_ words: [String]) {
    states = WordList(words, of: Self.vocabulary)
  }

  /// States in which the peer has closed the connection, for a state that sounds like it.
  var nearMisses: [NearMiss] {
    if states.meanings == [.state(.timeWait)] {
      let reason = "no descriptor is ever in time-wait, because such a socket belongs to no process any more"
      return [NearMiss(self, reason, isSure: true)]
    }
    let ended: [Meaning] = [.state(.close), .state(.closeWait), .hungUp]
    let isMeant = states.meanings.contains(where: ended.contains)
    let others = ["close-wait", "hung-up"].filter { !states.words.contains($0) }
    guard isMeant, !others.isEmpty else { return [] }
    let reason = "\(states) is another state than that of a connection that only the peer has closed"
    return [NearMiss(StateTerm(others), reason)]
  }

  var name: String { "state" }
  var factName: String { "its state" }
  var description: String { "state:\(states)" }
  var namesListeners: Bool { states.meanings.contains(.state(.listen)) }

  /// The facts of the socket; for some words, also the table of Unix-domain sockets.
  ///
  /// The table is read only for the words that the socket itself does not decide.
  ///
  /// If only some types of sockets have the states, the protocol rules out most sockets.
  var facts: FactSet {
    if isInTable || states.meanings.contains(.hungUp) { return [.sockets, .unixSockets] }
    return domain == .sockets ? .sockets : [.socketType, .sockets]
  }

  /// Whether the term names one of the two states that a bound datagram socket of the Unix domain can have.
  ///
  /// The socket itself does not reveal its state; see `SocketInquiry`.
  private var isInTable: Bool {
    [.state(.established), .state(.close)].contains(where: states.meanings.contains)
  }

  /// All sockets, or fewer types if the term names only states that the other types do not have.
  ///
  /// Sockets of most types are established, closed or listening; see `Socket.State`.
  var domain: TypeSet {
    let isCommon = states.meanings.contains {
      [.state(.established), .state(.close), .state(.listen)].contains($0)
    }
    if isCommon { return .sockets }
    let stateful: TypeSet = [TypeSet(.tcp), TypeSet(.mptcp), TypeSet(.sctp), TypeSet(.dccp)]
    guard states.meanings.contains(.hungUp) else { return stateful }
    return states.meanings.count == 1 ? TypeSet(.unix) : stateful.union(TypeSet(.unix))
  }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    if descriptor.possibleTypes.isDisjoint(with: domain) { return .known(false) }
    guard case .known(let socket?) = descriptor.socket else { return descriptor.socket.map { _ in false } }
    guard case .unix = socket.local else {
      return socket.state.map { .known(contains($0)) } ?? .unreadable(.notConnected)
    }
    let byState = socket.state.map { .known(contains($0)) } ?? state(ofUnix: descriptor)
    guard states.meanings.contains(.hungUp) else { return byState }
    return byState.or(descriptor.unixSocket.map { $0?.isHungUp ?? false })
  }

  /// Decides by the state that the table of Unix-domain sockets shows, if that can be a named state.
  private func state(ofUnix descriptor: Descriptor) -> Fact<Bool> {
    if !isInTable { return .known(false) }
    guard case .known(let socket?) = descriptor.unixSocket else {
      return descriptor.unixSocket.map { _ in false }
    }
    return socket.state.map { .known(contains($0)) } ?? .unreadable(.notConnected)
  }

  /// Whether the term names a state; the kernel has two numbers for SYN_RECV, see `include/net/tcp_states.h`.
  private func contains(_ state: Socket.State) -> Bool {
    states.meanings.contains(.state(state == .newSynReceived ? .synReceived : state))
  }
}
