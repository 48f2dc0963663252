import FDCore

/// `tty:PATH`: the descriptor is open on this terminal, or is the master of this pseudoterminal.
final class TerminalTerm: ValueTerm {
  private let path: ByteString
  /// The terminal; not read before `located(in:at:)` has found it.
  private let terminal: Fact<Terminal>

  init(_ value: Value) {
    (path, terminal) = (ByteString(value.bytes), .notRead)
  }

  private init(_ path: ByteString, _ terminal: Fact<Terminal>) {
    (self.path, self.terminal) = (path, terminal)
  }

  var name: String { "tty" }
  var factName: String { "its terminal" }
  var facts: FactSet { [.status, .target, .info] }
  var domain: TypeSet { TypeSet(.characterDevice) }
  var description: String { "tty:" + quoted(path.bytes) }

  func located(
    in namespace: MountNamespace, at snippet: Snippet
  ) throws(SelectorError) -> any Term {
    if let error = namespace.obstacle { return TerminalTerm(path, .unreadable(error)) }
    return TerminalTerm(
      path,
      .known(
        try mapError({ SelectorError(snippet, .unknownTerminal($0)) }) {
          () throws(MountNamespace.Failure) in try namespace.terminal(at: path)
        }))
  }

  /// Decides whether the descriptor is one of the two ends of the terminal.
  ///
  /// The term is false for every descriptor before `located(in:at:)`.
  func evaluate(_ descriptor: Descriptor) -> Fact<Bool> {
    guard case .known(let status) = descriptor.status else { return descriptor.status.map { _ in false } }
    guard status.type == .characterDevice else { return .known(false) }
    guard let terminal = terminal.value else {
      return terminal.isUnknown ? terminal.map { _ in false } : .known(false)
    }
    if terminal.isEnd(status) { return .known(true) }
    // These two nodes stand for another terminal, which the kernel does not report.
    if status.isStandIn { return .unreadable(.notSupported) }
    guard status.isMaster else { return .known(false) }
    guard case .known(let path) = descriptor.target else { return descriptor.target.map { _ in false } }
    guard case .known(let info) = descriptor.info else { return descriptor.info.map { _ in false } }
    guard let index = info.terminal else { return .unreadable(.notSupported) }
    return terminal.isMaster(status, index, path: path).map { .known($0) } ?? .unreadable(.notSupported)
  }
}
