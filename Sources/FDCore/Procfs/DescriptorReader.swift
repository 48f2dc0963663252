import CLinux

/// Reads a process's descriptors from `/proc/PID/fd`, a fact at a time.
package final class DescriptorReader {
  private let process: ProcessDirectory
  private let base: String
  private let links: OwnedDescriptor
  private let threadPidfd: OwnedDescriptor?
  private let inquiry: SocketInquiry
  private let thread: Int32
  private let comparedNumbers: [UInt32]

  /// When a process is read, which decides how.
  package enum Moment: Sendable {
    /// While it runs. Sockets are looked up in the tables of the namespace, in one pass; what is in none of
    /// them is asked.
    case running
    /// While every thread is stopped. Each socket is asked itself, which is cheap for few; and no path is
    /// looked up, for the process might be the file server that has to answer.
    case stopped
  }

  /// Opens the descriptor directory of a process.
  ///
  /// A leader that has exited has no descriptors; `thread` is then a thread that still runs. `pidfd` stands
  /// for the process.
  ///
  /// - Parameter comparedNumbers: the descriptors that `Descriptor.sameAs` compares with.
  ///
  /// Throws `EACCES` without the right to read it, see `ptrace(2)`, `PTRACE_MODE_READ_FSCREDS`.
  package init(
    _ process: ProcessDirectory, thread: Int32? = nil, pidfd: Int32, comparedNumbers: [UInt32]
  ) throws(Errno) {
    self.process = process
    self.thread = thread ?? process.pid
    self.comparedNumbers = comparedNumbers
    base = thread.map { "task/\($0)/" } ?? ""
    links = try process.open(base + "fd", as: .directory)
    if let thread {
      let number = try? checked(clinux_pidfd_open_thread(thread))
      threadPidfd = number.map { OwnedDescriptor(adopting: $0) }
      inquiry = SocketInquiry(pidfd: number.map { Int32(truncatingIfNeeded: $0) })
    } else {
      threadPidfd = nil
      inquiry = SocketInquiry(pidfd: pidfd)
    }
  }

  /// The open numbers, ascending.
  ///
  /// Throws where the process is gone or its table is no more ours to read.
  package func openNumbers(of target: TargetProcess) throws(TargetError) -> [UInt32] {
    do {
      // Opened anew: a directory that was read to its end stays there.
      return try links.open(".", as: .directory).numericEntries()
    } catch {
      throw TargetError(refusedBy: error, call: "/proc/\(target.pid)/fd", target.directory)
    }
  }

  /// Reads facts about some open numbers.
  ///
  /// One that is not open any more is left out.
  package func read(
    _ numbers: [UInt32], facts: FactSet, at moment: Moment = .running
  ) -> [Descriptor] {
    complete(numbers.map(Descriptor.init), facts: facts, at: moment)
  }

  /// Reads the facts that descriptors lack.
  ///
  /// One that is not open any more is left out.
  package func complete(
    _ descriptors: [Descriptor], facts: FactSet, at moment: Moment = .running
  ) -> [Descriptor] {
    var descriptors = descriptors
    if !facts.isEmpty {
      for index in descriptors.indices { _ = read(facts, of: &descriptors[index], at: moment) }
      descriptors.removeAll(where: \.isGone)
    }
    if facts.contains(.sockets) { readSockets(&descriptors, moment) }
    if facts.contains(.unixSockets) { readUnixSockets(&descriptors) }
    return descriptors
  }

  /// Reads the facts that a descriptor lacks, but for those that are in tables; false where it is not open
  /// any more.
  package func read(
    _ facts: FactSet, of descriptor: inout Descriptor, at moment: Moment = .running
  ) -> Bool {
    let name = String(descriptor.number)
    if facts.contains(.status), descriptor.status.isMissing {
      descriptor.status = Fact { () throws(Errno) in try links.status(of: name) }
    }
    if facts.contains(.target), descriptor.target.isMissing {
      descriptor.target = Fact { () throws(Errno) in try links.linkTarget(of: name) }
    }
    if descriptor.oddity.isMissing { descriptor.oddity = oddity(descriptor, name) }
    if facts.contains(.socketType), descriptor.socketType.isMissing {
      descriptor.socketType = socketType(descriptor, name)
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
    if facts.contains(.info), descriptor.info.isMissing {
      descriptor.info = Fact { () throws(Errno) in
        guard let info = DescriptorInfo(try process.content(of: "\(base)fdinfo/\(name)")) else {
          throw .invalid
        }
        return info
      }
    }
    return !descriptor.isGone
  }

  /// What only the file system tells: a path of one component may be that of a message queue or a BPF token.
  ///
  /// No other is asked about, for a file server might have to answer. A queue tells its state in a text of 80
  /// bytes, FILENT_SIZE in `ipc/mqueue.c`.
  private func oddity(_ descriptor: Descriptor, _ name: String) -> Fact<DescriptorType?> {
    guard let status = descriptor.status.value, let target = descriptor.target.value else { return .notRead }
    guard status.type == .regular, target.isAtRoot, status.size == 80 || target.hasPrefix("/bpf-token") else {
      return .known(nil)
    }
    switch try? links.fileSystemType(of: name) {
    case clinux_message_queue_type: return .known(.messageQueue)
    case clinux_bpf_type: return .known(.bpfToken)
    default: return .known(nil)
    }
  }

  /// What a socket speaks; known as nil for anything else.
  private func socketType(_ descriptor: Descriptor, _ name: String) -> Fact<DescriptorType?> {
    guard descriptor.socketInode != nil else { return descriptor.status.map { _ in nil } }
    let word: ByteString
    do {
      word = try links.protocolName(of: name)
    } catch {
      // A socket's name, opened with O_PATH, is no socket.
      return error == .notSupported ? .known(nil) : .unreadable(error)
    }
    if let type = DescriptorType(protocolName: word) { return .known(type) }
    return Fact { () throws(Errno) in try inquiry.type(of: descriptor.number) }
  }

  /// See `kcmp(2)`, KCMP_FILE.
  ///
  /// A number that is not open is nobody's match.
  private func numbers(sharingWith number: UInt32) throws(Errno) -> [UInt32] {
    var equal: [UInt32] = []
    for other in comparedNumbers {
      let answer = clinux_compare_descriptors(thread, Int32(bitPattern: number), Int32(bitPattern: other))
      if answer == 0 { equal.append(other) }
      if let error = Errno(answer: answer), error != .badDescriptor { throw error }
    }
    return equal
  }

  private static let mark = " (deleted)"

  /// The link's text as a name: " (deleted)" belongs to it unless the kernel put it there.
  private func path(_ descriptor: Descriptor, _ moment: Moment) -> Fact<ByteString> {
    guard let target = descriptor.target.value, let name = target.removingSuffix(Self.mark) else {
      return descriptor.target
    }
    guard let status = descriptor.status.value else { return .known(target) }
    if status.links > 0 && moment == .stopped { return .unreadable(.again) }
    // With a link left, either the file is called so, or this name of it is gone and another is left.
    // The kernel shows the path from our root or, in another mount namespace, from the target's.
    let isItsName =
      status.links > 0
      && ["", "root"].contains { root in
        guard let text = String(validating: target.bytes, as: UTF8.self) else { return false }
        let found = try? process.status(of: root + text)
        return found?.identity == status.identity
      }
    return .known(isItsName ? target : name)
  }

  /// Reads sockets from one source, and from the other what the first does not tell.
  private func readSockets(_ descriptors: inout [Descriptor], _ moment: Moment) {
    for index in descriptors.indices where descriptors[index].socketInode == nil {
      descriptors[index].socket = descriptors[index].status.map { _ in nil }
    }
    guard descriptors.contains(where: { $0.socket.isMissing }) else { return }
    switch moment {
    case .running:
      readSocketTables(&descriptors)
      askSockets(&descriptors)
    case .stopped:
      askSockets(&descriptors)
      readSocketTables(&descriptors)
    }
  }

  private func askSockets(_ descriptors: inout [Descriptor]) {
    for index in descriptors.indices
    where descriptors[index].socket.isMissing {
      let number = descriptors[index].number
      descriptors[index].socket = Fact { () throws(Errno) in try inquiry.ask(number) }
    }
  }

  private func readUnixSockets(_ descriptors: inout [Descriptor]) {
    let missing = descriptors.indices.filter { descriptors[$0].unixSocket.isMissing }
    for index in missing where descriptors[index].socketType.value != .unix {
      descriptors[index].unixSocket = descriptors[index].socketType.map { _ in nil }
    }
    let inodes = Set(
      missing.compactMap { descriptors[$0].unixSocket.isMissing ? descriptors[$0].socketInode : nil })
    if inodes.isEmpty { return }
    let found = Fact { () throws(Errno) in try UnixSocketTable(of: process, base).find(inodes) }
    for index in missing where descriptors[index].unixSocket.isMissing {
      guard let inode = descriptors[index].socketInode else { continue }
      descriptors[index].unixSocket =
        switch found {
        case .known(let sockets): sockets[inode].map { .known($0) } ?? .unreadable(.noSuchFile)
        case .unreadable(let error): .unreadable(error)
        case .notRead: .notRead
        }
    }
  }

  private func readSocketTables(_ descriptors: inout [Descriptor]) {
    let missing = Set(descriptors.filter(\.needsSocketTable).compactMap(\.socketInode))
    if missing.isEmpty { return }
    let found = SocketTables.find(missing, of: process, base)
    for index in descriptors.indices {
      if let inode = descriptors[index].socketInode, let socket = found[inode] {
        descriptors[index].socket = .known(socket)
      }
    }
  }
}

extension Descriptor {
  /// The number by which socket tables know this socket; nil for anything else.
  fileprivate var socketInode: UInt64? {
    guard let status = status.value, status.type == .socket else { return nil }
    return status.identity.inode
  }

  /// Whether a table may know more: a TCP socket in the midst of connect(2) has a peer, and does not tell
  /// it to getpeername(2).
  ///
  /// See `inet_getname` in `net/ipv4/af_inet.c`.
  fileprivate var needsSocketTable: Bool {
    guard let socket = socket.value else { return true }
    return socket?.state == .synSent && socket?.peer == nil
  }

  /// Whether the number was closed between the listing and the look.
  fileprivate var isGone: Bool {
    switch (status, target, info) {
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
