import CLinux

/// The operation that puts another file in the place of the old one.
extension Operation {
  /// Gives each number another file, and drops the reference to the old file.
  ///
  /// The target opens the file with its own root directory and its own rights. The corresponding system calls
  /// are `openat(2)`, `dup3(2)` and `close(2)`.
  ///
  /// - Parameter path: the absolute path of the file.
  package static func replace(with path: ByteString) -> Operation {
    Operation(
      types: .all,
      mechanisms: [Replacement(path, closesFirst: false), Replacement(path, closesFirst: true)],
      freesNumbers: false, replacement: path, losesContent: true,
      words: Words(
        does: "replaces", doing: "replacing", done: "replaced", doneAs: " by \(path)",
        failed: "not replaced by \(path)",
        doneWithError: "replaced, and what was written last may be lost",
        halfDone: "closed, not replaced"))
  }

  /// Whether the path of the replacement leads to another file in our mount namespace than the target opened.
  ///
  /// False also if that cannot be read. Call this only while the target runs: it may be the file server.
  package func isReplacementForeign(_ opened: [FileStatus]) -> Bool {
    guard let replacement, !opened.isEmpty else { return false }
    do {
      let own = try FileStatus.ofFile(at: replacement)
      return !opened.contains { $0.isSame(as: own) }
    } catch {
      return error == .noSuchFile || error == .notDirectory
    }
  }
}

/// Opens a file in the target, and duplicates it onto each picked number.
///
/// One open serves all numbers of one kind: the access mode, O_APPEND and O_NONBLOCK belong to the open file
/// description. The new descriptor has O_CLOEXEC. If rangeclose is killed between two of the calls, it stays
/// open, and the next execve(2) closes it.
private final class Replacement: Mechanism {
  private let path: ByteString
  /// Whether the old file is closed by a call of its own, which reports the error of its last write.
  private let closesFirst: Bool

  var call: String { closesFirst ? "openat(2), close(2) and fcntl(2)" : "openat(2), dup3(2) and close(2)" }
  var method: Method { closesFirst ? .close : .auto }
  var isNewerThanFilters: Bool { false }

  init(_ path: ByteString, closesFirst: Bool) {
    (self.path, self.closesFirst) = (path, closesFirst)
  }

  private var isNullDevice: Bool { path == "/dev/null" }

  func apply(_ run: inout OperationRun) throws(TargetError) -> Errno? {
    let groups = ReplacementGroup.all(of: &run, makingFiles: !isNullDevice)
    let limit = DescriptorLimit(of: run.remote.pid)
    for group in groups { try replace(group, &run, limit) }
    return nil
  }

  // MARK: - One group

  /// Opens the file once, and puts it onto each number of the group.
  private func replace(
    _ group: ReplacementGroup, _ run: inout OperationRun, _ limit: DescriptorLimit
  ) throws(TargetError) {
    var picks = group.picks
    var closed: ReplacementGroup.Pick?
    var answer = try open(group, &run)
    if Errno(answer: answer) == .tableFull, limit.raise() { answer = try open(group, &run) }
    // The limit cannot be raised. The number of a closed descriptor has room for the new one. A number above
    // the hard limit would stay closed.
    if Errno(answer: answer) == .tableFull, let room = picks.first(where: { limit.reaches($0.number) }),
      run.isSameFile(room.index)
    {
      if try !close(room, &run) { return fail(picks, .tableFull, &run) }
      closed = room
      let outcome = run.outcomes[room.index]
      // If the open ends the session, this is what happened to the number.
      run.outcomes[room.index] = .halfDone(.interrupted)
      answer = try open(group, &run)
      run.outcomes[room.index] = outcome
    }
    if let error = Errno(answer: answer) {
      fail(picks, error, &run)
      if let closed { run.outcomes[closed.index] = .halfDone(error) }
      return
    }
    let new = UInt32(answer)
    let isInPlace = closed?.number == new
    do {
      if try seekToEnd(new, group, &run) {
        if isInPlace, let place = picks.firstIndex(where: { $0.number == new }) {
          try settle(picks.remove(at: place), &run)
        }
        try put(new, onto: picks, closed, &run, limit)
      } else {
        fail(picks, .invalid, &run)
        if let closed { run.outcomes[closed.index] = .halfDone(.invalid) }
        if isInPlace { try closeNew(new, &run) }
      }
    } catch {
      if case .faulted = error, !isInPlace { try? closeNew(new, &run) }
      throw error
    }
    if !isInPlace { try closeNew(new, &run) }
  }

  private func fail(_ picks: [ReplacementGroup.Pick], _ error: Errno, _ run: inout OperationRun) {
    for pick in picks where run.outcomes[pick.index] == .notDone { run.outcomes[pick.index] = .failed(error) }
  }

  // MARK: - The calls

  /// Opens the file in the target, and returns the new number or the error.
  ///
  /// A seccomp filter can answer 0 in the place of the kernel. Then the new number is accepted only if the
  /// kernel shows a descriptor there that is open as demanded.
  private func open(
    _ group: ReplacementGroup, _ run: inout OperationRun
  ) throws(TargetError) -> Int {
    let mayLie = !run.isUnfiltered
    let atZero = mayLie && run.remote.isOpen(0)
    let flags = UInt64(group.flags) | UInt64(O_CLOEXEC | O_NOCTTY) | (isNullDevice ? 0 : UInt64(O_CREAT))
    let answer: Int
    if let address = run.remote.payload {
      answer = try open(address, flags, group, &run)
    } else {
      guard let text = run.remote.memory(path.bytes + [0]) else { throw TargetError.noRoom(run.remote.pid) }
      answer = try open(text.address, flags, group, &run)
    }
    if answer < 0 { return answer }
    var opened = Descriptor(number: UInt32(truncatingIfNeeded: answer))
    guard !(answer == 0 && atZero), let table = run.table,
      table.read(mayLie ? [.info, .status] : .status, of: &opened, at: .stopped),
      let status = opened.status.value, !mayLie || isAsDemanded(opened, group)
    else { return -Int(EPERM) }
    run.newFiles.append(status)
    return answer
  }

  private func open(
    _ address: UInt64, _ flags: UInt64, _ group: ReplacementGroup, _ run: inout OperationRun
  ) throws(TargetError) -> Int {
    let here = UInt64(bitPattern: Int64(clinux_at_fdcwd))
    run.statistics.calls += 1
    return try run.remote.call(
      SystemCall(run.remote.numbers.openAt, here, address, flags, UInt64(group.permissions)))
  }

  private func isAsDemanded(_ opened: Descriptor, _ group: ReplacementGroup) -> Bool {
    guard let flags = opened.info.value?.flags, flags.contains(.closeOnExec) else { return false }
    return (flags.rawValue ^ group.flags) & UInt32(O_ACCMODE | O_APPEND) == 0
  }

  /// Moves the offset behind what the file has, if the old file was open for writing; false if that failed.
  private func seekToEnd(
    _ new: UInt32, _ group: ReplacementGroup, _ run: inout OperationRun
  ) throws(TargetError) -> Bool {
    if isNullDevice || !group.seeks { return true }
    let error = try run.call(SystemCall(run.remote.numbers.seek, UInt64(new), 0, UInt64(SEEK_END)))
    switch error {
    // A pipe or a terminal has no offset. In a 32-bit program the call reports EOVERFLOW behind 2 GiB, after
    // it has moved the offset; see `ksys_lseek` in fs/read_write.c.
    case nil, .notSeekable, .invalid, .overflow: return true
    default: return false
    }
  }

  /// Duplicates the new descriptor onto each number.
  ///
  /// - Parameter closed: the pick whose number was closed to make room.
  private func put(
    _ new: UInt32, onto picks: [ReplacementGroup.Pick], _ closed: ReplacementGroup.Pick?,
    _ run: inout OperationRun, _ limit: DescriptorLimit
  ) throws(TargetError) {
    var rest = picks[...]
    while let pick = rest.popFirst() {
      // A number that was free at the open was not open, although it was picked.
      if pick.number == new { run.outcomes[pick.index] = .leftAlone }
      let wasClosed = closed?.number == pick.number
      guard pick.number != new, wasClosed || run.isSameFile(pick.index) else { continue }
      if closesFirst || wasClosed {
        try fill(new, pick, wasClosed: wasClosed, &run, limit)
        continue
      }
      let error = try duplicate(new, pick, &run, limit)
      run.outcomes[pick.index] = error.map { .failed($0) } ?? .done
      // A shorter chain takes longer than the calls, and so does a look at the limit.
      if error == nil, !run.readsFilesAgain, rest.count >= ROPChain.fewest,
        limit.allows(picks.last?.number ?? .max)
      {
        let similar = rest.prefix { $0.closesOnExec == pick.closesOnExec && $0.number != new }
        let count = try run.chain(
          run.remote.numbers.duplicate, similar.lazy.map { (UInt64(new), UInt64($0.number)) },
          pick.duplicateFlags)
        for pick in similar.prefix(count) { run.outcomes[pick.index] = .done }
        rest = rest.dropFirst(count)
      }
    }
  }

  /// Puts the new file onto an open number by dup3(2).
  ///
  /// A number above the soft limit answers EBADF.
  private func duplicate(
    _ new: UInt32, _ pick: ReplacementGroup.Pick, _ run: inout OperationRun, _ limit: DescriptorLimit
  ) throws(TargetError) -> Errno? {
    let call = SystemCall(
      run.remote.numbers.duplicate, UInt64(new), UInt64(pick.number), pick.duplicateFlags)
    let error = try run.call(call)
    return error == .badDescriptor && limit.raise() ? try run.call(call) : error
  }

  /// Closes a number, and puts the new file there by fcntl(2) with F_DUPFD, which replaces no file.
  ///
  /// A thread that was not stopped may have opened the number again. F_DUPFD then returns another number.
  private func fill(
    _ new: UInt32, _ pick: ReplacementGroup.Pick, wasClosed: Bool, _ run: inout OperationRun,
    _ limit: DescriptorLimit
  ) throws(TargetError) {
    let duplicateOnExec: UInt64 = 1030  // F_DUPFD_CLOEXEC, include/uapi/linux/fcntl.h
    let command = pick.closesOnExec ? duplicateOnExec : UInt64(F_DUPFD)
    let call = SystemCall(run.remote.numbers.fcntl, UInt64(new), command, UInt64(pick.number))
    // F_DUPFD does not reach beyond the soft limit, so the limit has to be raised before the close.
    if !limit.allows(pick.number), !limit.raise(for: pick.number) {
      run.outcomes[pick.index] = wasClosed ? .halfDone(.badDescriptor) : .failed(.badDescriptor)
      return
    }
    if !wasClosed, try !close(pick, &run) { return }
    run.statistics.calls += 1
    let answer = try run.remote.call(call)
    if answer == Int(pick.number) {
      if run.outcomes[pick.index] == .notDone { run.outcomes[pick.index] = .done }
      return
    }
    if answer >= 0 { _ = try run.call(SystemCall(run.remote.numbers.close, UInt64(answer))) }
    run.outcomes[pick.index] = .halfDone(Errno(answer: answer) ?? .busy)
  }

  /// Closes the old file, and notes the error of its last write; false if the number is still open.
  private func close(
    _ pick: ReplacementGroup.Pick, _ run: inout OperationRun
  ) throws(TargetError) -> Bool {
    let error = try run.call(SystemCall(run.remote.numbers.close, UInt64(pick.number)))
    guard let error else { return true }
    if run.remote.isOpen(pick.number) {
      run.outcomes[pick.index] = .failed(error)
      return false
    }
    if error == .badDescriptor {
      run.outcomes[pick.index] = .leftAlone
      return false
    }
    run.outcomes[pick.index] = .doneWithError(error)
    return true
  }

  /// Gives a number that the open itself returned its own close-on-exec flag.
  private func settle(_ pick: ReplacementGroup.Pick, _ run: inout OperationRun) throws(TargetError) {
    if !pick.closesOnExec {
      _ = try run.call(SystemCall(run.remote.numbers.fcntl, UInt64(pick.number), UInt64(F_SETFD), 0))
    }
    if run.outcomes[pick.index] == .notDone { run.outcomes[pick.index] = .done }
  }

  /// Closes the number at which the file was opened, and notes it if it stays open.
  ///
  /// A seccomp filter may refuse the call, or answer in the place of the kernel.
  private func closeNew(_ new: UInt32, _ run: inout OperationRun) throws(TargetError) {
    let error = try run.call(SystemCall(run.remote.numbers.close, UInt64(new)))
    if error == nil, run.isUnfiltered { return }
    if run.remote.isOpen(new) { run.statistics.leftOpen.append(.init(number: new, error: error)) }
  }
}
