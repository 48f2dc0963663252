/// The files that rangeclose itself has open.
package enum OwnFile {
  /// The path of the regular file that a descriptor is open on; nil for any other file, or without `/proc`.
  package static func path(ofRegular number: Int32) -> ByteString? {
    guard let links = try? OwnedDescriptor.open("/proc/self/fd", as: .directory),
      let status = try? links.status(of: "\(number)"), status.type == .regular
    else { return nil }
    return try? links.linkTarget(of: "\(number)")
  }
}
