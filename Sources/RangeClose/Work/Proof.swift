import FDCore

/// The effect of an operation, as the kernel reports it afterwards.
struct Proof {
  /// A process or a part of the kernel that still has a file.
  struct Holder {
    let process: ProcessName?
    /// How it has the file, such as `descriptor 3`.
    let use: String
  }

  /// The storage in bytes that came back.
  private(set) var freed: UInt64 = 0
  /// The storage in bytes that may have come back: nobody was found who holds it.
  private(set) var unproven: UInt64 = 0
  /// The storage in bytes that something still holds.
  private(set) var held: UInt64 = 0
  /// The holders of that storage.
  private(set) var holders: [Holder] = []
  /// The number of closed sockets that live on.
  private(set) var livingSockets = 0
  /// The holders of these sockets.
  private(set) var socketHolders: [Holder] = []
  /// The kinds of locks that closed files still have, with the holders of each.
  private var livingLocks: [(kind: FileLocks.OfOpenFile, holders: [Holder])] = []
  /// The holders of the same ends of closed pipes, by the mode of the end.
  private(set) var pipeHolders: [DescriptorInfo.AccessMode: [Holder]] = [:]
  /// The processes that could not be read.
  private var unread = UnreadProcesses()

  /// Looks for the files that live on, and for their holders.
  ///
  /// Holders are searched for only if a file may live on.
  init(_ report: Report) {
    freed = report.statistics.freed
    if !report.operation.dropsFiles { return }
    let closed = ClosedFiles(report)
    guard let uses = closed.uses() else { return }
    unread = uses.unread
    let sockets = closed.livingSockets.union(closed.sharedSockets.intersection(uses.files))
    livingSockets = sockets.count
    socketHolders = Self.holders(of: sockets, uses)
    let files = closed.deleted.map { $0.status }
    let kept = uses.files.intersection(files.map { $0.identity })
    measure(files, kept, report.gauge)
    holders = Self.holders(of: kept, uses)
    for (kind, locked) in closed.locks { add(kind, locked, uses) }
    for end in closed.pipes { add(end, uses) }
  }

  /// Adds the locks of one kind, if a holder is found, or if `/proc/locks` certainly means one of the files.
  private mutating func add(
    _ kind: FileLocks.OfOpenFile, _ locked: [FileStatus.Identity: Bool], _ uses: FileUses
  ) {
    let holders = uses.descriptors.filter { use in
      locked[use.file] != nil && use.info.map { $0.locks.contains(kind.kind) } ?? true
    }
    guard !holders.isEmpty || locked.values.contains(true) else { return }
    livingLocks.append((kind, holders.map(Self.holder)))
  }

  private mutating func add(_ end: SharedPipeEnd, _ uses: FileUses) {
    let holders = uses.descriptors.filter { use in
      use.file == end.pipe && use.info.map { end.isHeld(by: $0.accessMode) } ?? true
    }
    if !holders.isEmpty { pipeHolders[end.mode, default: []] += holders.map(Self.holder) }
  }

  private mutating func measure(
    _ files: [FileStatus], _ kept: Set<FileStatus.Identity>, _ gauge: StorageGauge?
  ) {
    var gone: [UInt64: UInt64] = [:]
    for file in files {
      if kept.contains(file.identity) {
        held &+= file.allocated
      } else {
        gone[file.identity.device, default: 0] &+= file.allocated
      }
    }
    for (device, bytes) in gone {
      if gauge?.gained(bytes, on: device) == true { freed &+= bytes } else { unproven &+= bytes }
    }
  }

  private static func holders(of files: Set<FileStatus.Identity>, _ uses: FileUses) -> [Holder] {
    let descriptors = uses.descriptors.filter { files.contains($0.file) }.map(holder)
    let others = uses.others.filter { files.contains($0.file) }.map { use in
      Holder(process: use.process.map { .init($0, processName($0)) }, use: use.kind.rawValue)
    }
    return descriptors + others
  }

  private static func holder(_ use: FileUses.Use) -> Holder {
    Holder(process: .init(use.process, processName(use.process)), use: "descriptor \(use.number)")
  }

  /// The storage that was freed, and the storage that is still held, for the end of a sentence.
  ///
  /// It is empty if there is none.
  func storage(inBytes: Bool) -> String {
    var text = freed > 0 ? ", freed \(ByteSize(freed).words(inBytes: inBytes))" : ""
    if unproven > 0 { text += ", freed up to \(ByteSize(unproven).words(inBytes: inBytes))" }
    if held > 0 || !holders.isEmpty {
      text += "; \(ByteSize(held).words(inBytes: inBytes)) still held by \(Self.list(holders))"
    }
    return text
  }

  /// The holders of the closed sockets, in a clause; nil if no such socket lives on.
  var connections: String? {
    if livingSockets == 0 { return nil }
    let subject = livingSockets == 1 ? "its socket is" : "\(livingSockets) of the sockets are"
    if !socketHolders.isEmpty { return "\(subject) still held by \(Self.list(socketHolders))" }
    return "\(subject) still held by \(unseen)"
  }

  private var unseen: String {
    let others = unread.count > 0 ? ", or one of \(unread) that could not be read" : ""
    return "something that cannot be seen: a message in flight, a request of io_uring(7)\(others)"
  }

  /// The holders of the locks on closed files, in clauses; nil if no lock is left.
  var locks: String? {
    let clauses = livingLocks.map { kind, holders in
      "a lock of \(kind == .flock ? "flock(2)" : "F_OFD_SETLK") is still held by"
        + " \(holders.isEmpty ? unseen : Self.list(holders))"
    }
    return clauses.isEmpty ? nil : clauses.joined(separator: "; ")
  }

  /// The holders of the same ends of closed pipes, in a clause; nil if there are none.
  var pipes: String? {
    let ends: [(DescriptorInfo.AccessMode, String)] = [(.write, "writing"), (.read, "reading")]
    let clauses = ends.compactMap { mode, word in
      pipeHolders[mode].map { "the \(word) end of its pipe is still held by \(Self.list($0))" }
    }
    return clauses.isEmpty ? nil : clauses.joined(separator: "; ")
  }

  private static func list(_ holders: [Holder]) -> String {
    let most = 3
    let names = holders.prefix(most).map { holder in
      holder.process.map { "\($0), \(holder.use)" } ?? "a \(holder.use)"
    }
    return names.joined(separator: "; ") + (holders.count > most ? " and \(holders.count - most) more" : "")
  }

  /// The members of the process's object in JSON.
  var members: [JSONMember] {
    [
      JSONMember("freed", .bytes(freed)), JSONMember("freed_at_most", .bytes(freed &+ unproven)),
      JSONMember("held", .bytes(held)),
      JSONMember(
        "holders",
        json: "[" + allHolders.map(Self.object).joined(separator: ",") + "]"),
      JSONMember("living_sockets", .number(UInt64(livingSockets))),
    ]
  }

  private var allHolders: [Holder] {
    holders + socketHolders + livingLocks.flatMap { $0.holders } + (pipeHolders[.write] ?? [])
      + (pipeHolders[.read] ?? [])
  }

  private static func object(_ holder: Holder) -> String {
    let name = holder.process.map { JSONMember.name($0).map { $0.text } } ?? []
    return JSON.object(name + [JSON.members("use", .word(holder.use))])
  }
}
