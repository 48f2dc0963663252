import FDCore

/// `peer:END,...` and `local:END,...`: the remote or the local end of the socket matches a pattern.
final class EndTerm: Term {
  enum Side: String, Sendable {
    case peer, local
  }

  private let side: Side
  private let patterns: [EndPattern]
  /// The descriptor types that at least one pattern can match.
  ///
  /// The value is stored, because every evaluation uses it.
  let domain: TypeSet
  /// The facts that at least one pattern needs.
  ///
  /// The value is stored, because every evaluation uses it.
  let facts: FactSet

  /// Parses a list of patterns.
  ///
  /// Throws `inodeOfLocalEnd` for `local:socket:[INODE]`, and the errors of `EndPattern.list(_:)`.
  convenience init(_ side: Side, _ value: Value) throws(SelectorError) {
    self.init(side, try EndPattern.list(value))
    for case .inode(let inode) in patterns.map({ $0.pattern }) where side == .local {
      throw SelectorError(value.snippet, .inodeOfLocalEnd(inode))
    }
  }

  private init(_ side: Side, _ patterns: [EndPattern]) {
    (self.side, self.patterns) = (side, patterns)
    domain = patterns.reduce(into: []) { $0.formUnion($1.domain) }
    facts = patterns.reduce(into: []) { $0.formUnion($1.pattern.isInode ? .unixSockets : .sockets) }
  }

  var name: String { side.rawValue }
  var factName: String { side == .peer ? "its remote end" : "its own end" }
  var description: String { "\(side.rawValue):" + patterns.map { $0.description }.joined(separator: ",") }
  var hasHostWithoutPort: Bool { patterns.contains { $0.isHostWithoutPort } }

  /// The same patterns for the other end, and an IPv6 address that was meant to have a port.
  var nearMisses: [NearMiss] {
    var misses: [NearMiss] = []
    if !patterns.contains(where: { $0.pattern.isInode }) {
      let reason = side == .peer ? "peer is the remote end of a socket" : "local is its own end of a socket"
      let other = EndTerm(side == .peer ? .local : .peer, patterns)
      misses.append(NearMiss(other, reason, isOwnEnd: side == .peer))
    }
    for (index, pattern) in patterns.enumerated() {
      if case .unix(let glob) = pattern.pattern {
        for (other, reason) in glob.nearMisses {
          let changed = patterns[..<index] + [EndPattern(unix: other)]
          for side in [side, side == .peer ? .local : .peer] {
            misses.append(NearMiss(EndTerm(side, Array(changed)), reason))
          }
        }
      }
      if let (other, reason) = pattern.atAnyAddress(isOwn: side == .local) {
        var changed = patterns
        changed[index] = other
        misses.append(NearMiss(EndTerm(side, changed), reason))
      }
      if ["0.0.0.0", "::"].contains(pattern.description) {
        let reason = "\(pattern) was read as one address; for every host write \(pattern)/0"
        misses.append(NearMiss(self, reason, isSure: true))
      }
      for address in ["0.0.0.0:", "[::]:"] where side == .peer && pattern.description.hasPrefix(address) {
        let port = pattern.description.dropFirst(address.count)
        let reason = "\(address.dropLast()) is one address; for port \(port) of every host write :\(port)"
        misses.append(NearMiss(self, reason, isSure: true))
      }
      if let network = Guess.network(pattern.description) {
        let reason = "\(pattern) was read as one address; for all of its hosts write \(network)"
        misses.append(NearMiss(self, reason, isSure: true))
      }
      guard let (ported, port) = pattern.withPortInBrackets else { continue }
      var changed = patterns
      changed[index] = ported
      let reason = "\(pattern) was read as an address without a port; for port \(port) write \(ported)"
      misses.append(NearMiss(EndTerm(side, changed), reason, isSure: true))
    }
    return misses
  }

  /// The terms for the two ends of Unix-domain sockets with a name.
  static func unixEnds(_ name: Glob) -> [EndTerm] {
    let pattern = EndPattern(unix: name)
    return [EndTerm(.local, [pattern]), EndTerm(.peer, [pattern])]
  }

  func resolved(at snippet: Snippet) throws(SelectorError) -> any Term {
    var resolved: [EndPattern] = []
    for pattern in patterns { resolved.append(try pattern.resolved(at: snippet)) }
    return EndTerm(side, resolved)
  }

  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    if descriptor.possibleTypes.isDisjoint(with: domain) { return .known(false) }
    let byInode: Fact<Bool>
    if side == .peer, case .known(let socket?) = descriptor.unixSocket, socket.isPeerUnknown {
      byInode = .unreadable(.noSuchFile)
    } else {
      byInode = descriptor.unixSocket.map { socket in
        patterns.contains { $0.pattern.matches(inode: socket?.peer) }
      }
    }
    let byAddress = matchesAddress(of: descriptor)
    guard facts.contains(.sockets) else { return byInode }
    return facts.contains(.unixSockets) ? byAddress.or(byInode) : byAddress
  }
}

extension EndTerm {
  /// Compares the patterns with the addresses of the socket, but not with the inode number of its peer.
  private func matchesAddress(of descriptor: Descriptor) -> Fact<Bool> {
    // While a connect(2) is in progress, the kernel may not report the address of the peer. This happens only
    // for Internet sockets.
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

/// `owner:PID,...`: one of these processes holds the other end of the pipe, the FIFO, the Unix-domain socket
/// or the TCP connection.
final class OwnerTerm: ValueTerm {
  private let pids: [Int32]
  /// The sockets and pipes that each process holds; empty before `resolved(at:)` has read them.
  private let held: [OpenEndpoints]

  init(_ value: Value) throws(SelectorError) {
    (pids, held) = (try value.numbers(Int32.self, kind: "a process ID"), [])
  }

  private init(_ pids: [Int32], _ held: [OpenEndpoints]) {
    (self.pids, self.held) = (pids, held)
  }

  var name: String { "owner" }
  var factName: String { "its other end" }
  var facts: FactSet { [.info, .unixSockets, .mirrors] }
  var domain: TypeSet { [TypeSet(.unix), TypeSet(.fifo), TypeSet(.tcp), TypeSet(.mptcp)] }
  var description: String { "owner:" + pids.map(String.init).joined(separator: ",") }

  /// Reads the sockets and pipes that the processes hold, once.
  ///
  /// Throws `unknownOwner` if a process does not exist, or if rangeclose cannot read its descriptors.
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

  /// Decides whether one of the processes holds the peer of the socket, or the opposite end of the pipe.
  ///
  /// Before `resolved(at:)` has run, the term is false for every descriptor.
  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    guard case .known(let status) = descriptor.status else { return descriptor.status.map { _ in false } }
    if descriptor.possibleTypes.isDisjoint(with: domain) { return .known(false) }
    if status.type == .fifo { return ownsPipe(status, descriptor) }
    guard case .known(let type) = descriptor.type else { return descriptor.type.map { _ in false } }
    let otherEnd = type == .unix ? descriptor.unixEnd : descriptor.mirror
    guard case .known(let end) = otherEnd else { return otherEnd.map { _ in false } }
    guard let end else { return .known(false) }
    return isHeld { $0.containsSocket(end) }
  }

  /// Whether one of the processes holds the opposite end of a pipe or FIFO.
  private func ownsPipe(_ status: FileStatus, _ descriptor: Descriptor) -> Fact<Bool> {
    let isPipeHeld = isHeld { $0.containsPipe(status.identity) }
    guard isPipeHeld.value != false, case .known(let info) = descriptor.info else {
      return isPipeHeld.value == false ? .known(false) : descriptor.info.map { _ in false }
    }
    return isHeld { $0.containsPipe(status.identity, oppositeOf: info.accessMode) }
  }

  /// Whether one of the processes holds something; unreadable if no process is known to hold it, but one may.
  private func isHeld(_ isHeldBy: (OpenEndpoints) -> Fact<Bool>) -> Fact<Bool> {
    held.reduce(Fact<Bool>.known(false)) { $0.or(isHeldBy($1)) }
  }
}

extension Descriptor {
  /// The inode number of the socket that a Unix-domain socket is connected to.
  ///
  /// A connection that was not accepted yet belongs to the processes that have the listening socket.
  fileprivate var unixEnd: Fact<UInt64?> {
    if case .known(let socket?) = unixSocket, socket.isPeerUnknown { return .unreadable(.noSuchFile) }
    return unixSocket.map { $0?.peer ?? $0?.listener }
  }
}
