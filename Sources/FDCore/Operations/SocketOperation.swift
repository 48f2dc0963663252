import CLinux

/// An operation on sockets, which frees no storage and asks for consent to work on listening sockets.
protocol SocketOperation: FileOperation {
  /// Why the operation cannot serve sockets of this type; nil if it can.
  func obstacle(to descriptor: Descriptor) -> Remark?

  /// Does the operation.
  ///
  /// - Parameter listens: whether the socket listens; the user then has given consent.
  func outcome(
    on duplicate: borrowing OwnedDescriptor, _ descriptor: Descriptor, listens: Bool
  ) -> Outcome
}

extension SocketOperation {
  /// The default: the type of the socket.
  package var facts: FactSet { .socketType }

  /// The default: the obstacle that the type of the socket is.
  package func refusal(
    of descriptor: Descriptor, in thread: Int32, _ surroundings: Surroundings
  ) -> Remark? { obstacle(to: descriptor) }

  /// Asks whether the socket listens, and does the operation.
  package func apply(
    to duplicate: borrowing OwnedDescriptor, _ descriptor: Descriptor, in surroundings: Surroundings
  ) -> (outcome: Outcome, freed: UInt64) {
    if let obstacle = obstacle(to: descriptor) { return (.unserved(obstacle), 0) }
    let answer = clinux_socket_listens(duplicate.number)
    if let error = Errno(answer: answer) { return (.failed(error), 0) }
    let listens = answer == 1
    if listens, !surroundings.consent.contains(.listeners) { return (.unserved(.listens), 0) }
    return (outcome(on: duplicate, descriptor, listens: listens), 0)
  }
}
