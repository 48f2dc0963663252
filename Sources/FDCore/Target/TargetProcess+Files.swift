import CLinux

/// What paths lead to in the root directory of the process.
extension TargetProcess {
  /// The file that a path leads to, as far as the kernel has cached the names of it; nil otherwise.
  ///
  /// No file server is asked, because it may not answer. A relative path begins at rangeclose's own working
  /// directory. The kernel tells cached names apart since Linux 5.12; see RESOLVE_CACHED in `openat2(2)`.
  package func cachedFile(at path: ByteString) -> FileStatus.Identity? {
    do throws(Errno) {
      let root = try directory.open("root", as: .location)
      var rest = path.names[...]
      if !path.hasPrefix("/") {
        rest = try OwnedDescriptor.open("/proc/self", as: .location).linkTarget(of: "cwd").names + rest
      }
      return try file(at: rest, below: root)
    } catch {
      return nil
    }
  }

  /// Follows a path name by name.
  ///
  /// Some file systems have no cached links, such as overlayfs, so the links are read.
  private func file(
    at names: ArraySlice<[UInt8]>, below root: borrowing OwnedDescriptor
  ) throws(Errno) -> FileStatus.Identity? {
    var (rest, done, found, links) = (names, [] as [[UInt8]], nil as FileStatus.Identity?, 0)
    let mostLinks = 8
    while let name = rest.popFirst() {
      if name == [UInt8(ascii: ".")] { continue }
      if name == [UInt8(ascii: "."), UInt8(ascii: ".")] {
        if !done.isEmpty { done.removeLast() }
        continue
      }
      let slash = [UInt8(ascii: "/")]
      let path = ByteString((done + [name]).flatMap { slash + $0 })
      let place = try root.openPlace(path, [.inRoot, .noSymlinks, .cached])
      let status = try place.status()
      if status.type == .symbolicLink {
        links += 1
        guard links <= mostLinks, isLocal(status) else { return nil }
        let target = try place.linkTarget(of: "")
        if target.hasPrefix("/") { done = [] }
        rest = target.names + rest
      } else {
        done.append(name)
        found = status.identity
      }
    }
    return found
  }

  /// Whether a link can be read without a file server.
  private func isLocal(_ link: FileStatus) -> Bool {
    if link.identity.device >> 32 != 0 { return true }
    let local: [ByteString] = ["overlay", "tmpfs", "ramfs", "devtmpfs", "rootfs", "btrfs", "zfs", "bcachefs"]
    return (try? descriptors())?.mounts.value?.mount(of: link).map { local.contains($0.fileSystem) } ?? false
  }

  /// The error with which the process could not open or create a file; nil if its name is no obstacle.
  ///
  /// The rights of the process are not examined, and links below /proc mean something else to rangeclose.
  ///
  /// - Parameters:
  ///   - path: an absolute path.
  ///   - creates: whether the open would create the file; see O_CREAT in `open(2)`.
  package func obstacle(toOpening path: ByteString, creating creates: Bool) -> Errno? {
    if path.hasPrefix("/proc/") { return nil }
    do throws(Errno) {
      let isDirectory = try place(path, .inRoot).status().type == .directory
      return isDirectory && creates ? .isDirectory : nil
    } catch {
      guard error == .noSuchFile else { return error.isAboutName ? error : nil }
      guard creates else { return .noSuchFile }
    }
    guard let slash = path.bytes.lastIndex(of: UInt8(ascii: "/")) else { return nil }
    if slash == path.bytes.count - 1 { return .isDirectory }
    do throws(Errno) {
      let parent = try place(ByteString(Array(path.bytes[...slash])), .inRoot)
      return try parent.status().type == .directory ? nil : .notDirectory
    } catch {
      return error.isAboutName ? error : nil
    }
  }

  private func place(
    _ path: ByteString, _ resolution: OwnedDescriptor.Resolution
  ) throws(Errno) -> OwnedDescriptor {
    try directory.open("root", as: .location).openPlace(path, resolution, following: true)
  }
}

extension Errno {
  /// Whether the error means that a path cannot lead to a file, whatever the rights of the caller are.
  ///
  /// ELOOP is left out, because RESOLVE_IN_ROOT gives it to links such as `/dev/stderr`, too.
  fileprivate var isAboutName: Bool { [.noSuchFile, .notDirectory, .nameTooLong].contains(self) }
}

extension ByteString {
  /// The names between the slashes of a path.
  fileprivate var names: [[UInt8]] { bytes.split(separator: UInt8(ascii: "/")).map(Array.init) }
}
