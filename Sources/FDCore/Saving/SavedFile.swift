import CLinux

extension DescriptorReader {
  /// Whether a regular file has content that a close could lose.
  ///
  /// The kernel makes the content of some files at each read, such as those in `/proc`. Their size means
  /// nothing.
  package func isWorthSaving(_ file: FileStatus) -> Bool {
    let ofKernel: [ByteString] = [
      "proc", "sysfs", "debugfs", "tracefs", "securityfs", "configfs", "cgroup", "cgroup2", "selinuxfs",
    ]
    // A file system on a disk has a device with a major number.
    if file.identity.device >> 32 != 0 { return true }
    return mounts.value?.mount(of: file).map { !ofKernel.contains($0.fileSystem) } ?? true
  }
}

extension TargetProcess {
  /// The file of a descriptor, opened for reading; see `open(2)` and `proc_pid_fd(5)`.
  ///
  /// O_NONBLOCK keeps the open from waiting for the holder of a lease. Then the kernel asks the holder to
  /// give it up, and the open is repeated until the deadline.
  func source(_ number: UInt32, until deadline: Deadline) throws(Errno) -> OwnedDescriptor {
    let links = try directory.open("task/\(tableThread)/fd", as: .directory)
    while true {
      let quiet = unsafe clinux_open(
        links.number, "\(number)", clinux_open_to_copy | clinux_no_access_time)
      // Only the owner of a file may use O_NOATIME.
      let answer =
        Errno(answer: quiet) == .notPermitted
        ? unsafe clinux_open(links.number, "\(number)", clinux_open_to_copy) : quiet
      if Errno(answer: answer) == .again, !deadline.hasPassed {
        usleep(10_000)
        continue
      }
      return OwnedDescriptor(adopting: try checked(answer))
    }
  }
}

extension FileUses {
  /// Whether a descriptor or a mapping can write to a part of the file that exists.
  ///
  /// A write through a description with O_APPEND goes to the end, also by `pwrite(2)`. Nothing shows if a
  /// mapping writes. A process that rangeclose cannot read does not count.
  func hasWriterInPlace(of file: FileStatus.Identity) -> Bool {
    if others.contains(where: { $0.file == file }) { return true }
    return descriptors.contains { use in
      guard use.file == file else { return false }
      guard let info = use.info else { return true }
      return [.write, .readWrite].contains(info.accessMode) && !info.flags.contains(.append)
    }
  }
}
