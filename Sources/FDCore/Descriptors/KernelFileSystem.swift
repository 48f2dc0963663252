import CLinux

/// The device numbers of the kernel's internal file systems.
///
/// Any user can imitate a path, a name and even a file's type, but not the file system of an internal file.
/// If rangeclose creates a file of some kind, the file lies on the same file system as the files of this kind
/// in all processes.
package enum KernelFileSystem {
  /// The device number of sockets, `(major << 32) | minor`; nil if rangeclose cannot create a socket.
  ///
  /// A file of type socket on another file system is the name of a socket.
  static let sockets = try? OwnedDescriptor.socket().status().identity.device

  /// The device number of namespaces, `(major << 32) | minor`; nil if it could not be read.
  ///
  /// A namespace that is mounted on a file, as by `ip-netns(8)`, has this device number, too.
  static let namespaces = try? ProcessDirectory(ownProcess).status(of: "ns/net").identity.device

  /// The devices of `memfd_create(2)`: a tmpfs, and a hugetlbfs for each size of huge pages.
  ///
  /// The list has the sizes of all architectures as powers of two, and 0 for the default size.
  package static let memory = Devices(
    of: [.memory] + [0, 14, 16, 19, 20, 21, 23, 24, 25, 28, 29, 30, 31, 34].map(Sample.hugePages))

  /// The device of `memfd_secret(2)`.
  package static let secretMemory = Devices(of: [.secretMemory])

  private static let ownProcess = Int32(clinux_own_process())

  /// A kind of file that rangeclose creates to learn its device number.
  enum Sample: Sendable {
    case memory, secretMemory
    case hugePages(UInt32)

    fileprivate func device() throws(Errno) -> UInt64 {
      switch self {
      case .memory: try OwnedDescriptor.memory().status().identity.device
      case .secretMemory: try OwnedDescriptor.secretMemory().status().identity.device
      case .hugePages(let size): try OwnedDescriptor.memory(hugePages: size).status().identity.device
      }
    }
  }

  /// The device numbers of files of some kinds.
  package struct Devices: Sendable {
    private let found: Set<UInt64>
    /// The error because of which rangeclose does not know a device number.
    private let obstacle: Errno?

    init(of samples: [Sample]) {
      var found: Set<UInt64> = []
      var obstacle: Errno?
      for sample in samples {
        do {
          found.insert(try sample.device())
        } catch {
          if !Self.meansNone(error) { obstacle = error }
        }
      }
      (self.found, self.obstacle) = (found, obstacle)
    }

    /// Whether an error proves that the kernel has no such memory, so that no process has a file in it.
    private static func meansNone(_ error: Errno) -> Bool {
      [Errno.notImplemented, .invalid, .noSuchDevice, .noSuchFile, .notSupported].contains(error)
    }

    /// Whether a device is one of these.
    ///
    /// Unreadable if the device is not among the known devices, and rangeclose may not know all devices.
    package func contain(_ device: UInt64) -> Fact<Bool> {
      if found.contains(device) { return .known(true) }
      return obstacle.map { .unreadable($0) } ?? .known(false)
    }
  }
}
