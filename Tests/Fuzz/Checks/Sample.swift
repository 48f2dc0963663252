import FDCore
import CLinux

/// A descriptor made up, with all that there is to know of it.
struct Sample {
  enum End: Equatable {
    /// 16 bytes and a port.
    case internet([UInt8], UInt16)
    /// A name of the Unix domain, of which an abstract one begins with NUL.
    case unix([UInt8])
    case other
  }

  var number: UInt32 = 0
  /// A word of `type:`.
  var type = "reg"
  /// What statx(2) calls it: a word of `type:`, or `none`.
  var fileType = "reg"
  var device: UInt64 = 0x8_0000_0001
  var inode: UInt64 = 1
  /// The mount's ID; 0 where the kernel does not tell.
  var mount: UInt64 = 0
  var links: UInt32 = 1
  var size: UInt64 = 0
  /// The kernel's text, and that without what the kernel added to it.
  var text: [UInt8] = []
  var path: [UInt8] = []
  var mode = "r"
  var flags: UInt32 = 0
  /// Nil for a negative one.
  var position: UInt64? = 0
  var locks: Set<String> = []
  var same: Set<UInt32> = []
  var local: End?
  var peer: End?
  var state: UInt8?
  var unixPeer: UInt64?
  var unixDevice: UInt64?
  /// A socket's name that was opened with O_PATH; it is no socket, and lies where other files do.
  var isSocketName = false
  /// The modes by which this very process holds the pipe; nil for any other.
  var ownSides: Set<String>?

  var isSocket: Bool { fileType == "sock" && !isSocketName }

  /// Whether it could lie on any file system, with any name, and be what it is.
  var isMovable: Bool { type == fileType && !isSocket && ownSides == nil }

  /// What of the type is for the file's file system to say, because all else is as with other files.
  var oddity: String? { fileType == "reg" && ["mqueue", "bpf-token"].contains(type) ? type : nil }

  /// Whether such files of file systems' own have to be ruled out before the type is known.
  fileprivate var isLikeOddity: Bool {
    oddity != nil || type == "reg" || type == "anon" && !text.starts(with: "anon_inode:".utf8)
  }
}

/// As much of a descriptor as somebody was told.
struct View {
  enum Fact: CaseIterable {
    case status, target, oddity, path, info, sharing, socketType, sockets, unixSockets
  }

  let sample: Sample
  var read: Set<Fact>
  /// Those of which a read fails.
  var unreadable: Set<Fact> = []
  /// Whether the selector's names were looked up.
  var isResolved = false

  func knows(_ fact: Fact) -> Bool {
    guard read.contains(fact), !unreadable.contains(fact) else { return self.isImplied(fact) }
    switch fact {
    case .path: return knows(.target)
    case .oddity: return knows(.status) && knows(.target)
    case .socketType, .sockets: return knows(.status)
    case .unixSockets: return knows(.socketType)
    default: return true
    }
  }

  /// Whether reading was begun, and other facts tell that there is nothing to be read.
  private func isImplied(_ fact: Fact) -> Bool {
    guard read.contains(fact) else { return false }
    switch fact {
    case .oddity: return knows(.status) && knows(.target) && sample.fileType != "reg"
    case .socketType, .sockets: return knows(.status) && !sample.isSocket
    case .unixSockets: return knows(.socketType) && sample.type != "unix"
    default: return false
    }
  }

  /// Whether a read was tried, and failed.
  func isRefused(_ fact: Fact) -> Bool { read.contains(fact) && unreadable.contains(fact) }

  /// Every type that it can have, as far as is known.
  var possibleTypes: Set<String> {
    guard knows(.status) else { return Vocabulary.everything }
    switch sample.fileType {
    case "sock": return sample.isSocketName || knows(.socketType) ? [sample.type] : Vocabulary.anySocket
    case "reg", "none":
      return knows(sample.isLikeOddity ? .oddity : .target) ? [sample.type] : Vocabulary.untyped
    default: return [sample.fileType]
    }
  }
}

// MARK: - As the program has it

extension View {
  /// The descriptor as a reader would have left it.
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
    if read.contains(.unixSockets) {
      let unix = UnixSocket(peer: sample.unixPeer, device: sample.unixDevice)
      descriptor.unixSocket =
        descriptor.socketType.value == .unix
        ? fact(.unixSockets, unix) : descriptor.socketType.map { _ in nil }
    }
    if knows(.oddity) {
      descriptor.specialInode = .known(sample.oddity.flatMap(DescriptorType.init))
    } else if knows(.status), knows(.target) {
      descriptor.specialInode = fact(.oddity, nil)
    }
    return descriptor
  }

  private func fact<Value: Sendable>(_ fact: Fact, _ value: Value) -> FDCore.Fact<Value> {
    guard read.contains(fact) else { return .notRead }
    return unreadable.contains(fact) ? .unreadable(Errno(ESTALE)) : .known(value)
  }

  /// Something of a socket; nil, where it is not known, for anything else.
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
  /// Through the text that the kernel would have for it.
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
