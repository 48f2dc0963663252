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
  /// The holders of closed files that still have a lock of flock(2).
  private(set) var lockHolders: [Holder] = []
  /// The processes that could not be read.
  private var unread = UnreadProcesses()

  /// Looks for the files that live on, and for their holders.
  ///
  /// Holders are searched for only if a file may live on.
  init(_ report: Report) {
    freed = report.statistics.freed
    if !report.operation.dropsFiles { return }
    let files = report.closedDeletedFiles
    let sockets = report.target.map { SurvivingSockets.find(report.closedSockets, of: $0) } ?? []
    livingSockets = sockets.count
    var wanted: [FileStatus.Identity: ByteString?] = [:]
    for (status, name) in files { wanted[status.identity] = name }
    for socket in sockets { wanted[socket] = .some(nil) }
    let named = report.closedNamedFiles
    let locked = named.isEmpty ? [] : FileLocks.flocked(among: named)
    for file in locked { wanted[file] = .some(nil) }
    if wanted.isEmpty { return }
    let uses = FileUses(
      of: wanted, unnamed: Set(files.map { $0.status.identity }), includingOthers: !files.isEmpty)
    unread = uses.unread
    socketHolders = Self.holders(of: sockets, uses)
    let kept = uses.files
    measure(files.map { $0.status }, kept, report.gauge)
    holders = Self.holders(of: kept.subtracting(sockets).subtracting(locked), uses)
    lockHolders = Self.holders(of: locked, uses)
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
    let descriptors = uses.descriptors.filter { files.contains($0.file) }.map { use in
      Holder(process: .init(use.process, processName(use.process)), use: "descriptor \(use.number)")
    }
    let others = uses.others.filter { files.contains($0.file) }.map { use in
      Holder(process: use.process.map { .init($0, processName($0)) }, use: use.kind.rawValue)
    }
    return descriptors + others
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
    let others =
      unread.count > 0 ? ", or one of \(unread) that could not be read" : ""
    return "\(subject) still held by something that cannot be seen: a message in flight,"
      + " a request of io_uring(7)\(others)"
  }

  /// The holders of the lock on a closed file, in a clause; nil if no lock is left.
  var locks: String? {
    lockHolders.isEmpty ? nil : "a lock of flock(2) is still held by \(Self.list(lockHolders))"
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
        json: "[" + (holders + socketHolders + lockHolders).map(Self.object).joined(separator: ",") + "]"),
      JSONMember("living_sockets", .number(UInt64(livingSockets))),
    ]
  }

  private static func object(_ holder: Holder) -> String {
    let name = holder.process.map { JSONMember.name($0).map { $0.text } } ?? []
    return JSON.object(name + [JSON.members("use", .word(holder.use))])
  }
}
