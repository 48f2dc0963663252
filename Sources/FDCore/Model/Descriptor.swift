/// One open descriptor of a process, as much of it as was read.
package struct Descriptor: Sendable {
  package let number: UInt32
  /// `statx(2)` through `/proc/PID/fd/N`.
  package var status: Fact<FileStatus> = .notRead
  /// The text of the link `/proc/PID/fd/N`: a path, or `socket:[7]`, `anon_inode:[eventpoll]`.
  package var target: Fact<ByteString> = .notRead
  /// The text without the kernel's " (deleted)", where the kernel put it.
  package var path: Fact<ByteString> = .notRead
  /// `/proc/PID/fdinfo/N`.
  package var info: Fact<DescriptorInfo> = .notRead
  /// Those of the numbers compared with that stand for the same open file description.
  package var sameAs: Fact<[UInt32]> = .notRead
  /// For a socket, what it speaks; known as nil for anything else.
  package var socketType: Fact<DescriptorType?> = .notRead
  /// For a socket, its two ends; known as nil for anything else.
  package var socket: Fact<Socket?> = .notRead
  /// For a Unix-domain socket, what its address does not tell; known as nil for anything else.
  package var unixSocket: Fact<UnixSocket?> = .notRead
  /// What the file's file system makes of it, where its path looks like any other; known with the status and
  /// the target.
  package var oddity: Fact<DescriptorType?> = .notRead

  package init(number: UInt32) {
    self.number = number
  }

  /// What tells whether a number still stands for the same file.
  package struct Identity: Hashable, Sendable {
    let file: FileStatus.Identity
    let type: FileStatus.FileType
  }

  package var identity: Fact<Identity> {
    status.map { Identity(file: $0.identity, type: $0.type) }
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
    case .socket: return socketType.map { $0 ?? .otherSocket }
    case .regular, .none: return target.map { DescriptorType(target: $0, status, oddity.value ?? nil) }
    }
  }

  /// What it can be, as far as is known by now: all types before anything was read.
  package var possibleTypes: TypeSet {
    if let type = type.value { return TypeSet(type) }
    switch status.value?.type {
    case .socket: return .sockets
    case .regular, .some(.none): return .untyped.union(.regular)
    default: return .all
    }
  }

  /// Why the type is not known; nil where it is, or was not asked for.
  package var typeError: Errno? { type.error }
}

extension DescriptorType {
  /// The type of what `statx(2)` calls a regular file or nothing, from the kernel's text for it.
  ///
  /// A path begins with a slash, or with "(unreachable)"; any other text is the kernel's own word.
  init(target: ByteString, _ status: FileStatus, _ oddity: DescriptorType?) {
    if let name = Self.anonymousName(target) {
      self = Self(anonymous: name)
    } else if Self.isNamespace(target) {
      self = .namespace
    } else if let memory = KernelMemory.type(status, target) {
      self = memory
    } else {
      self = oddity ?? (status.type == .regular ? .regular : .otherAnonymous)
    }
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

  /// `net:[4026531840]`; see `ns_dname` in `fs/nsfs.c`.
  private static func isNamespace(_ target: ByteString) -> Bool {
    let names = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"]
    return names.contains { target.hasPrefix("\($0):[") }
  }
}

/// Files that have a path by their text, on file systems that nobody can mount.
private enum KernelMemory {
  /// The devices of the internal tmpfs and, where there are some, of the internal hugetlbfs.
  private static let memory: Set<UInt64> = [
    device { () throws(Errno) in try .memory(hugePages: false) },
    device { () throws(Errno) in try .memory(hugePages: true) },
  ]

  private static let secretMemory: Set<UInt64> = [
    device { () throws(Errno) in try .secretMemory() }
  ]

  /// The type of such a file; nil for any other: the name alone could be that of a file in `/`.
  static func type(_ status: FileStatus, _ target: ByteString) -> DescriptorType? {
    let device = status.identity.device
    if target.hasPrefix("/memfd:"), status.links == 0, memory.contains(device) { return .memory }
    if target.hasPrefix("/secretmem"), secretMemory.contains(device) { return .secretMemory }
    // dma_buf_fs_init in drivers/dma-buf/dma-buf.c: an inode without a type, as no other path has.
    if target.hasPrefix("/dmabuf:"), status.type == .none { return .sharedBuffer }
    return nil
  }

  /// A file of our own lies on the same internal mount as everybody's.
  ///
  /// Where the kernel refuses it there are none to be found, and no device has all bits set.
  private static func device(_ make: () throws(Errno) -> OwnedDescriptor) -> UInt64 {
    do {
      return try make().status().identity.device
    } catch {
      return .max
    }
  }
}
