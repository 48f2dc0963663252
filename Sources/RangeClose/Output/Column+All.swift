import FDCore

extension Column {
  /// The columns, in the order of `--list-columns`.
  static let all: [Column] =
    processColumns + descriptorColumns + fileColumns + socketColumns + [terminal, name]

  private static let processColumns: [Column] = [
    Column("COMMAND", 10, .string, help: "command name of the process") {
      guard let process = $0.process else { return .none }
      return process.command.map { .name($0) } ?? .unknown
    },
    Column("PID", 7, .number, help: "process ID") {
      $0.process.map { .number(UInt64($0.pid)) } ?? .none
    },
  ]

  private static let descriptorColumns: [Column] = [
    Column(
      "FD", 4, .number, help: "number of the descriptor",
      cell: { $0.use?.rawValue ?? "\($0.descriptor.number)" }
    ) {
      $0.use == nil ? .number(UInt64($0.descriptor.number)) : .none
    },
    Column("USE", 4, .string, help: "use of the file: fd, cwd, root, exe, mem, swap or loop") {
      .word($0.use?.rawValue ?? "fd")
    },
    Column("TYPE", 6, .string, .type, help: "type, as the term type: takes it") {
      $0.descriptor.typeCell
    },
    Column("MODE", 4, .string, .mode, help: "access mode: r, w, rw or path") {
      $0.cell { descriptor in Cell(descriptor.accessMode) { .word($0.description) } }
    },
    Column("FLAGS", 16, .list, .info, help: "flags of open(2), as the term flags: takes them") {
      $0.cell { descriptor in Cell(descriptor.info) { .list($0.flags.words) } }
    },
    Column("CLOEXEC", 7, .boolean, .info, help: "whether execve(2) closes the descriptor") {
      $0.cell { descriptor in Cell(descriptor.info) { .flag($0.flags.contains(.closeOnExec)) } }
    },
    Column("OFFSET", 10, .number, .info, help: "file offset in bytes") {
      $0.cell { $0.offsetCell }
    },
    Column("LOCKS", 5, .list, .info, help: "kinds of the locks that were taken through the descriptor") {
      $0.cell { descriptor in Cell(descriptor.info) { .list($0.locks.words) } }
    },
    Column(
      "RESULT", 10, .string, help: "what happened to the descriptor",
      cell: { $0.outcome.map { [words = $0.words] in $0.text(words) } ?? ($0.use == nil ? "picked" : "-") }
    ) { row in
      row.outcome.map { .word($0.word(row.words)) } ?? row.cell { _ in .word("picked") }
    },
    Column("REMARK", 8, .string, help: "what is worth knowing about the result") {
      $0.outcome?.remark.map { .word("\($0)") } ?? .none
    },
    Column("ERROR", 8, .string, help: "error of the operation, such as EIO") {
      $0.outcome?.error.map { .word($0.name) } ?? .none
    },
  ]

  private static let fileColumns: [Column] = [
    Column("SIZE", 6, .size, .status, help: "size of a file") { $0.descriptor.sizeCell },
    Column("DISK", 7, .size, .status, help: "storage that a regular file takes") {
      Cell($0.descriptor.status) { $0.type == .regular ? .bytes($0.allocated) : .none }
    },
    Column("LINKS", 5, .number, .status, help: "number of the names of a file") {
      Cell($0.descriptor.status) { $0.hasLinks ? .number(UInt64($0.links)) : .none }
    },
    Column("DELETED", 7, .boolean, .name, help: "whether the last name of the file was removed") {
      Cell($0.descriptor.isDeleted) { .flag($0) }
    },
    Column("TMPFILE", 7, .boolean, .name, help: "whether the file was made without a name") {
      Cell($0.descriptor.isTemporary) { .flag($0) }
    },
    Column("DEVICE", 7, .string, .status, help: "device of the file system, MAJOR:MINOR") {
      Cell($0.descriptor.status) { .device($0.identity.device) }
    },
    Column("INODE", 10, .string, .status, help: "inode number") {
      Cell($0.descriptor.status) { .identifier($0.identity.inode) }
    },
    Column("RDEV", 7, .string, .status, help: "device that a device file is for, MAJOR:MINOR") {
      Cell($0.descriptor.status) { $0.isDevice ? .device($0.specialDevice) : .none }
    },
    Column("MOUNT", 5, .string, [.status, .info], help: "ID of the mount, as in mountinfo") {
      Cell($0.descriptor.mount) { .identifier($0) }
    },
  ]

  private static let socketColumns: [Column] = [
    Column("LOCAL", 21, .string, .ends, help: "local end of a socket") { $0.descriptor.localCell },
    Column("PEER", 21, .string, .ends, help: "peer of a socket, as the term peer: takes it") {
      $0.descriptor.peerCell
    },
    Column("STATE", 11, .string, .ends, help: "state of a socket") { $0.descriptor.stateCell },
    Column("RECVQ", 7, .size, .activity, help: "bytes that wait to be read from a socket") {
      Cell($0.descriptor.activity) { $0?.receiveQueue.map { .bytes($0) } ?? .none }
    },
    Column("SENDQ", 7, .size, .activity, help: "bytes that a socket has not sent, or its peer not confirmed")
    {
      Cell($0.descriptor.activity) { $0?.sendQueue.map { .bytes($0) } ?? .none }
    },
    Column("IDLE", 6, .number, .activity, help: "seconds since a TCP connection received data") {
      Cell($0.descriptor.activity) { $0?.idleSeconds.map { .number($0) } ?? .none }
    },
  ]

  private static let terminal = Column(
    "TTY", 11, .string, .name, help: "terminal that the master of a pseudoterminal is for"
  ) {
    $0.descriptor.terminalCell
  }

  /// The last column, because a name may have any length.
  private static let name = Column(
    "NAME", 4, .string, .name, help: "path, ends of a socket, or the kernel's name of the file",
    cell: { $0.descriptor.nameText }
  ) {
    Cell($0.descriptor.path) { .name($0) }
  }
}

extension FactSet {
  /// The facts of the type.
  fileprivate static let type: FactSet = [.status, .target, .socketType]
  /// The facts of a socket's ends and state.
  fileprivate static let ends: FactSet = [.sockets, .unixSockets]
  /// The facts of a name with its marks.
  fileprivate static let name: FactSet = [.type, .path, .marks, .ends]
}
