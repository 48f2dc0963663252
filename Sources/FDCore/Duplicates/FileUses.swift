import CLinux

/// The descriptors, mappings and registrations by which processes keep certain files alive.
package struct FileUses {
  /// A descriptor of one of the files.
  package struct Use {
    /// The process, or the thread with its own table.
    package let process: Int32
    /// The number of the descriptor.
    package let number: UInt32
    /// The file.
    package let file: FileStatus.Identity
    /// Nil if it could not be read.
    package let info: DescriptorInfo?
  }

  /// A use without a descriptor.
  package struct OtherUse {
    /// The process; nil if the kernel itself uses the file.
    package let process: Int32?
    /// The file.
    package let file: FileStatus.Identity
    /// The kind of the use, such as `mapping`.
    package let kind: Kind

    /// A kind of use.
    package enum Kind: String, Sendable {
      /// A mapping in memory.
      case mapping
      /// A file that is registered with an io_uring(7).
      case ioUring = "io_uring"
      /// The file behind a loop device.
      case loop = "loop device"
    }
  }

  /// The descriptors, ascending by process and number.
  package private(set) var descriptors: [Use] = []
  /// The uses without a descriptor.
  package private(set) var others: [OtherUse] = []
  /// The processes whose descriptors or mappings could not be read.
  package private(set) var unread = UnreadProcesses()
  /// The number of these processes.
  package var unreadable: Int { unread.count }

  /// The files, and the texts of their links for uses that have only a name.
  private let wanted: [FileStatus.Identity: ByteString?]
  private let unnamed: Set<FileStatus.Identity>
  private let includesOthers: Bool
  private let includesRings: Bool
  private let known: Known?

  /// The table of one thread, whose numbers were listed already.
  struct Known {
    let thread: Int32
    /// The numbers whose files are not known.
    let numbers: [UInt32]
  }

  /// Searches every process except rangeclose.
  ///
  /// - Parameters:
  ///   - files: the files, and the text of the link of each as far as it is known.
  ///   - unnamed: those of the files that have no name any more. If nothing holds such a file, another file
  ///     may get its inode number at once. That file has a name.
  ///   - includesOthers: whether uses without a descriptor are searched, too.
  ///   - includesRings: whether files that are registered with an io_uring are searched at least.
  package init(
    of files: [FileStatus.Identity: ByteString?], unnamed: Set<FileStatus.Identity> = [],
    includingOthers includesOthers: Bool = true, includingRings includesRings: Bool = false
  ) {
    self.init(of: files, unnamed: unnamed, includesOthers, includesRings || includesOthers, knowing: nil)
  }

  private init(
    of files: [FileStatus.Identity: ByteString?], unnamed: Set<FileStatus.Identity>,
    _ includesOthers: Bool, _ includesRings: Bool, knowing known: Known?
  ) {
    (wanted, self.unnamed) = (files, unnamed)
    (self.includesOthers, self.includesRings) = (includesOthers, includesRings)
    self.known = known
    guard let processes = try? OwnedDescriptor.open("/proc", as: .directory).numericEntries() else {
      unread.addUnnamed()
      return
    }
    for number in processes {
      let pid = Int32(truncatingIfNeeded: number)
      if pid == clinux_own_process() { continue }
      do throws(Errno) {
        let process = try ProcessDirectory(pid)
        try add(process)
      } catch  where error == .noSuchFile || error == .noSuchProcess {
        continue
      } catch {
        unread.add(pid)
      }
    }
    if includesOthers { addLoops() }
  }

  /// The same for files whose names do not matter.
  ///
  /// - Parameter known: a table of which only some numbers are searched.
  init(
    of files: Set<FileStatus.Identity>, includingOthers includesOthers: Bool = true,
    knowing known: Known? = nil
  ) {
    self.init(
      of: Dictionary(uniqueKeysWithValues: files.map { ($0, nil) }), unnamed: [],
      includesOthers, includesOthers, knowing: known)
  }

  private mutating func add(_ process: ProcessDirectory) throws(Errno) {
    try add(process, process.pid, "")
    for thread in try process.threadsWithOwnTable() {
      do throws(Errno) {
        try add(process, thread, "task/\(thread)/")
      } catch  where error == .noSuchFile || error == .noSuchProcess {
        // The thread has exited. The process may still have the files.
        continue
      }
    }
    if !includesOthers { return }
    var mapped: Set<FileStatus.Identity> = []
    for mapping in MemoryMapping.all(in: try process.mappings()) {
      let files = files(mapping, process)
      let isNamed = mapping.name.removingSuffix(DescriptorReader.mark) == nil
      mapped.formUnion(isNamed ? files.filter { !unnamed.contains($0) } : files)
    }
    others += mapped.map { OtherUse(process: process.pid, file: $0, kind: .mapping) }
  }

  /// The files that a mapping may be of.
  ///
  /// On btrfs and on older overlayfs, `/proc/PID/maps` shows another device number than `statx(2)`. So a
  /// mapping with the inode number of a file is looked at itself. That takes CAP_CHECKPOINT_RESTORE; see
  /// `proc_pid_map_files(5)`. Without it, the mapping counts.
  private func files(_ mapping: MemoryMapping, _ process: ProcessDirectory) -> [FileStatus.Identity] {
    guard let shown = mapping.file else { return [] }
    if wanted[shown] != nil { return [shown] }
    let similar = wanted.keys.filter { $0.inode == shown.inode }
    if similar.isEmpty { return [] }
    let (start, end) = (String(mapping.start, radix: 16), String(mapping.end, radix: 16))
    do throws(Errno) {
      let file = try process.status(of: "map_files/\(start)-\(end)").identity
      return similar.filter { $0 == file }
    } catch {
      return similar
    }
  }

  private mutating func add(_ process: ProcessDirectory, _ thread: Int32, _ base: String) throws(Errno) {
    let links = try process.open(base + "fd", as: .directory)
    let listed = known.flatMap { $0.thread == thread ? $0.numbers : nil }
    let numbers = if let listed { listed } else { try links.numericEntries() }
    for number in numbers {
      guard let status = try? links.status(of: String(number)) else { continue }
      let name = "\(base)fdinfo/\(number)"
      if wanted[status.identity] != nil {
        if status.links > 0, unnamed.contains(status.identity) { continue }
        let info = (try? process.content(of: name)).flatMap { DescriptorInfo($0) }
        descriptors.append(Use(process: thread, number: number, file: status.identity, info: info))
      } else if includesRings, status.type == .none,
        let text = try? links.linkTarget(of: String(number)), DescriptorType(target: text) == .ioUring
      {
        addRegistered(try process.content(of: name), process.pid)
      }
    }
  }

  /// Adds the files that are registered with an io_uring, by the `UserFiles` lines of its fdinfo.
  ///
  ///     UserFiles:   2
  ///         0: /var/log/app.log\040(deleted)
  ///
  /// See `__io_uring_show_fdinfo` in `io_uring/fdinfo.c`.
  private mutating func addRegistered(_ text: [UInt8], _ pid: Int32) {
    var scanner = TextScanner(text)
    var isInList = false
    while !scanner.isAtEnd {
      if scanner.skip(text: "UserFiles:") {
        isInList = true
      } else if isInList {
        scanner.skipBlanks()
        guard scanner.decimal(UInt32.self) != nil, scanner.skip(":") else { return }
        scanner.skipBlanks()
        add(MountTable.unescaped(scanner.peekLine()[...]), .ioUring, pid)
      }
      scanner.skipLine()
    }
  }

  private mutating func addLoops() {
    for (use, file) in FileUse.ofKernel() where use == .loop {
      if let identity = file.status.value?.identity, wanted[identity] != nil {
        others.append(OtherUse(process: nil, file: identity, kind: .loop))
      } else if let text = file.target.value {
        add(text, .loop, nil)
      }
    }
  }

  private mutating func add(_ text: ByteString, _ kind: OtherUse.Kind, _ pid: Int32?) {
    for (file, name) in wanted where name == text {
      others.append(OtherUse(process: pid, file: file, kind: kind))
    }
  }

  /// The files that have a use.
  package var files: Set<FileStatus.Identity> { Set(descriptors.map { $0.file } + others.map { $0.file }) }

  /// Whether a process has mapped a file, or a loop device uses it.
  func isMapped(_ file: FileStatus.Identity) -> Bool {
    others.contains { $0.file == file && $0.kind != .ioUring }
  }
}

extension ProcessDirectory {
  /// The text of `/proc/PID/maps`, or that of a thread if the leader has exited.
  fileprivate func mappings() throws(Errno) -> [UInt8] {
    let text = Fact { () throws(Errno) in try content(of: "maps") }
    // Since Linux 6.16 the file of a task without memory cannot be read; before, it is empty.
    let isOfExitedLeader = text.error == .noSuchProcess || text.value?.isEmpty == true
    guard isOfExitedLeader, let tids = try? threads().tids else { return try content(of: "maps") }
    for tid in tids where tid != pid {
      if let text = try? content(of: "task/\(tid)/maps"), !text.isEmpty { return text }
    }
    return []
  }

  /// One thread for each descriptor table that is not that of the leader, after unshare(2) with CLONE_FILES.
  ///
  /// If the leader has exited, its table is gone. Throws `EPERM` if the kernel refuses to compare the tables;
  /// see `kcmp(2)`.
  fileprivate func threadsWithOwnTable() throws(Errno) -> [Int32] {
    if hasThreads(1) { return [] }
    var known = [pid]
    for tid in try threads().tids where tid != pid {
      var isNew = true
      for other in known {
        switch TableIdentity(thread: other).compare(with: tid) {
        case .same: isNew = false
        case .different: break
        case .unknown(let error): if error != .noSuchProcess { throw error }
        }
      }
      if isNew { known.append(tid) }
    }
    return Array(known.dropFirst())
  }
}
