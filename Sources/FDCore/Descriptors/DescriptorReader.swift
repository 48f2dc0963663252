import CLinux

/// Reads a process's descriptors from `/proc/PID/fd`, a fact at a time.
package final class DescriptorReader {
  let process: ProcessDirectory
  let base: String
  let links: OwnedDescriptor
  private let threadPidfd: OwnedDescriptor?
  let inquiry: SocketInquiry
  private let thread: Int32
  private let comparedNumbers: [UInt32]
  private lazy var mounts = try? MountTable(of: process)

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
      return try links.numericEntries()
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
      descriptors.removeAll { $0.isGone }
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
    let needsTarget = facts.contains(.identity) && !descriptor.hasIdentityByStatus
    if facts.contains(.target) || needsTarget, descriptor.target.isMissing {
      descriptor.target = Fact { () throws(Errno) in try links.linkTarget(of: name) }
    }
    if descriptor.oddity.isMissing { descriptor.oddity = oddity(descriptor, name, moment) }
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

  /// What only the file system tells: the path of a message queue or a BPF token looks like any other.
  ///
  /// A queue tells its state in a text of 80 bytes that take no storage, FILENT_SIZE in `ipc/mqueue.c`. The
  /// mount table knows the file system, unless that is one of the kernel's own; then the file itself is
  /// asked, and so is one whose file system was unmounted lazily. While everything is stopped none is: the
  /// target may have to answer.
  private func oddity(
    _ descriptor: Descriptor, _ name: String, _ moment: Moment
  ) -> Fact<DescriptorType?> {
    guard let status = descriptor.status.value, let target = descriptor.target.value else { return .notRead }
    let isLikeQueue = status.size == 80 && status.allocated == 0 && status.identity.device >> 32 == 0
    guard status.type == .regular, isLikeQueue || target.hasPrefix("/bpf-token") else { return .known(nil) }
    if moment == .stopped { return .notRead }
    if let mount = mounts?.mounts.first(where: { $0.id == status.mount }) {
      return .known(mount.fileSystem == "mqueue" ? .messageQueue : nil)
    }
    guard target.isAtRoot else { return .known(nil) }
    return Fact { () throws(Errno) in
      switch try links.fileSystemType(of: name) {
      case clinux_message_queue_type: .messageQueue
      case clinux_bpf_type: .bpfToken
      default: nil
      }
    }
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
}

extension Descriptor {
  /// Whether the status alone tells one file from another.
  fileprivate var hasIdentityByStatus: Bool { status.value.map { $0.type != .none } ?? false }

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
