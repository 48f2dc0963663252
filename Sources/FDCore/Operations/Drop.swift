import CLinux

/// The operation that drops connections.
extension Operation {
  /// Ends connections at once, with a reset to the peer, as `tcpdrop(8)` does.
  ///
  /// The numbers stay open. The kernel destroys the connection on request, see SOCK_DESTROY in
  /// `sock_diag(7)`. If it refuses that, rangeclose uses `connect(2)` with AF_UNSPEC.
  package static let drop = Operation(
    types: .sockets, mechanisms: [], onFile: ConnectionDrop(), freesNumbers: false,
    words: Words(
      does: "drops", doing: "dropping", done: "dropped", doneAs: "",
      failed: "still connected; try --shutdown", doneWithError: "dropped", subject: "socket"))
}

private final class ConnectionDrop: SocketOperation {
  let call = "SOCK_DESTROY or connect(2)"
  let breaksPipes = true

  func obstacle(to descriptor: Descriptor) -> Remark? {
    guard case .known(let type) = descriptor.type else { return .hasUnknownType }
    return [.tcp, .mptcp, .udp, .udplite].contains(type) ? nil : .cannotBeDropped
  }

  func refusal(of descriptor: Descriptor, in thread: Int32, _ surroundings: Surroundings) -> Remark? {
    if let obstacle = obstacle(to: descriptor) { return obstacle }
    guard case .known(let socket?) = descriptor.socket, socket.state == .close else { return nil }
    return .isNotConnected
  }

  func outcome(
    on duplicate: borrowing OwnedDescriptor, _ descriptor: Descriptor, listens: Bool
  ) -> Outcome {
    guard case .known(let type) = descriptor.type else { return .unserved(.hasUnknownType) }
    if !listens, !isConnected(duplicate, type) { return .unserved(.isNotConnected) }
    do throws(Errno) {
      try drop(duplicate, type)
      return isConnected(duplicate, type) ? .failed(.busy) : .done
    } catch {
      return .failed(error)
    }
  }

  /// Whether the socket has a connection, or is about to have one.
  private func isConnected(_ duplicate: borrowing OwnedDescriptor, _ type: DescriptorType) -> Bool {
    if type == .tcp {
      let state = UInt8(truncatingIfNeeded: clinux_socket_tcp_state(duplicate.number))
      return Socket.State(rawValue: state) != .close
    }
    var name = clinux_socket_name()
    return unsafe clinux_socket_peer(duplicate.number, &name) == 0
  }

  /// Drops the connection in one of the two ways.
  ///
  /// SOCK_DESTROY wakes every call on the socket. The kernel knows it for TCP and UDP. It takes CAP_NET_ADMIN
  /// in the network namespace of the socket. connect(2) does not wake a call on a UDP socket.
  private func drop(_ duplicate: borrowing OwnedDescriptor, _ type: DescriptorType) throws(Errno) {
    if type != .mptcp {
      do throws(Errno) {
        return try destroy(duplicate)
      } catch {
        if type != .tcp { throw error }
      }
    }
    try checked(clinux_disconnect(duplicate.number))
  }

  private func destroy(_ duplicate: borrowing OwnedDescriptor) throws(Errno) {
    let namespace = OwnedDescriptor(adopting: try checked(clinux_socket_namespace(duplicate.number)))
    let diagnosis = try NetworkNamespace.opened(namespace.number).diagnosisSocket()
    try checked(clinux_destroy_socket(diagnosis.number, duplicate.number))
  }
}
