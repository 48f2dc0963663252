import CLinux

/// File systems that the kernel keeps to itself, by their device numbers.
///
/// A path, a name and even a file's type may be anybody's making; which file system a file lies on is not.
/// A file of our own lies on the same as everybody's.
package enum KernelFileSystem {
  /// Of sockets.
  ///
  /// A socket's name in another file system is no socket.
  static let sockets = try? OwnedDescriptor.socket().status().identity.device

  /// Of namespaces, also of those that are mounted on a file, as `ip-netns(8)` does.
  static let namespaces = try? ProcessDirectory(ownProcess).status(of: "ns/net").identity.device

  /// Of `memfd_create(2)`: a tmpfs, and a hugetlbfs for each size of huge pages that some architecture has,
  /// as powers of two, besides the usual one.
  package static let memory = Devices(
    of: [.memory] + [0, 14, 16, 19, 20, 21, 23, 24, 25, 28, 29, 30, 31, 34].map(Sample.hugePages))

  /// Of `memfd_secret(2)`.
  package static let secretMemory = Devices(of: [.secretMemory])

  private static let ownProcess = Int32(clinux_own_process())

  /// A file of our own, made to see where it lies.
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

  /// Where files that are made in some ways lie.
  package struct Devices: Sendable {
    private let found: Set<UInt64>
    /// Why some could not be found out.
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

    /// The kernel has no such memory, nor anybody a file in it.
    private static func meansNone(_ error: Errno) -> Bool {
      [Errno.notImplemented, .invalid, .noSuchDevice, .noSuchFile, .notSupported].contains(error)
    }

    /// Whether a device is one of these; unreadable where we may not know all of them.
    package func contain(_ device: UInt64) -> Fact<Bool> {
      if found.contains(device) { return .known(true) }
      return obstacle.map { .unreadable($0) } ?? .known(false)
    }
  }
}
