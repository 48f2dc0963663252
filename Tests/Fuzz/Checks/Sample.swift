import FDCore
import CLinux

/// A made-up descriptor with every fact that can be known.
struct Sample {
  enum End: Equatable {
    /// An address of 16 bytes, and a port; nil for a protocol without ports.
    case internet([UInt8], UInt16?)
    /// A name of the Unix domain; an abstract name begins with NUL.
    case unix([UInt8])
    case other
  }

  var number: UInt32 = 0
  /// A word of `type:`.
  var type = "reg"
  /// The file type that statx(2) reports: a word of `type:`, or `none`.
  var fileType = "reg"
  var device: UInt64 = 0x8_0000_0001
  var inode: UInt64 = 1
  /// The mount ID; 0 if the kernel does not report it.
  var mount: UInt64 = 0
  var links: UInt32 = 1
  var size: UInt64 = 0
  /// The kernel's link text.
  var text: [UInt8] = []
  /// The link text without the kernel's addition to it.
  var path: [UInt8] = []
  var mode = "r"
  var flags: UInt32 = 0
  /// The file offset; nil if it is negative.
  var position: UInt64? = 0
  var locks: Set<String> = []
  var same: Set<UInt32> = []
  var local: End?
  var peer: End?
  var state: UInt8?
  var unixPeer: UInt64?
  /// The listening socket that has the connection in its queue.
  var unixListener: UInt64?
  var isUnixPeerUnknown = false
  /// The socket at the other end of a TCP connection.
  var mirror: UInt64?
  /// The state in the table of Unix-domain sockets.
  var unixState: UInt8?
  var isHungUp = false
  /// The numbers that terms compare, by their words; none for a listening socket.
  var activity: [String: UInt64] = [:]
  var unixDevice: UInt64?
  /// True for a socket's name that was opened with O_PATH.
  ///
  /// The name is no socket and lies on a file system like other files.
  var isSocketName = false
  /// The modes with which this process itself holds the pipe; nil for any other descriptor.
  var ownSides: Set<String>?

  var isSocket: Bool { fileType == "sock" && !isSocketName }

  var isTCP: Bool { ["tcp", "mptcp"].contains(type) }

  /// Whether it could lie on any file system under any name and keep its type.
  var isMovable: Bool { type == fileType && !isSocket && ownSides == nil }

  /// The type, if only the file system of the file can report it.
  ///
  /// All other facts of such a special inode are those of an ordinary file.
  var specialInode: String? { fileType == "reg" && ["mqueue", "bpf-token"].contains(type) ? type : nil }

  /// Whether a special inode must be ruled out before the type is known.
  fileprivate var mayBeSpecialInode: Bool {
    specialInode != nil || type == "reg" || type == "anon" && !text.starts(with: "anon_inode:".utf8)
  }
}

/// A descriptor with the facts that were read so far.
struct View {
  enum Fact: CaseIterable {
    case status, target, specialInode, path, info, sharing
    case socketType, activity, sockets, unixSockets, mirrors
  }

  let sample: Sample
  var read: Set<Fact>
  /// The facts that cannot be read.
  var unreadable: Set<Fact> = []
  /// Whether the selector's names were looked up.
  var isResolved = false

  func knows(_ fact: Fact) -> Bool {
    guard read.contains(fact), !unreadable.contains(fact) else { return self.isImplied(fact) }
    switch fact {
    case .path: return knows(.target)
    case .specialInode: return knows(.status) && knows(.target)
    case .socketType, .sockets: return knows(.status)
    case .unixSockets, .activity, .mirrors: return knows(.socketType)
    default: return true
    }
  }

  /// Whether a read was begun and other facts show that there is nothing to read.
  private func isImplied(_ fact: Fact) -> Bool {
    guard read.contains(fact) else { return false }
    switch fact {
    case .specialInode: return knows(.status) && knows(.target) && sample.fileType != "reg"
    case .socketType, .sockets: return knows(.status) && !sample.isSocket
    case .unixSockets: return knows(.socketType) && sample.type != "unix"
    case .mirrors: return knows(.socketType) && !sample.isTCP
    case .activity: return knows(.socketType) && !sample.isSocket
    default: return false
    }
  }

  /// Whether a read was tried and failed.
  func isRefused(_ fact: Fact) -> Bool { read.contains(fact) && unreadable.contains(fact) }

  /// Every type that the descriptor may have, by what is known.
  var possibleTypes: Set<String> {
    guard knows(.status) else { return Vocabulary.everything }
    switch sample.fileType {
    case "sock": return sample.isSocketName || knows(.socketType) ? [sample.type] : Vocabulary.anySocket
    case "reg", "none":
      return knows(sample.mayBeSpecialInode ? .specialInode : .target) ? [sample.type] : Vocabulary.untyped
    default: return [sample.fileType]
    }
  }
}

// MARK: - In the types of the program

extension View {
  /// The descriptor as a reader would have filled it.
  var descriptor: Descriptor {
    var descriptor = Descriptor(number: sample.number)
    descriptor.status = fact(.status, FileStatus(sample))
    descriptor.target = fact(.target, ByteString(sample.text))
    descriptor.path = knows(.target) ? fact(.path, ByteString(sample.path)) : descriptor.target
    if !read.contains(.path) { descriptor.path = .notRead }
    descriptor.info = DescriptorInfo(sample).map { fact(.info, $0) } ?? .notRead
    descriptor.sameAs = fact(.sharing, Array(sample.same))
    let type = sample.isSocketName ? nil : DescriptorType(rawValue: sample.type)
    descriptor.socketType = ofSocket(descriptor, .socketType, type)
    let socket = Socket(
      local: sample.local.map(SocketAddress.init), peer: sample.peer.map(SocketAddress.init),
      state: sample.state.flatMap(Socket.State.init))
    descriptor.socket = ofSocket(descriptor, .sockets, socket)
    if read.contains(.activity) {
      let activity = SocketActivity(
        receiveQueue: sample.activity["recvq"], sendQueue: sample.activity["sendq"],
        idleSeconds: sample.activity["idle"])
      descriptor.activity =
        descriptor.socketType.value == nil || !sample.isSocket
        ? descriptor.socketType.map { _ in nil } : fact(.activity, activity)
    }
    if read.contains(.unixSockets) {
      var unix = UnixSocket(
        peer: sample.unixPeer, device: sample.unixDevice,
        state: sample.unixState.flatMap(Socket.State.init), isHungUp: sample.isHungUp)
      (unix.listener, unix.isPeerUnknown) = (sample.unixListener, sample.isUnixPeerUnknown)
      descriptor.unixSocket =
        descriptor.socketType.value == .unix
        ? fact(.unixSockets, unix) : descriptor.socketType.map { _ in nil }
    }
    if read.contains(.mirrors) {
      descriptor.mirror =
        [.tcp, .mptcp].contains(descriptor.socketType.value)
        ? fact(.mirrors, sample.mirror) : descriptor.socketType.map { _ in nil }
    }
    if knows(.specialInode) {
      descriptor.specialInode = .known(sample.specialInode.flatMap(DescriptorType.init))
    } else if knows(.status), knows(.target) {
      descriptor.specialInode = fact(.specialInode, nil)
    }
    return descriptor
  }

  private func fact<Value: Sendable>(_ fact: Fact, _ value: Value) -> FDCore.Fact<Value> {
    guard read.contains(fact) else { return .notRead }
    return unreadable.contains(fact) ? .unreadable(Errno(ESTALE)) : .known(value)
  }

  /// A fact of a socket; for any other descriptor the value is nil.
  private func ofSocket<Value: Sendable>(
    _ descriptor: Descriptor, _ fact: Fact, _ value: Value?
  ) -> FDCore.Fact<Value?> {
    guard read.contains(fact) else { return .notRead }
    guard knows(.status), sample.isSocket else { return descriptor.status.map { _ in nil } }
    return self.fact(fact, value)
  }
}

extension FileStatus {
  fileprivate init(_ sample: Sample) {
    let types: [String: FileType] = [
      "reg": .regular, "dir": .directory, "chr": .characterDevice, "blk": .blockDevice, "fifo": .fifo,
      "sock": .socket, "lnk": .symbolicLink,
    ]
    self.init(
      type: types[sample.fileType] ?? .none, identity: Identity(device: sample.device, inode: sample.inode),
      links: sample.links, size: sample.size, mount: sample.mount)
  }
}

extension DescriptorInfo {
  /// Reads the text that the kernel would show for the sample.
  fileprivate init?(_ sample: Sample) {
    let access: UInt32 = ["w": 1, "rw": 2][sample.mode] ?? 0
    let path: UInt32 = sample.mode == "path" ? 0o10_000_000 : 0
    let position = sample.position.map(String.init) ?? "-1"
    var text = "pos:\t\(position)\nflags:\t0\(String(sample.flags | access | path, radix: 8))\n"
    if sample.mount != 0 { text += "mnt_id:\t\(sample.mount)\n" }
    let words = ["posix": "POSIX", "ofd": "OFDLCK", "flock": "FLOCK", "lease": "LEASE", "other": "NEW"]
    for lock in sample.locks.sorted() {
      text += "lock:\t1: \(words[lock] ?? "")  ADVISORY  WRITE 1 0:1:1 0 EOF\n"
    }
    self.init(Array(text.utf8))
  }
}

extension SocketAddress {
  fileprivate init(_ end: Sample.End) {
    switch end {
    case .internet(let address, let port): self = .ip(IPAddress(networkOrder: address), port: port)
    case .unix(let name): self = .unix(ByteString(name))
    case .other: self = .other(family: 16)
    }
  }
}
