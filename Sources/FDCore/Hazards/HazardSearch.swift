import CLinux

/// Looks for the hazards of closing some descriptors of a running process.
///
/// It reads only what the types of the descriptors call for. If something cannot be read, it is no hazard.
package struct HazardSearch {
  private let target: TargetProcess
  private let reader: DescriptorReader
  private let picked: [Descriptor]
  /// The open numbers that were not picked, ascending; nil if they were not listed.
  private let others: [UInt32]?
  private let sockets: [Descriptor]
  private let pipes: [Descriptor]
  private let masters: [Descriptor]
  /// The hazards, in the order of their severity.
  package private(set) var found: [FoundHazard] = []
  /// The picked files that others have, too.
  package private(set) var shared = SharedFiles()
  /// The picked numbers of TCP connections.
  private var connections: Set<UInt32> = []
  /// The other ends of the sockets on this machine, by the number of the descriptor.
  private var peers: [UInt32: FileStatus.Identity] = [:]
  /// The descriptors of the sockets, of the pipes and of their other ends, by file.
  private var uses: [FileStatus.Identity: [FileUses.Use]] = [:]
  /// Whether a process could not be read.
  private var isIncomplete = false

  /// A file that was written to in this time is still being written, in seconds.
  private static let recent: Int64 = 300

  /// Finds the hazards; nil if nothing was picked, or if the descriptors cannot be read.
  ///
  /// - Parameters:
  ///   - picked: the descriptors, ascending, whose status was read.
  ///   - open: the open numbers, ascending; nil if they were not listed.
  ///   - replacement: the path of the file that takes the place of the old ones; nil if none does.
  ///   - isShared: whether other processes get the file at this path, too.
  package static func run(
    for picked: [Descriptor], of target: TargetProcess, among open: [UInt32]?,
    replacedBy replacement: ByteString?, isShared: Bool
  ) -> HazardSearch? {
    guard !picked.isEmpty, let reader = try? target.descriptors() else { return nil }
    // A listing of a large table takes a long time.
    let needsOpen = picked.contains { $0.mayBePolled || $0.status.value?.type == .fifo }
    let open = needsOpen ? open ?? (try? reader.openNumbers()) : nil
    var search = HazardSearch(target, reader, picked, open)
    if let replacement, !replacement.hasPrefix("/dev/") { search.addWriters(isShared: isShared) }
    search.searchUses()
    search.addListeners()
    search.addSets()
    search.addMasters()
    search.addRegularFiles()
    search.addOtherEnds()
    return search
  }

  private init(
    _ target: TargetProcess, _ reader: DescriptorReader, _ picked: [Descriptor], _ open: [UInt32]?
  ) {
    (self.target, self.reader, self.picked) = (target, reader, picked)
    var index = 0
    others = open?.filter { number in
      while index < picked.count, picked[index].number < number { index += 1 }
      return index == picked.count || picked[index].number != number
    }
    sockets = picked.filter { $0.isSocket.value == true }
    pipes = picked.filter { $0.status.value?.type == .fifo }
    masters = picked.filter { $0.status.value?.isMaster == true }
  }

  private mutating func add(_ hazard: Hazard, _ descriptor: Descriptor) {
    let isConnection = connections.contains(descriptor.number)
    if let known = found.firstIndex(where: { $0.hazard == hazard }) {
      found[known].numbers.append(descriptor.number)
      found[known].areConnections = found[known].areConnections && isConnection
    } else {
      found.append(
        FoundHazard(hazard: hazard, numbers: [descriptor.number], areConnections: isConnection))
    }
  }

  // MARK: - Event loops

  /// Descriptors that epoll sets watch, and descriptors that a program waits on.
  private mutating func addSets() {
    let pollable = picked.filter { $0.mayBePolled }
    if pollable.isEmpty { return }
    // An epoll set is a file without a type.
    let untyped = picked.filter { $0.status.value.map { $0.type == .none } ?? true }
    let sets = reader.epollSets(among: (others ?? []) + untyped.map { $0.number })
    for descriptor in pollable {
      let type = descriptor.type.value ?? (try? reader.anonymousType(of: descriptor.number))
      if let type, [.epoll, .eventfd, .ioUring].contains(type) { add(.isWaitedOn(type), descriptor) }
      let watching = sets.filter { $0.contains(descriptor) }.map { $0.number }
      if watching.isEmpty {
        addSetAside(descriptor, sets)
        continue
      }
      let others = otherHolders(of: descriptor)
      add(
        others.isEmpty ? .isWatched(by: watching) : .staysWatched(by: watching, heldBy: others), descriptor)
    }
  }

  /// A socket that an event loop does not watch now, although it works on it.
  ///
  /// For example, haproxy does not watch a client whose request it has passed on.
  private mutating func addSetAside(_ descriptor: Descriptor, _ sets: [EpollSet]) {
    let loops = sets.filter { !$0.entries.isEmpty && others?.contains($0.number) == true }.map { $0.number }
    var known = descriptor
    guard !loops.isEmpty, descriptor.isSocket.value == true, reader.read(.info, of: &known),
      known.info.value?.flags.contains(.nonBlocking) == true
    else { return }
    add(.isSetAside(by: loops), descriptor)
  }

  /// Masters of pseudoterminals that no other descriptor is open on.
  private mutating func addMasters() {
    for master in masters {
      var known = master
      guard let node = master.status.value?.identity, reader.read(.info, of: &known),
        let terminal = known.info.value?.terminal
      else { continue }
      // All masters have the inode of /dev/ptmx.
      let others = otherUses(of: node).contains { $0.info.map { $0.terminal == terminal } ?? true }
      if !others { add(.isMaster(of: terminal), master) }
    }
  }

  /// Tells listening sockets from connections.
  private mutating func addListeners() {
    for descriptor in sockets {
      let listens = try? reader.inquiry.listens(descriptor.number)
      if listens == true, otherHolders(of: descriptor).isEmpty { add(.listens, descriptor) }
      guard listens == false else { continue }
      var known = descriptor
      if reader.read(.socketType, of: &known), [.tcp, .mptcp].contains(known.socketType.value) {
        connections.insert(descriptor.number)
        if known.socketType.value == .mptcp, let file = known.status.value?.identity {
          shared.multipathSockets.insert(file)
        }
      }
    }
  }

  /// The processes that have the same file as a picked descriptor, by descriptors that were not picked.
  private func otherHolders(of descriptor: Descriptor) -> [Int32] {
    guard let file = descriptor.status.value?.identity else { return [] }
    return Self.processes(otherUses(of: file))
  }

  /// The descriptors of a file that were not picked.
  private func otherUses(of file: FileStatus.Identity) -> [FileUses.Use] { uses[file] ?? [] }

  private static func processes(_ uses: [FileUses.Use]) -> [Int32] {
    Array(Set(uses.map { $0.process })).sorted()
  }

  // MARK: - Files

  private mutating func addRegularFiles() {
    func isRegular(_ descriptor: Descriptor) -> Bool { descriptor.status.value?.type == .regular }
    guard picked.contains(where: isRegular) else { return }
    let locked = FileLocks.recordLocked(by: target.threadGroup) ?? []
    let now = clinux_seconds()
    for file in picked where isRegular(file) {
      guard let status = file.status.value else { continue }
      let isRecent = status.size > 0 && (now - Self.recent...now).contains(status.modified)
      var descriptor = file
      // The kernel shows a lock in the fdinfo of one descriptor, and releases it with any.
      if locked.contains(where: { $0.isLikely(status.identity) }) { add(.isLocked, file) }
      guard isRecent, reader.read(.mode, of: &descriptor) else { continue }
      let isWriter = [.write, .readWrite].contains(descriptor.accessMode.value)
      if isWriter { add(.isBeingWritten(isDeleted: status.links == 0), file) }
    }
  }

  /// Writers that would overwrite what other writers of the new file write.
  ///
  /// One open serves all numbers with equal flags. Each open has an offset of its own, at which a writer
  /// without O_APPEND writes.
  private mutating func addWriters(isShared: Bool) {
    let writers = reader.complete(picked, facts: .info).filter {
      [.write, .readWrite].contains($0.accessMode.value)
    }
    let kinds = Set(writers.compactMap { $0.info.value?.flags.intersection(Self.keptFlags) })
    guard isShared || kinds.count > 1 else { return }
    for writer in writers where writer.info.value?.flags.contains(.append) == false {
      add(.wouldOverwrite, writer)
    }
  }

  /// The flags that the new file takes over from the old one, besides the access mode.
  private static let keptFlags = OpenFlags(rawValue: UInt32(O_ACCMODE | O_APPEND | O_NONBLOCK))

  // MARK: - Other ends

  /// Searches the processes for the files and the other ends of sockets and pipes.
  private mutating func searchUses() {
    if sockets.isEmpty && pipes.isEmpty && masters.isEmpty { return }
    peers = sockets.isEmpty ? [:] : reader.peers(of: sockets)
    var files = Set(peers.values)
    files.formUnion((sockets + pipes + masters).compactMap { $0.status.value?.identity })
    // Nothing asks for the picked descriptors themselves.
    let known = others.map { FileUses.Known(thread: target.tableThread, numbers: $0) }
    let found = FileUses(of: files, includingOthers: false, knowing: known)
    uses = Dictionary(grouping: found.descriptors) { $0.file }
    isIncomplete = found.unreadable > 0
  }

  /// Pipes and sockets whose other end a process of this machine has.
  private mutating func addOtherEnds() {
    for pipe in reader.complete(pipes, facts: [.status, .mode]) { addPipe(pipe) }
    for socket in sockets {
      guard otherHolders(of: socket).isEmpty else {
        if let file = socket.status.value?.identity { shared.sockets.insert(file) }
        continue
      }
      guard let peer = peers[socket.number] else { continue }
      let holders = Self.processes(uses[peer] ?? []).filter { $0 != target.threadGroup }
      if !holders.isEmpty { add(.isConnected(to: holders), socket) }
    }
  }

  private mutating func addPipe(_ pipe: Descriptor) {
    guard let file = pipe.status.value?.identity, let mode = pipe.accessMode.value, mode != .readWrite else {
      return
    }
    let others = otherUses(of: file)
    let end = SharedPipeEnd(pipe: file, mode: mode)
    if others.contains(where: { $0.info.map { end.isHeld(by: $0.accessMode) } ?? true }) {
      shared.pipes.insert(end)
      return
    }
    let ends = Self.processes(others)
    if ends.isEmpty { return }
    let isCertain = !isIncomplete
    add(
      mode == .write
        ? .isLastWriter(readers: ends, isCertain: isCertain)
        : .isLastReader(writers: ends, isCertain: isCertain), pipe)
  }
}
