import CLinux
import FDCore
import CLinux

/// What this machine answers where a selector names something.
extension Sample {
  static let ownPID = "\(getpid())"

  /// A text in which that is the same in every process.
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

  /// The mounts that a selector may name here.
  static let mounts: [[UInt8]: MountedFileSystem] = {
    var mounts: [[UInt8]: MountedFileSystem] = [:]
    for path in ["/", "/proc"] { mounts[Array(path.utf8)] = try? MountedFileSystem(at: ByteString(path)) }
    return mounts
  }()

  /// Addresses of the hosts that may be looked up: those of the machine itself, which asks no server.
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

  /// Two ends of a connection that this process holds, by their inode numbers.
  static let ownSockets: Set<UInt64> = {
    var ends: [Int32] = [0, 0]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0, &ends) == 0 else { return [] }
    return Set(ends.map { identity(of: $0).inode })
  }()

  /// A pipe that it holds by both ends.
  static let ownPipe: (device: UInt64, inode: UInt64) = {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return (0, 0) }
    // Opened again they are closed by an exec; fcntl(2) and open(2) are not to be had in Embedded Swift.
    let own = zip(ends, [O_RDONLY, O_WRONLY]).map { end, mode in
      clinux_open(clinux_at_fdcwd, "/proc/self/fd/\(end)", mode | O_CLOEXEC)
    }
    for end in ends { close(end) }
    return identity(of: Int32(own[0]))
  }()

  /// Opens these two, where they are not yet, so that `owner:` finds them.
  static func holdEnds() { _ = (ownSockets, ownPipe) }

  /// The file systems of sockets, of namespaces, and of files without a name.
  static let socketDevice = device { Int(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)) }
  static let namespaceDevice = device {
    clinux_open(clinux_at_fdcwd, "/proc/self/ns/net", clinux_open_read_only)
  }
  static let memoryDevice = device { clinux_memfd_create("fuzz", 0) }
  static let secretMemoryDevice = device(clinux_memfd_secret)

  /// Devices of file systems where there may be files of any name.
  static let devices = [5, 12, 0x8_0000_0001, 0x9_0000_0001].filter { !isKernels($0) }

  /// Whether what lies on a device is what it is by that alone.
  static func isKernels(_ device: UInt64) -> Bool {
    [socketDevice, namespaceDevice].contains(device) || KernelFileSystem.memory.contain(device).value == true
      || KernelFileSystem.secretMemory.contain(device).value == true
  }

  /// Whether a file with the name of one in memory can be told from it here.
  static let areLookalikesTold = devices.allSatisfy {
    KernelFileSystem.memory.contain($0).value != nil && KernelFileSystem.secretMemory.contain($0).value != nil
  }

  private static func device(_ make: () -> Int) -> UInt64? {
    let number = make()
    return number < 0 ? nil : identity(of: Int32(number)).device
  }

  /// See makedev(3); the kernel's two parts of a number are put together otherwise here.
  private static func identity(of number: Int32) -> (device: UInt64, inode: UInt64) {
    var status = stat()
    guard fstat(number, &status) == 0 else { return (0, 0) }
    let device = status.st_dev
    let major = device >> 8 & 0xFFF | device >> 32 & 0xFFFF_F000
    let minor = device & 0xFF | device >> 12 & 0xFFFF_FF00
    return (UInt64(major) << 32 | UInt64(minor), UInt64(status.st_ino))
  }
}
