extension TargetProcess {
  /// The other processes that have some of these sockets open, and that SIGPIPE would end, ascending.
  ///
  /// An operation on a socket acts on all processes that have it. A process that cannot be read is left out.
  package func othersEndedByBrokenPipe(_ picked: [Descriptor]) -> [Int32] {
    guard let reader = try? descriptors() else { return [] }
    let sockets = reader.complete(picked, facts: .status).filter { $0.isSocket.value == true }
    let files = Set(sockets.compactMap { $0.status.value?.identity })
    if files.isEmpty { return [] }
    let holders = Set(FileUses(of: files, includingOthers: false).descriptors.map { $0.process })
    return holders.filter { pid in
      guard let status = try? ProcessDirectory(pid).status() else { return false }
      return status.threadGroup != threadGroup && status.endsByBrokenPipe
    }.sorted()
  }
}
