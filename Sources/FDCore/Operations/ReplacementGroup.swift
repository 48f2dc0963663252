import CLinux

/// The picked numbers that one open serves: their files are open in the same way.
struct ReplacementGroup {
  /// A picked number.
  struct Pick {
    /// The index in the plan.
    let index: Int
    let number: UInt32
    /// Whether the number is marked close-on-exec, which the new descriptor keeps.
    let closesOnExec: Bool
    /// The argument of dup3(2) for the close-on-exec flag.
    var duplicateFlags: UInt64 { closesOnExec ? UInt64(O_CLOEXEC) : 0 }
  }

  /// The flags of the open: the access mode, O_APPEND, O_NONBLOCK, O_PATH; see `open(2)`.
  let flags: UInt32
  /// The permission bits of a file that the open makes.
  var permissions: UInt32 = 0o666
  /// The numbers, ascending.
  var picks: [Pick]

  /// Whether a writer without O_APPEND goes on at the end of the file.
  var seeks: Bool {
    let flags = OpenFlags(rawValue: flags)
    let mode = DescriptorInfo.AccessMode(openFlags: self.flags)
    return (mode == .write || mode == .readWrite) && !flags.contains(.append)
  }

  /// The groups of the picked numbers, in the order of their first numbers.
  ///
  /// A number whose flags cannot be read is left alone.
  ///
  /// - Parameter makesFiles: whether an open may make a file, which gets the permissions of the old ones.
  static func all(of run: inout OperationRun, makingFiles makesFiles: Bool) -> [ReplacementGroup] {
    let facts: FactSet = makesFiles ? [.info, .status] : .info
    var groups: [ReplacementGroup] = []
    var permissions: UInt32?
    for index in run.outcomes.indices where run.outcomes[index] == .notDone {
      var descriptor = Descriptor(number: run.plan.picked[index])
      guard let table = run.table, table.read(facts, of: &descriptor, at: .stopped),
        let info = descriptor.info.value
      else {
        let isOpen = run.remote.isOpen(descriptor.number)
        run.outcomes[index] = isOpen ? .unserved(.hasUnknownFlags) : .leftAlone
        continue
      }
      if let status = descriptor.status.value, status.type == .regular {
        // If the old files differ, nobody gets a right to the new file that one of them did not give.
        permissions = (permissions ?? 0o777) & status.permissions
      }
      let pick = Pick(
        index: index, number: descriptor.number, closesOnExec: info.flags.contains(.closeOnExec))
      let flags = kept(info.flags, isNarrow: run.remote.wordSize == 4)
      if let known = groups.firstIndex(where: { $0.flags == flags }) {
        groups[known].picks.append(pick)
      } else {
        groups.append(ReplacementGroup(flags: flags, picks: [pick]))
      }
    }
    for index in groups.indices { groups[index].permissions = permissions ?? 0o666 }
    return groups
  }

  /// The flags of an old file that the new file gets.
  ///
  /// A 32-bit program cannot write beyond 2 GiB without O_LARGEFILE. For a 64-bit program, the kernel
  /// adds the flag to every open.
  private static func kept(_ flags: OpenFlags, isNarrow: Bool) -> UInt32 {
    if flags.contains(.path) { return OpenFlags.path.rawValue }
    let others: OpenFlags = isNarrow ? [.append, .nonBlocking, .largeFile] : [.append, .nonBlocking]
    return flags.rawValue & UInt32(O_ACCMODE) | flags.intersection(others).rawValue
  }
}
