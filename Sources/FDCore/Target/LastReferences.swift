import CLinux

/// References of rangeclose to files of a target whose last reference takes long to drop.
///
/// The kernel frees the storage of a file without a name at its last close, and a lingering socket waits
/// there until its data is sent. Both would happen during the stop. While rangeclose has a reference, the
/// target's close is not the last. rangeclose drops its own after the target runs again.
package final class LastReferences {
  private var held: [Reference] = []

  /// An object, because an array cannot hold noncopyable values.
  private final class Reference {
    let descriptor: OwnedDescriptor

    init(_ descriptor: consuming OwnedDescriptor) {
      self.descriptor = descriptor
    }
  }

  /// Storage of less than this many bytes is freed in a tenth of a millisecond.
  private static let leastBytes: UInt64 = 1 << 20
  /// The most references, which have to fit below RLIMIT_NOFILE with the other descriptors of rangeclose.
  private static let most = 256

  /// Takes references to the descriptors that need one, of those whose status is known.
  ///
  /// A regular file is opened with O_PATH. Unlike a duplicate, that keeps no flock(2), no entry of an epoll
  /// set and no lease. A socket is duplicated by `pidfd_getfd(2)`. If a reference cannot be had, the stop
  /// takes longer.
  package init(to descriptors: [Descriptor], of target: TargetProcess) {
    for descriptor in descriptors where held.count < Self.most {
      guard let status = descriptor.status.value else { continue }
      if status.type == .regular, status.links == 0, status.allocated >= Self.leastBytes {
        keep(target.place(of: descriptor.number))
      } else if descriptor.isSocket.value == true {
        keep(target.lingeringSocket(descriptor.number))
      }
    }
  }

  private func keep(_ descriptor: consuming OwnedDescriptor?) {
    if let descriptor = consume descriptor { held.append(Reference(descriptor)) }
  }
}

extension TargetProcess {
  /// The file of a descriptor, opened with O_PATH; nil if that fails.
  ///
  /// See `open(2)`.
  fileprivate func place(of number: UInt32) -> OwnedDescriptor? {
    try? directory.open("task/\(tableThread)/fd/\(number)", as: .place)
  }

  /// A duplicate of a socket whose close waits for data to be sent; nil if it does not, or there is no
  /// duplicate.
  ///
  /// See SO_LINGER in `socket(7)`.
  fileprivate func lingeringSocket(_ number: UInt32) -> OwnedDescriptor? {
    // The pidfd stands for the leader, whose table may be another.
    guard tableThread == threadGroup,
      let answer = try? checked(clinux_pidfd_getfd(pidfd.number, Int32(bitPattern: number)))
    else { return nil }
    let duplicate = OwnedDescriptor(adopting: answer)
    if clinux_socket_lingers(duplicate.number) > 0 { return duplicate }
    return nil
  }
}
