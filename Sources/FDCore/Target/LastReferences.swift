import CLinux

/// References that rangeclose holds to files of a target if the last close of such a file takes long.
///
/// At the last close, the kernel frees the storage of a file without a name, and waits until the data of a
/// lingering socket is sent. Both would happen during the stop. While rangeclose has a reference, the
/// target's close is not the last. rangeclose drops its own reference after the target runs again.
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
  /// The maximum number of references.
  ///
  /// They must fit below RLIMIT_NOFILE together with the other descriptors of rangeclose.
  private static let most = 256

  /// Takes references to the files of descriptors that need a reference and whose status is known.
  ///
  /// A regular file is opened with O_PATH. Unlike a duplicate, an O_PATH descriptor keeps no flock(2), no
  /// entry of an epoll set and no lease. A socket is duplicated by `pidfd_getfd(2)`. If rangeclose cannot get
  /// a reference, the stop takes longer.
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

  /// A duplicate of a socket whose close waits until its data is sent.
  ///
  /// Nil if the close does not wait, or if the socket could not be duplicated.
  ///
  /// See SO_LINGER in `socket(7)`.
  fileprivate func lingeringSocket(_ number: UInt32) -> OwnedDescriptor? {
    // The pidfd refers to the leader, which may have another descriptor table.
    guard tableThread == threadGroup,
      let pidfd = try? openPidfd(),
      let answer = try? checked(clinux_pidfd_getfd(pidfd, Int32(bitPattern: number)))
    else { return nil }
    let duplicate = OwnedDescriptor(adopting: answer)
    if clinux_socket_lingers(duplicate.number) > 0 { return duplicate }
    return nil
  }
}
