/// One open descriptor of a process, and the facts that rangeclose has read about it.
package struct Descriptor: Sendable {
  /// The descriptor's number in the process.
  package let number: UInt32
  /// The file's attributes, by `statx(2)` of `/proc/PID/fd/N`.
  package var status: Fact<FileStatus> = .notRead
  /// The text of the link `/proc/PID/fd/N`: a path, or `socket:[7]`, `anon_inode:[eventpoll]`.
  package var target: Fact<ByteString> = .notRead
  /// The link's text without the " (deleted)" that the kernel appends for an unlinked file.
  package var path: Fact<ByteString> = .notRead
  /// The type of a socket, by its protocol; known as nil for any other file.
  package var socketType: Fact<DescriptorType?> = .notRead
  /// The type of an inode that only its file system reveals: a message queue or a BPF token.
  ///
  /// Known as nil for any other file. The reader needs the status and the target for it.
  package var specialInode: Fact<DescriptorType?> = .notRead
  /// The access mode, if it was read without fdinfo.
  var linkMode: Fact<DescriptorInfo.AccessMode> = .notRead

  /// The facts that few selectors use.
  ///
  /// They are stored separately, because a process may have a million descriptors.
  private var details: Details?

  /// The number of a file that is used without a descriptor; see `FileUse`.
  ///
  /// The kernel gives no descriptor this number.
  static let noNumber = UInt32.max

  /// Creates a descriptor without any facts.
  package init(number: UInt32) {
    self.number = number
  }

  /// The facts that show whether a number still refers to the same file.
  package struct Identity: Hashable, Sendable {
    private let file: FileStatus.Identity?
    private let type: FileStatus.FileType?
    /// The link's text, if the status is not enough: anonymous inodes of different kinds may be the same
    /// inode, and a file system may refuse to return the status.
    private let target: ByteString?

    fileprivate init(file: FileStatus.Identity?, type: FileStatus.FileType?, target: ByteString?) {
      (self.file, self.type, self.target) = (file, type, target)
    }
  }

  /// The identity of the file, from the status and, for a file without a type, the target.
  package var identity: Fact<Identity> {
    switch (status, target) {
    case (.known(let status), _) where status.type != .none:
      .known(Identity(file: status.identity, type: status.type, target: nil))
    case (.notRead, _), (_, .notRead): .notRead
    case (_, .unreadable(let error)): .unreadable(error)
    case (_, .known(let text)):
      .known(Identity(file: status.value?.identity, type: status.value?.type, target: text))
    }
  }

  /// Whether this is a socket.
  ///
  /// O_PATH can open the name that a socket has in a file system. Such a descriptor is not a socket. The fact
  /// is unreadable if rangeclose does not know the device of sockets.
  package var isSocket: Fact<Bool> {
    guard case .known(let status) = status else { return self.status.map { _ in false } }
    guard status.type == .socket else { return .known(false) }
    return KernelFileSystem.sockets.contain(status.identity.device)
  }

  /// The access mode of the open file description.
  package var accessMode: Fact<DescriptorInfo.AccessMode> {
    if case .known(let info) = info { return .known(info.accessMode) }
    if case .notRead = linkMode { return info.map { $0.accessMode } }
    return linkMode
  }

  /// The ID of the mount through which the file was opened, as in `/proc/PID/mountinfo`.
  ///
  /// Before Linux 5.8, only fdinfo has the ID. fdinfo also has the ID if the file system refuses the status.
  package var mount: Fact<UInt64> {
    if let status = status.value, status.mount > 0 { return .known(status.mount) }
    if case .notRead = status { return .notRead }
    guard case .known(let info) = info else { return info.map { _ in 0 } }
    return info.mount.map { .known($0) } ?? .unreadable(.notSupported)
  }

  /// Whether the last name of the file was removed.
  ///
  /// The link count decides, not the link's text: a file may be called "x (deleted)", and an unlinked file
  /// may have another hard link. A file without a name from the start is not deleted; see `isTemporary`.
  package var isDeleted: Fact<Bool> {
    guard case .known(true) = isUnnamed else { return isUnnamed }
    return wasMadeUnnamed.map { !$0 }
  }

  /// Whether the file was made by `open(2)` with O_TMPFILE and has no name.
  package var isTemporary: Fact<Bool> {
    guard case .known(true) = isUnnamed else { return isUnnamed }
    return wasMadeUnnamed
  }

  /// Whether the file has no name and is of a type that can have one, unlike a memfd or a BPF token.
  package var isUnnamed: Fact<Bool> {
    guard case .known(let status) = status else { return self.status.map { _ in false } }
    if status.links > 0 { return .known(false) }
    return type.map { TypeSet.named.contains(TypeSet($0)) }
  }

  /// Whether this nameless file was made by O_TMPFILE.
  ///
  /// The open file description keeps the flag. It also keeps the flag if `linkat(2)` named the file and the
  /// name was removed again, so such a file counts as made without a name. A description that was opened
  /// later, through `/proc/PID/fd/N`, lacks the flag. In this case the link's text decides: the kernel names
  /// the file by its inode number, as in `/tmp/#4711 (deleted)`. See `d_mark_tmpfile` in `fs/dcache.c`.
  private var wasMadeUnnamed: Fact<Bool> {
    guard let status = status.value, type.value == .regular else { return .known(false) }
    if target.value?.bytes.ends(with: "/#\(status.identity.inode) (deleted)".utf8) == true {
      return .known(true)
    }
    // A file that is used without a descriptor has no flags.
    return number == Self.noNumber ? .known(false) : info.map { $0.flags.contains(.unnamed) }
  }
}

extension [UInt8] {
  fileprivate func ends(with other: String.UTF8View) -> Bool { suffix(other.count).elementsEqual(other) }
}

// MARK: - Details

extension Descriptor {
  private final class Details: Sendable {
    let info: Fact<DescriptorInfo>
    let sameAs: Fact<[UInt32]>
    let socket: Fact<Socket?>
    let unixSocket: Fact<UnixSocket?>
    let activity: Fact<SocketActivity?>
    let mirror: Fact<UInt64?>

    init(
      info: Fact<DescriptorInfo>, sameAs: Fact<[UInt32]>, socket: Fact<Socket?>,
      unixSocket: Fact<UnixSocket?>, activity: Fact<SocketActivity?>, mirror: Fact<UInt64?>
    ) {
      (self.info, self.sameAs, self.socket, self.unixSocket) = (info, sameAs, socket, unixSocket)
      (self.activity, self.mirror) = (activity, mirror)
    }

    /// The details of a file that is no socket.
    ///
    /// A listing of a million files has them once.
    static let noSocket = Details(
      info: .notRead, sameAs: .notRead, socket: .known(nil), unixSocket: .notRead, activity: .notRead,
      mirror: .notRead)
    /// The same after a look for a Unix-domain socket.
    static let noSockets = Details(
      info: .notRead, sameAs: .notRead, socket: .known(nil), unixSocket: .known(nil), activity: .notRead,
      mirror: .notRead)
  }

  /// The same details with some facts replaced.
  private func details(
    info: Fact<DescriptorInfo>? = nil, sameAs: Fact<[UInt32]>? = nil, socket: Fact<Socket?>? = nil,
    unixSocket: Fact<UnixSocket?>? = nil, activity: Fact<SocketActivity?>? = nil,
    mirror: Fact<UInt64?>? = nil
  ) -> Details {
    Details(
      info: info ?? self.info, sameAs: sameAs ?? self.sameAs, socket: socket ?? self.socket,
      unixSocket: unixSocket ?? self.unixSocket, activity: activity ?? self.activity,
      mirror: mirror ?? self.mirror)
  }

  /// The content of `/proc/PID/fdinfo/N`.
  package var info: Fact<DescriptorInfo> {
    get { details?.info ?? .notRead }
    set { details = details(info: newValue) }
  }

  /// The compared numbers that refer to the same open file description; see `DescriptorReader`.
  package var sameAs: Fact<[UInt32]> {
    get { details?.sameAs ?? .notRead }
    set { details = details(sameAs: newValue) }
  }

  /// A socket's addresses and state; known as nil for any other file.
  package var socket: Fact<Socket?> {
    get { details?.socket ?? .notRead }
    set {
      if details == nil, case .known(nil) = newValue {
        details = .noSocket
      } else {
        details = details(socket: newValue)
      }
    }
  }

  /// A Unix-domain socket's peer and the device of its name; known as nil for any other file.
  package var unixSocket: Fact<UnixSocket?> {
    get { details?.unixSocket ?? .notRead }
    set {
      if details === Details.noSocket, case .known(nil) = newValue {
        details = .noSockets
      } else {
        details = details(unixSocket: newValue)
      }
    }
  }

  /// The bytes in a socket's queues, and the time since data last arrived; known as nil for any other
  /// file.
  package var activity: Fact<SocketActivity?> {
    get { details?.activity ?? .notRead }
    set { details = details(activity: newValue) }
  }

  /// The inode number of the socket at the other end of a TCP connection, if that socket is in the same
  /// network namespace; known as nil for any other file.
  ///
  /// Before accept(2), it is the inode number of the listening socket. It is nil if the peer is on another
  /// machine or in another namespace, or if the other end is closed.
  package var mirror: Fact<UInt64?> {
    get { details?.mirror ?? .notRead }
    set { details = details(mirror: newValue) }
  }
}
