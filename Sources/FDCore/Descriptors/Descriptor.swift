/// One open descriptor of a process, as much of it as was read.
package struct Descriptor: Sendable {
  package let number: UInt32
  /// `statx(2)` through `/proc/PID/fd/N`.
  package var status: Fact<FileStatus> = .notRead
  /// The text of the link `/proc/PID/fd/N`: a path, or `socket:[7]`, `anon_inode:[eventpoll]`.
  package var target: Fact<ByteString> = .notRead
  /// The text without the kernel's " (deleted)", where the kernel put it.
  package var path: Fact<ByteString> = .notRead
  /// For a socket, what it speaks; known as nil for anything else.
  package var socketType: Fact<DescriptorType?> = .notRead
  /// What the file's file system makes of it, where its path looks like any other; known with the status and
  /// the target.
  package var oddity: Fact<DescriptorType?> = .notRead

  /// What few selectors ask for lies apart: there may be a million descriptors.
  private var details: Details?

  package init(number: UInt32) {
    self.number = number
  }

  /// What tells whether a number still stands for the same file.
  package struct Identity: Hashable, Sendable {
    private let file: FileStatus.Identity?
    private let type: FileStatus.FileType?
    /// Where the file tells too little: anonymous inodes of all kinds may be one, and a file system may
    /// refuse us.
    private let target: ByteString?

    fileprivate init(file: FileStatus.Identity?, type: FileStatus.FileType?, target: ByteString?) {
      (self.file, self.type, self.target) = (file, type, target)
    }
  }

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

  /// Whether this is a socket, and not the name of one, which can be opened with O_PATH.
  package var isSocket: Bool {
    guard let status = status.value, status.type == .socket else { return false }
    return status.identity.device == KernelFileSystem.sockets ?? status.identity.device
  }

  /// Whether the last name of the file is gone.
  ///
  /// The link count decides, not the text: a file may be called "x (deleted)", and an unlinked name may
  /// have another hard link. A memfd or a BPF token never had a name, so it did not lose one.
  package var isDeleted: Fact<Bool> {
    guard case .known(let status) = status else { return self.status.map { _ in false } }
    if status.links > 0 { return .known(false) }
    return type.map { TypeSet.named.contains(TypeSet($0)) }
  }
}

// MARK: - Details

extension Descriptor {
  private final class Details: Sendable {
    let info: Fact<DescriptorInfo>
    let sameAs: Fact<[UInt32]>
    let socket: Fact<Socket?>
    let unixSocket: Fact<UnixSocket?>

    init(
      info: Fact<DescriptorInfo>, sameAs: Fact<[UInt32]>, socket: Fact<Socket?>,
      unixSocket: Fact<UnixSocket?>
    ) {
      (self.info, self.sameAs, self.socket, self.unixSocket) = (info, sameAs, socket, unixSocket)
    }
  }

  /// `/proc/PID/fdinfo/N`.
  package var info: Fact<DescriptorInfo> {
    get { details?.info ?? .notRead }
    set { details = Details(info: newValue, sameAs: sameAs, socket: socket, unixSocket: unixSocket) }
  }

  /// Those of the numbers compared with that stand for the same open file description.
  package var sameAs: Fact<[UInt32]> {
    get { details?.sameAs ?? .notRead }
    set { details = Details(info: info, sameAs: newValue, socket: socket, unixSocket: unixSocket) }
  }

  /// For a socket, its two ends; known as nil for anything else.
  package var socket: Fact<Socket?> {
    get { details?.socket ?? .notRead }
    set { details = Details(info: info, sameAs: sameAs, socket: newValue, unixSocket: unixSocket) }
  }

  /// For a Unix-domain socket, what its address does not tell; known as nil for anything else.
  package var unixSocket: Fact<UnixSocket?> {
    get { details?.unixSocket ?? .notRead }
    set { details = Details(info: info, sameAs: sameAs, socket: socket, unixSocket: newValue) }
  }
}

// MARK: - Types

extension Descriptor {
  /// What it is open on, once enough is known to tell.
  package var type: Fact<DescriptorType> {
    guard case .known(let status) = status else { return self.status.map { _ in .otherAnonymous } }
    switch status.type {
    case .directory: return .known(.directory)
    case .characterDevice: return .known(.characterDevice)
    case .blockDevice: return .known(.blockDevice)
    case .fifo: return .known(.fifo)
    case .symbolicLink: return .known(.symbolicLink)
    case .socket: return isSocket ? socketType.map { $0 ?? .otherSocket } : .known(.otherSocket)
    case .regular, .none: return untyped
    }
  }

  /// What it can be, as far as is known by now: all types before anything was read.
  package var possibleTypes: TypeSet {
    if let type = type.value { return TypeSet(type) }
    switch status.value?.type {
    case .socket: return .sockets  // a name of one is known already
    case .regular, .some(.none): return .untyped.union(.regular)
    default: return .all
    }
  }

  /// The type of what `statx(2)` calls a regular file or nothing.
  private var untyped: Fact<DescriptorType> {
    guard let status = status.value, let target = target.value else { return target.map { _ in .regular } }
    if let type = DescriptorType(target: target) { return .known(type) }
    if status.identity.device == KernelFileSystem.namespaces { return .known(.namespace) }
    if let memory = Self.memoryType(status, target) { return memory }
    let plain: DescriptorType = status.type == .regular ? .regular : .otherAnonymous
    return oddity.map { $0 ?? plain }
  }

  /// The type of a file in memory that has a path by its text; nil for any other.
  private static func memoryType(_ status: FileStatus, _ target: ByteString) -> Fact<DescriptorType>? {
    let device = status.identity.device
    let isMemory: Fact<Bool>
    let type: DescriptorType
    if target.hasPrefix("/memfd:"), status.links == 0 {
      (isMemory, type) = (KernelFileSystem.memory.contain(device), .memory)
    } else if target.hasPrefix("/secretmem") {
      (isMemory, type) = (KernelFileSystem.secretMemory.contain(device), .secretMemory)
    } else if target.hasPrefix("/dmabuf:"), status.type == .none {
      // dma_buf_fs_init in drivers/dma-buf/dma-buf.c: an inode without a type, as no other path has.
      return .known(.sharedBuffer)
    } else {
      return nil
    }
    if case .known(false) = isMemory { return nil }
    return isMemory.map { _ in type }
  }
}

extension DescriptorType {
  /// The type by the kernel's own word for what has no path; nil for a path.
  ///
  /// A path begins with a slash, or with "(unreachable)".
  fileprivate init?(target: ByteString) {
    guard let name = Self.anonymousName(target) else { return nil }
    self = Self(anonymous: name)
  }

  /// `eventpoll` of `anon_inode:[eventpoll]`, and `inotify` of `anon_inode:inotify`.
  package static func anonymousName(_ target: ByteString) -> ByteString? {
    guard target.hasPrefix("anon_inode:") else { return nil }
    let name = target.bytes.dropFirst("anon_inode:".utf8.count)
    guard name.first == UInt8(ascii: "["), name.last == UInt8(ascii: "]") else {
      return ByteString(Array(name))
    }
    return ByteString(Array(name.dropFirst().dropLast()))
  }

  /// The callers of `anon_inode_getfd` and `anon_inode_getfile` in the kernel give these names.
  private static let anonymousNames: [ByteString: DescriptorType] = [
    "eventpoll": .epoll, "eventfd": .eventfd, "timerfd": .timerfd, "signalfd": .signalfd,
    "inotify": .inotify, "fanotify": .fanotify, "pidfd": .pidfd, "io_uring": .ioUring,
    "userfaultfd": .userfaultfd, "perf_event": .perf, "fscontext": .fscontext,
    "landlock-ruleset": .landlock, "seccomp notify": .seccomp, "iommufd": .iommufd,
    "sync_file": .syncFile, "ntsync": .ntsync, "bpf-map": .bpfMap, "bpf-prog": .bpfProgram,
    "bpf-link": .bpfLink,
    "bpf_link": .bpfLink, "bpf_iter": .bpfIterator, "bpf-token": .bpfToken, "bpf-stats": .bpfStatistics,
    "btf": .btf,
  ]

  private init(anonymous name: ByteString) {
    if let known = Self.anonymousNames[name] {
      self = known
    } else if name.hasPrefix("kvm") {
      self = .kvm
    } else if name.hasPrefix("vfio") || name.hasPrefix("[vfio") {
      self = .vfio
    } else if name.hasPrefix("gpio") {
      self = .gpio
    } else {
      self = .otherAnonymous
    }
  }
}
