import CLinux

/// The device numbers of the kernel's internal file systems.
///
/// Any user can imitate a path, a name and even a file's type, but not the file system of an internal file.
/// If rangeclose creates a file of some kind, the file lies on the same file system as the files of this kind
/// in all processes.
package enum KernelFileSystem {
  /// The device of sockets.
  ///
  /// A file of type socket on another file system is the name of a socket.
  package static let sockets = Devices(of: [.socket])

  /// The device of namespaces.
  ///
  /// A namespace that is mounted on a file, as by `ip-netns(8)`, has it too.
  package static let namespaces = Devices(of: [.namespace])

  /// The devices of `memfd_create(2)`: a tmpfs, and a hugetlbfs for each size of huge pages.
  ///
  /// The list has the sizes of all architectures as powers of two, and 0 for the default size.
  package static let memory = Devices(
    of: [.memory] + [0, 14, 16, 19, 20, 21, 23, 24, 25, 28, 29, 30, 31, 34].map(Sample.hugePages))

  /// The device of `memfd_secret(2)`.
  package static let secretMemory = Devices(of: [.secretMemory])

  private static let ownProcess = Int32(clinux_own_process())

  /// A kind of file that rangeclose creates or looks up to learn its device number.
  enum Sample: Sendable {
    case socket, namespace, memory, secretMemory
    case hugePages(UInt32)

    fileprivate func device() throws(Errno) -> UInt64 {
      switch self {
      case .socket: try OwnedDescriptor.socket().status().identity.device
      // Every kernel that has a /proc with namespaces has mount namespaces; see `ns_entries` in
      // fs/proc/namespaces.c.
      case .namespace: try ProcessDirectory(ownProcess).status(of: "ns/mnt").identity.device
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
          if !Self.meansNone(error, sample) { obstacle = error }
        }
      }
      (self.found, self.obstacle) = (found, obstacle)
    }

    /// Whether an error proves that no process has such a file.
    ///
    /// A seccomp filter can make our calls fail with any error. Many filters return `ENOSYS`. So an error
    /// counts only if the call is known to work and the error is about one size of huge pages: the processor
    /// or the kernel does not have that size. See `hugetlb_file_setup` in fs/hugetlbfs/inode.c.
    private static func meansNone(_ error: Errno, _ sample: Sample) -> Bool {
      guard case .hugePages = sample else { return false }
      return error == .noSuchDevice || error == .noSuchFile
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
