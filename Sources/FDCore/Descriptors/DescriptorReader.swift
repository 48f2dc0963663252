import CLinux

/// Reads a process's descriptors from `/proc/PID/fd`, one fact at a time.
package final class DescriptorReader {
  let process: ProcessDirectory
  /// `task/TID/` for a thread, or an empty string for the process.
  let base: String
  /// The directory `/proc/PID/fd` or `/proc/PID/task/TID/fd`.
  let links: OwnedDescriptor
  let inquiry: SocketInquiry
  private let thread: Int32
  /// The number of the duplicate that is read in place of a descriptor of the process; nil for none.
  ///
  /// `links` and `inquiry` are then those of rangeclose. See `Duplicates`.
  var duplicate: UInt32?
  private let comparedNumbers: [UInt32]
  /// The mounts that the process sees.
  private(set) lazy var mounts = Fact { () throws(Errno) in try MountTable(of: process) }
  /// How names are looked up; unreadable if rangeclose may not enter the root directory of the process.
  private(set) lazy var names = Fact { () throws(Errno) in try NameLookup(for: process) }

  /// Whether the reader has time to query more sockets.
  ///
  /// If it has none, the facts of the sockets that are left stay unread.
  package var hasTime: () -> Bool = { true }

  /// The tables of sockets that several readers use; nil if the reader reads each table anew.
  ///
  /// During a stop no reader has it, because the tables may be older than the stop.
  package var socketTables: SocketTableCache?

  /// The state of the process during a read, which decides how facts are read.
  package enum Moment: Sendable {
    /// The process runs. The reader looks up sockets in the tables of their namespace, in one pass, and
    /// queries each socket that is not in any table.
    case running
    /// Every thread is stopped. The reader queries each socket itself, which is cheap for a few. It looks up
    /// no path, because the process may be the file server that must reply.
    case stopped
  }

  /// Opens the descriptor directory of a process.
  ///
  /// - Parameters:
  ///   - thread: the thread whose descriptor table is read; nil for the leader. A leader that has exited has
  ///     no descriptors, so the caller then passes a thread that still runs.
  ///   - comparedNumbers: the numbers that `Descriptor.sameAs` compares with.
  ///
  /// Throws `EACCES` without the right to read the directory; see `ptrace(2)`, `PTRACE_MODE_READ_FSCREDS`.
  package init(
    _ process: ProcessDirectory, thread: Int32? = nil, comparedNumbers: [UInt32]
  ) throws(Errno) {
    self.process = process
    self.thread = thread ?? process.pid
    self.comparedNumbers = comparedNumbers
    base = thread.map { "task/\($0)/" } ?? ""
    links = try process.open(base + "fd", as: .directory)
    inquiry = SocketInquiry(process, thread: thread)
    if let thread { guard process.hasThread(thread) else { throw .noSuchProcess } }
  }

  /// At most this many numbers are looked up one by one.
  ///
  /// A listing of the table takes longer, because the kernel looks up every number for it.
  package static let fewNumbers = 16

  /// Finds out which of a few numbers are open, by one fact about each of them.
  ///
  /// Throws `ESRCH` if the process is gone. The result is ascending if the numbers are.
  package func open(among numbers: [UInt32], by fact: FactSet) throws(Errno) -> [Descriptor] {
    let open = complete(numbers.map(Descriptor.init), facts: fact)
    // The kernel finds no number of a process that is gone.
    if open.isEmpty, !process.isThere { throw .noSuchProcess }
    return open
  }

  /// Makes a reader that reads the files of a table through duplicates.
  ///
  /// Only the close-on-exec flag and the record locks are still read by the descriptor's own number, which
  /// may refer to another file by now. So no operation on a file may depend on them; see `Term.readsNumber`.
  ///
  /// - Parameter reader: the reader of the table.
  ///
  /// Throws the errors of `open(2)`.
  init(ofDuplicatesFrom reader: DescriptorReader) throws(Errno) {
    (process, base, thread) = (reader.process, reader.base, reader.thread)
    comparedNumbers = reader.comparedNumbers
    links = try .open("/proc/self/fd", as: .directory)
    inquiry = SocketInquiry(try ProcessDirectory(clinux_own_process()), thread: nil)
  }

  /// The number by which `links` and `inquiry` know the file of a descriptor.
  func place(of descriptor: Descriptor) -> UInt32 { duplicate ?? descriptor.number }

  /// The open numbers, ascending.
  ///
  /// Throws `ENOENT` or `ESRCH` if the process is gone, and `EACCES` if rangeclose lost the right to read its
  /// table. The corresponding system call is `getdents64(2)`.
  package func openNumbers() throws(Errno) -> [UInt32] {
    try links.numericEntries()
  }

  /// Reads facts about open numbers.
  ///
  /// The result omits numbers that are not open any more.
  package func read(
    _ numbers: [UInt32], facts: FactSet, at moment: Moment = .running
  ) -> [Descriptor] {
    complete(numbers.map(Descriptor.init), facts: facts, at: moment)
  }

  /// Reads the facts that descriptors lack.
  ///
  /// The result omits descriptors that are not open any more.
  package func complete(
    _ descriptors: [Descriptor], facts: FactSet, at moment: Moment = .running
  ) -> [Descriptor] {
    var descriptors = descriptors
    if !facts.isEmpty {
      for index in descriptors.indices { _ = read(facts, of: &descriptors[index], at: moment) }
      descriptors.removeAll { $0.isGone }
    }
    readTables(facts, &descriptors, moment)
    return descriptors
  }

  /// Reads the facts of a running process that come from tables.
  package func readTables(_ facts: FactSet, of descriptors: inout [Descriptor]) {
    readTables(facts, &descriptors, .running)
  }

  /// Reads the facts that come from tables.
  func readTables(_ facts: FactSet, _ descriptors: inout [Descriptor], _ moment: Moment) {
    if facts.contains(.sockets) { readSockets(&descriptors, moment) }
    if facts.contains(.unixSockets) { readUnixSockets(&descriptors) }
    if facts.contains(.mirrors) { readMirrors(&descriptors, moment) }
  }

  /// Reads the facts that one descriptor lacks, except facts from tables.
  ///
  /// False if the descriptor is not open any more.
  package func read(
    _ facts: FactSet, of descriptor: inout Descriptor, at moment: Moment = .running
  ) -> Bool {
    let name = String(place(of: descriptor))
    if facts.contains(.status), descriptor.status.isMissing {
      descriptor.status = Fact { () throws(Errno) in try links.status(of: name) }
    }
    let needsTarget =
      facts.contains(.identity) && !descriptor.hasIdentityByStatus
      || facts.contains(.lostNames) && descriptor.hasLostItsName
    if facts.contains(.target) || needsTarget, descriptor.target.isMissing {
      descriptor.target = Fact { () throws(Errno) in try links.linkTarget(of: name) }
    }
    if descriptor.specialInode.isMissing {
      descriptor.specialInode = specialInode(descriptor, name, moment)
    }
    if facts.contains(.socketType), descriptor.socketType.isMissing {
      descriptor.socketType = socketType(descriptor, name)
    }
    if facts.contains(.activity), descriptor.activity.isMissing {
      descriptor.activity = activity(descriptor)
    }
    if facts.contains(.sharing), descriptor.sameAs.isMissing {
      descriptor.sameAs = Fact { () throws(Errno) in try numbers(sharingWith: descriptor.number) }
    }
    if facts.contains(.path), descriptor.path.isMissing {
      let mayBeMarked = descriptor.target.value?.removingSuffix(Self.mark) != nil
      if mayBeMarked, descriptor.status.isMissing {
        return read(facts.union(.status), of: &descriptor, at: moment)
      }
      descriptor.path = path(descriptor, moment)
    }
    if descriptor.info.isMissing {
      let isMarked = facts.contains(.marks) && descriptor.mayBeMarked
      if facts.contains(.info) || isMarked { descriptor.info = info(descriptor) }
    }
    if facts.contains(.mode), descriptor.accessMode.isMissing { readMode(of: &descriptor, name) }
    return !descriptor.isGone
  }

  private func info(_ descriptor: Descriptor) -> Fact<DescriptorInfo> {
    Fact { () throws(Errno) in
      guard let info = DescriptorInfo(try process.content(of: "\(base)fdinfo/\(descriptor.number)")) else {
        throw .invalid
      }
      guard let duplicate else { return info }
      let text = try ProcessDirectory(clinux_own_process()).content(of: "fdinfo/\(duplicate)")
      guard let own = DescriptorInfo(text) else { throw .invalid }
      return DescriptorInfo(ofDuplicate: own, number: info)
    }
  }

  /// Reads the access mode from the permission bits of the link `/proc/PID/fd/N`, in one call.
  ///
  /// See `tid_fd_update_inode` in `fs/proc/fd.c`. Without any bit the mode may be O_PATH, or the access mode
  /// 3, which only fdinfo tells apart.
  private func readMode(of descriptor: inout Descriptor, _ name: String) {
    let mode = Fact { () throws(Errno) in try links.ownerRights(of: name) }
    switch mode {
    case .known([.read]): descriptor.linkMode = .known(.read)
    case .known([.write]): descriptor.linkMode = .known(.write)
    case .known([.read, .write]): descriptor.linkMode = .known(.readWrite)
    case .known: descriptor.info = info(descriptor)
    case .unreadable(let error): descriptor.linkMode = .unreadable(error)
    case .notRead: break
    }
  }

  /// The type of a message queue or a BPF token, whose path is like that of any regular file.
  ///
  /// Only the file system reveals it. A queue is a file of 80 bytes that takes no storage; see FILENT_SIZE in
  /// `ipc/mqueue.c`. The mount table contains the file system, unless it is internal to the kernel or was
  /// unmounted lazily. In these cases the path has one component, and `statfs(2)` reports the file system.
  /// While the target is stopped there is no `statfs(2)` call, because the target may be the file server that
  /// must reply. Any other file that is like a queue may be a queue of another mount namespace. Its type is
  /// unknown, because a `statfs(2)` call could reach any file server.
  private func specialInode(
    _ descriptor: Descriptor, _ name: String, _ moment: Moment
  ) -> Fact<DescriptorType?> {
    guard let status = descriptor.status.value, let target = descriptor.target.value else { return .notRead }
    let isLikeQueue = status.size == 80 && status.allocated == 0 && status.identity.device >> 32 == 0
    guard status.type == .regular, isLikeQueue || target.hasPrefix("/bpf-token") else { return .known(nil) }
    if moment == .stopped { return .notRead }
    guard case .known(let mounts) = mounts else { return mounts.map { _ in nil } }
    if let mount = mounts.mount(of: status) {
      return .known(mount.fileSystem == "mqueue" ? .messageQueue : nil)
    }
    guard target.isAtRoot else { return isLikeQueue ? .unreadable(.notSupported) : .known(nil) }
    return Fact { () throws(Errno) in
      switch try links.fileSystemType(of: name) {
      case clinux_message_queue_type: .messageQueue
      case clinux_bpf_type: .bpfToken
      default: nil
      }
    }
  }

  /// The compared numbers that refer to the same open file description as `number`.
  ///
  /// A number that is not open matches no other number. The corresponding system call is `kcmp(2)` with
  /// KCMP_FILE.
  private func numbers(sharingWith number: UInt32) throws(Errno) -> [UInt32] {
    var equal: [UInt32] = []
    let (owner, number) = duplicate.map { (clinux_own_process(), $0) } ?? (thread, number)
    for other in comparedNumbers {
      let answer = clinux_compare_descriptors(owner, number, thread, other)
      if answer == 0 { equal.append(other) }
      if let error = Errno(answer: answer), error != .badDescriptor { throw error }
    }
    return equal
  }
}

extension Descriptor {
  /// Whether the status alone identifies the file.
  fileprivate var hasIdentityByStatus: Bool { status.value.map { $0.type != .none } ?? false }

  /// Whether this is a regular file without a name.
  fileprivate var hasLostItsName: Bool {
    status.value.map { $0.type == .regular && $0.links == 0 } ?? false
  }

  /// Whether fdinfo may add a word to the name: for a file without a name, and for a master of a terminal.
  fileprivate var mayBeMarked: Bool {
    guard let status = status.value else { return false }
    return status.isMaster || status.links == 0 && status.type == .regular
  }

  /// Whether the number was closed after the listing.
  fileprivate var isGone: Bool {
    if case .unreadable(.noSuchFile) = linkMode { return true }
    return switch (status, target, info) {
    case (.unreadable(.noSuchFile), _, _), (_, .unreadable(.noSuchFile), _),
      (_, _, .unreadable(.noSuchFile)):
      true
    default: false
    }
  }
}

extension ByteString {
  /// Whether this is a path of one component.
  fileprivate var isAtRoot: Bool {
    bytes.first == UInt8(ascii: "/") && bytes.lastIndex(of: UInt8(ascii: "/")) == 0
  }
}
