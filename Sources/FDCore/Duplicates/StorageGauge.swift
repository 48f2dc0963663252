import CLinux

/// The free space of file systems before an operation, to see afterwards what came back.
///
/// A file may still be held by something that no search can see, or share its storage with another file. Only
/// the file system knows.
package struct StorageGauge {
  private var before: [UInt64: UInt64] = [:]

  /// Measures the file systems of nameless regular files, as far as they are mounted here and local.
  package init(for descriptors: [Descriptor]) {
    var devices: Set<UInt64> = []
    for descriptor in descriptors {
      guard let status = descriptor.status.value, status.type == .regular, status.links == 0 else { continue }
      devices.insert(status.identity.device)
    }
    if devices.isEmpty { return }
    paths = FileSystemNames().localPaths(of: devices)
    for (device, path) in paths { before[device] = Self.freeSpace(path, device) }
  }

  private var paths: [UInt64: ByteString] = [:]

  /// Whether at least so much storage came back, but for a tenth.
  ///
  /// Other processes write to the file system meanwhile. So the answer is false more often than it should be.
  ///
  /// - Parameters:
  ///   - bytes: the storage in bytes.
  ///   - device: the device number of the file system.
  package func gained(_ bytes: UInt64, on device: UInt64) -> Bool {
    guard let before = before[device], let path = paths[device], let now = Self.freeSpace(path, device) else {
      return false
    }
    return now >= before && now - before >= bytes - bytes / 10
  }

  /// The free space in bytes; nil if the path leads to another file system by now.
  private static func freeSpace(_ path: ByteString, _ device: UInt64) -> UInt64? {
    guard let status = try? FileStatus.ofFile(at: path), status.identity.device == device else { return nil }
    var bytes: UInt64 = 0
    let answer = unsafe (path.bytes + [0]).withUnsafeBytes { text in
      unsafe clinux_free_space(text.assumingMemoryBound(to: CChar.self).baseAddress, &bytes)
    }
    return answer == 0 ? bytes : nil
  }
}
