/// The files that rangeclose itself has open.
package enum OwnFile {
  /// The path of the regular file that a descriptor is open on; nil for any other file, or without `/proc`.
  package static func path(ofRegular number: Int32) -> ByteString? {
    guard let links = try? OwnedDescriptor.open("/proc/self/fd", as: .directory),
      let status = try? links.status(of: "\(number)"), status.type == .regular
    else { return nil }
    return try? links.linkTarget(of: "\(number)")
  }

  /// The kind of the file that a path leads to, if the kernel has cached its names; nil otherwise.
  ///
  /// No file server is asked. The kernel caches names since Linux 5.12 for this; see RESOLVE_CACHED in
  /// `openat2(2)`.
  package static func kind(at path: ByteString) -> FileStatus.FileType? {
    guard !path.bytes.isEmpty, let here = try? OwnedDescriptor.open(".", as: .location) else { return nil }
    return try? here.openPlace(path, .cached, following: true).status().type
  }
}
