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
  /// For a socket, what it speaks and its two ends; known as nil for anything else.
  package var socket: Fact<Socket?> = .notRead

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

  /// Why something about the descriptor could not be read; nil where everything asked for was.
  package var unreadable: Errno? {
    status.error ?? target.error ?? info.error ?? socket.error
  }

  /// Whether the last name of the file is gone.
  ///
  /// The link count decides, not the text: a file may be called "x (deleted)", and an unlinked name may
  /// have another hard link. A memfd never had a name, so it did not lose one.
  package var isDeleted: Fact<Bool> {
    switch (status, kind) {
    case (.known(let status), .known(let kind)): .known(status.links == 0 && kind != .memory)
    case (.unreadable(let error), _), (_, .unreadable(let error)): .unreadable(error)
    default: .notRead
    }
  }

  /// What is open, from its file type and, for what has none, the kernel's text.
  package var kind: Fact<Kind> {
    switch (status, target) {
    case (.known(let status), .known(let target)):
      .known(Kind(status: status, target: target, socket: socket.value ?? nil))
    case (.unreadable(let error), _), (_, .unreadable(let error)): .unreadable(error)
    default: .notRead
    }
  }
}

extension Descriptor {
  /// The kinds of thing that a descriptor is open on.
  package enum Kind: Hashable, Sendable {
    case regular, directory, characterDevice, blockDevice, fifo, symbolicLink
    /// A file in memory by `memfd_create(2)`.
    case memory
    case socket(Socket.Transport)
    /// The kernel's word for an anonymous inode: `eventpoll`, `eventfd`, `io_uring`.
    case anonymous(ByteString)

    init(status: FileStatus, target: ByteString, socket: Socket?) {
      if let name = Self.anonymousName(target) {
        self = .anonymous(name)
        return
      }
      switch status.type {
      case .regular where KernelMemory.isMemfd(status, target): self = .memory
      case .regular: self = .regular
      case .directory: self = .directory
      case .characterDevice: self = .characterDevice
      case .blockDevice: self = .blockDevice
      case .fifo: self = .fifo
      case .symbolicLink: self = .symbolicLink
      case .socket: self = .socket(socket?.transport ?? .other)
      case .none: self = .anonymous(target)
      }
    }

    /// `eventpoll` of `anon_inode:[eventpoll]`, and `inotify` of the older `anon_inode:inotify`.
    private static func anonymousName(_ target: ByteString) -> ByteString? {
      guard target.hasPrefix("anon_inode:") else { return nil }
      let name = target.bytes.dropFirst("anon_inode:".utf8.count)
      guard name.first == UInt8(ascii: "["), name.last == UInt8(ascii: "]") else {
        return ByteString(Array(name))
      }
      return ByteString(Array(name.dropFirst().dropLast()))
    }
  }
}

extension Descriptor.Kind: CustomStringConvertible {
  /// The short names of `lsfd(1)` and `ss(8)`: `reg`, `fifo`, `tcp`, `eventpoll`.
  package var description: String {
    switch self {
    case .regular: "reg"
    case .directory: "dir"
    case .characterDevice: "chr"
    case .blockDevice: "blk"
    case .fifo: "fifo"
    case .symbolicLink: "lnk"
    case .memory: "memfd"
    case .socket(let transport): transport.rawValue
    case .anonymous(let name): name.description
    }
  }
}

/// The file systems that the kernel keeps to itself.
enum KernelMemory {
  /// The device of the internal tmpfs, and those of the internal hugetlbfs, where there are some.
  private static let devices: Set<UInt64> = {
    var devices: Set<UInt64> = []
    for hugePages in [false, true] {
      // A memfd of our own lies on the same internal mount as everybody's. Kernels without huge pages
      // refuse the second, and have none to be found.
      if let file = try? OwnedDescriptor.memory(hugePages: hugePages), let status = try? file.status() {
        devices.insert(status.identity.device)
      }
    }
    return devices
  }()

  /// Whether this is a file of `memfd_create(2)`: the name alone could be that of a file in `/`.
  static func isMemfd(_ status: FileStatus, _ target: ByteString) -> Bool {
    status.links == 0 && target.hasPrefix("/memfd:") && devices.contains(status.identity.device)
  }
}
