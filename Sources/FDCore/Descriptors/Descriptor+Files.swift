/// The files of descriptors.
extension [Descriptor] {
  /// The files whose status is known, each of them once, with the first of its descriptors.
  package func eachFileOnce() -> [(
    descriptor: Descriptor, status: FileStatus, identity: FileStatus.Identity
  )] {
    var seen: Set<FileStatus.Identity> = []
    return compactMap { descriptor in
      guard let status = descriptor.status.value, seen.insert(status.identity).inserted else { return nil }
      return (descriptor, status, status.identity)
    }
  }
}
