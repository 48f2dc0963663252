import CLinux
import FDCore
import CLinux

/// The answers of this computer to the names in a selector.
extension Sample {
  static let ownPID = "\(getpid())"

  /// The text with the ID of this process replaced, so that it is the same in every process.
  static func withoutOwnPID(_ text: [UInt8]) -> [UInt8] {
    var constant = text[...]
    var result: [UInt8] = []
    while let byte = constant.first {
      let isPID = constant.starts(with: ownPID.utf8)
      result += isPID ? Array("PID".utf8) : [byte]
      constant = constant.dropFirst(isPID ? ownPID.utf8.count : 1)
    }
    return result
  }

  /// The mounts that a selector may name in the checks.
  static let mounts: [[UInt8]: (id: UInt64, fileSystem: MountedFileSystem)] = {
    var mounts: [[UInt8]: (id: UInt64, fileSystem: MountedFileSystem)] = [:]
    for path in ["/", "/proc"] {
      guard let own = try? MountNamespace.own(), let mount = try? own.mount(at: ByteString(path)),
        let id = mount.id
      else {
        continue
      }
      mounts[Array(path.utf8)] = (id, mount.fileSystem)
    }
    return mounts
  }()

  /// The addresses of the hosts that may be looked up.
  ///
  /// They are those of the computer itself, for which no server is asked.
  static let hosts: [[UInt8]: [[UInt8]]] = {
    let addresses = (try? NameService.addresses(of: "localhost")) ?? []
    return [
      Array("localhost".utf8): addresses.map { address in
        (0..<16).map { UInt8(truncatingIfNeeded: address.value >> UInt128(120 - 8 * $0)) }
      }
    ]
  }()

  static let services: [[UInt8]: [Int]] = ["http", "https", "domain"].reduce(into: [:]) { services, name in
    services[Array(name.utf8)] = NameService.ports(of: name).map(Int.init)
  }

  /// The inode numbers of both ends of a connection that this process holds.
  static let ownSockets: Set<UInt64> = {
    var ends: [Int32] = [0, 0]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0, &ends) == 0 else { return [] }
    return Set(ends.map { identity(of: $0).inode })
  }()

  /// A pipe of which this process holds both ends.
  static let ownPipe: (device: UInt64, inode: UInt64) = {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return (0, 0) }
    // The ends are opened again to make them close-on-exec. Embedded Swift offers neither fcntl(2) nor
    // open(2).
    let own = zip(ends, [O_RDONLY, O_WRONLY]).map { end, mode in
      clinux_open(clinux_at_fdcwd, "/proc/self/fd/\(end)", mode | O_CLOEXEC)
    }
    for end in ends { close(end) }
    return identity(of: Int32(own[0]))
  }()

  /// Opens the connection and the pipe, if they are not open yet, so that `owner:` finds them.
  static func holdEnds() { _ = (ownSockets, ownPipe) }

  /// The devices of the file systems of sockets, of namespaces, and of files without a name.
  static let socketDevice = device { Int(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)) }
  static let namespaceDevice = device {
    clinux_open(clinux_at_fdcwd, "/proc/self/ns/net", clinux_open_read_only)
  }
  static let memoryDevice = device { clinux_memfd_create("fuzz", 0) }
  static let secretMemoryDevice = device(clinux_memfd_secret)

  /// Devices of file systems that may hold files of any name.
  static let devices = [5, 12, 0x8_0000_0001, 0x9_0000_0001].filter { !isKernels($0) }

  /// Whether the device alone decides the type of the files on it.
  static func isKernels(_ device: UInt64) -> Bool {
    [socketDevice, namespaceDevice].contains(device) || KernelFileSystem.memory.contain(device).value == true
      || KernelFileSystem.secretMemory.contain(device).value == true
  }

  /// Whether a file that is named like a memory file can be distinguished from a memory file here.
  static let areLookalikesDistinguished = devices.allSatisfy {
    KernelFileSystem.memory.contain($0).value != nil && KernelFileSystem.secretMemory.contain($0).value != nil
  }

  private static func device(_ make: () -> Int) -> UInt64? {
    let number = make()
    return number < 0 ? nil : identity(of: Int32(number)).device
  }

  /// The device and the inode number of a descriptor.
  ///
  /// The result combines the two parts of the device number in another way than makedev(3).
  private static func identity(of number: Int32) -> (device: UInt64, inode: UInt64) {
    var status = stat()
    guard fstat(number, &status) == 0 else { return (0, 0) }
    let device = status.st_dev
    let major = device >> 8 & 0xFFF | device >> 32 & 0xFFFF_F000
    let minor = device & 0xFF | device >> 12 & 0xFFFF_FF00
    return (UInt64(major) << 32 | UInt64(minor), UInt64(status.st_ino))
  }
}
