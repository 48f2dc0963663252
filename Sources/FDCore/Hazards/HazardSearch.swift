import CLinux

/// Looks for the hazards of closing some descriptors of a running process.
///
/// It reads only what the types of the descriptors call for. If something cannot be read, it is no hazard.
package struct HazardSearch {
  private let target: TargetProcess
  private let reader: DescriptorReader
  private let picked: [Descriptor]
  private var found: [FoundHazard] = []

  /// A file that was written to in this time is still being written, in seconds.
  private static let recent: Int64 = 300

  /// Finds the hazards, in the order of their severity.
  ///
  /// - Parameter picked: the descriptors, ascending, whose status was read.
  package static func run(for picked: [Descriptor], of target: TargetProcess) -> [FoundHazard] {
    guard !picked.isEmpty, let reader = try? target.descriptors() else { return [] }
    var search = HazardSearch(target, reader, picked)
    search.addSets()
    search.addListeners()
    search.addRegularFiles()
    search.addOtherEnds()
    return search.found
  }

  private init(_ target: TargetProcess, _ reader: DescriptorReader, _ picked: [Descriptor]) {
    (self.target, self.reader, self.picked) = (target, reader, picked)
  }

  private mutating func add(_ hazard: Hazard, _ number: UInt32) {
    if let known = found.firstIndex(where: { $0.hazard == hazard }) {
      found[known].numbers.append(number)
    } else {
      found.append((hazard, [number]))
    }
  }

  // MARK: - Event loops

  /// Descriptors that epoll sets watch, and descriptors that a program waits on.
  private mutating func addSets() {
    let pollable = picked.filter { $0.mayBePolled }
    if pollable.isEmpty { return }
    let sets = reader.epollSets()
    for descriptor in pollable {
      let type = descriptor.type.value ?? (try? reader.anonymousType(of: descriptor.number))
      if let type, [.epoll, .eventfd, .ioUring].contains(type) { add(.isWaitedOn(type), descriptor.number) }
      let watching = sets.filter { $0.contains(descriptor) }.map { $0.number }
      if !watching.isEmpty { add(.isWatched(by: watching), descriptor.number) }
    }
  }

  private mutating func addListeners() {
    for descriptor in picked where descriptor.isSocket.value == true {
      if (try? reader.inquiry.listens(descriptor.number)) == true { add(.listens, descriptor.number) }
    }
  }

  // MARK: - Files

  private mutating func addRegularFiles() {
    let files = picked.filter { $0.status.value?.type == .regular }
    if files.isEmpty { return }
    let hasLocks = FileLocks.mayHaveRecordLocks(target.threadGroup)
    let now = clinux_seconds()
    for file in files {
      guard let status = file.status.value else { continue }
      let isRecent = status.size > 0 && (now - Self.recent...now).contains(status.modified)
      var descriptor = file
      guard hasLocks || isRecent, reader.read(hasLocks ? .info : .mode, of: &descriptor) else { continue }
      if descriptor.info.value?.locks.contains(.posix) == true { add(.isLocked, file.number) }
      if isRecent, [.write, .readWrite].contains(descriptor.accessMode.value) {
        add(.isBeingWritten, file.number)
      }
    }
  }

  // MARK: - Other ends

  /// Pipes and sockets whose other end a process of this machine has.
  private mutating func addOtherEnds() {
    let pipes = reader.complete(picked.filter { $0.status.value?.type == .fifo }, facts: [.status, .mode])
    let sockets = picked.filter { $0.isSocket.value == true }
    let peers = sockets.isEmpty ? [:] : reader.peers(of: sockets)
    var files = Set(peers.values)
    files.formUnion(pipes.compactMap { $0.status.value?.identity })
    if files.isEmpty { return }
    let uses = FileUses(
      of: Dictionary(uniqueKeysWithValues: files.map { ($0, nil) }), includingOthers: false)
    for pipe in pipes { addPipe(pipe, uses) }
    for socket in sockets {
      guard let peer = peers[socket.number] else { continue }
      let holders = uses.processes(of: peer).filter { $0 != target.threadGroup }
      if !holders.isEmpty { add(.isConnected(to: holders), socket.number) }
    }
  }

  private mutating func addPipe(_ pipe: Descriptor, _ uses: FileUses) {
    guard let file = pipe.status.value?.identity, let mode = pipe.accessMode.value, mode != .readWrite else {
      return
    }
    let numbers = Set(picked.map { $0.number })
    let others = uses.descriptors.filter { use in
      use.file == file && !(use.process == target.tableThread && numbers.contains(use.number))
    }
    // A process that cannot be read may have the same end.
    guard uses.unreadable == 0,
      !others.contains(where: { $0.info.map { $0.accessMode.includes(mode) } ?? true })
    else { return }
    let ends = Array(Set(others.map { $0.process })).sorted()
    if ends.isEmpty { return }
    add(mode == .write ? .isLastWriter(readers: ends) : .isLastReader(writers: ends), pipe.number)
  }
}

extension DescriptorInfo.AccessMode {
  fileprivate func includes(_ other: Self) -> Bool { self == other || self == .readWrite }
}

extension Descriptor {
  /// Whether epoll_ctl(2) may accept the file: it refuses regular files, directories, and devices that are
  /// always ready, such as `/dev/null`; see `null(4)` and `full(4)`.
  fileprivate var mayBePolled: Bool {
    let alwaysReady: [UInt64] = [1 << 32 | 3, 1 << 32 | 5, 1 << 32 | 7]  // null, zero, full
    switch status.value?.type {
    case .regular, .directory, .symbolicLink, .blockDevice: return false
    case .characterDevice: return !alwaysReady.contains(status.value?.specialDevice ?? 0)
    case .fifo, .socket, .some(.none), nil: return true
    }
  }
}

extension EpollSet {
  /// Whether the set watches a file.
  ///
  /// Anonymous inodes and devices share inodes, so their numbers have to agree. A socket or a pipe may have
  /// been added by another number.
  fileprivate func contains(_ descriptor: Descriptor) -> Bool {
    guard let status = descriptor.status.value else { return false }
    let hasOwnInode = status.type == .socket || status.type == .fifo
    return entries.contains { entry in
      entry.file == status.identity && (hasOwnInode || entry.number == descriptor.number)
    }
  }
}

extension DescriptorReader {
  /// The epoll sets of the table.
  fileprivate func epollSets() -> [EpollSet] {
    guard let numbers = try? openNumbers() else { return [] }
    var sets: [EpollSet] = []
    for number in numbers where links.link(String(number), is: "anon_inode:[eventpoll]") {
      if let text = try? process.content(of: "\(base)fdinfo/\(number)") {
        sets.append(EpollSet(number, text))
      }
    }
    return sets
  }

  /// The type of an anonymous inode by the text of its link; nil for other files.
  fileprivate func anonymousType(of number: UInt32) throws(Errno) -> DescriptorType? {
    DescriptorType(target: try links.linkTarget(of: String(number)))
  }

  /// The other ends of sockets on this machine, by the number of the descriptor.
  fileprivate func peers(of sockets: [Descriptor]) -> [UInt32: FileStatus.Identity] {
    let known = complete(sockets, facts: [.socketType, .sockets])
    let unix = complete(known.filter { $0.socketType.value == .unix }, facts: .unixSockets)
    var peers: [UInt32: FileStatus.Identity] = [:]
    for socket in unix {
      guard let device = socket.status.value?.identity.device, let inode = socket.unixSocket.value??.peer
      else {
        continue
      }
      peers[socket.number] = .init(device: device, inode: inode)
    }
    let local = known.filter { $0.socketType.value == .tcp && $0.hasLocalPeer }
    if local.isEmpty { return peers }
    let mirrors = try? LoopbackPeers.find(
      local.compactMap { $0.socket.value ?? nil }, in: .process(process, base))
    for (index, inode) in mirrors ?? [:] {
      guard let device = local[index].status.value?.identity.device else { continue }
      peers[local[index].number] = .init(device: device, inode: inode)
    }
    return peers
  }
}

extension Descriptor {
  /// Whether the peer may be on this machine: a loopback address, or the address of the local end.
  fileprivate var hasLocalPeer: Bool {
    guard case .ip(let local, _)? = socket.value??.local, case .ip(let peer, _)? = socket.value??.peer else {
      return false
    }
    return peer == local || peer.isLoopback
  }
}
