extension TargetError.Sleeper {
  /// A thread that did not stop, as its files in `/proc` describe it now.
  init(_ tid: Int32, of process: ProcessDirectory) {
    let status = try? process.status(ofThread: tid)
    let sleeper = Self(
      thread: .init(tid, status?.name), isAsleep: status?.state == "D",
      place: process.waitChannel(ofThread: tid), child: nil)
    let child = sleeper.isInVfork ? process.childInVfork(ofThread: tid) : nil
    self.init(
      thread: sleeper.thread, isAsleep: sleeper.isAsleep, place: sleeper.place,
      child: child.map { .init($0, processName($0)) })
  }

  /// A worker of io_uring(7).
  init(worker tid: Int32, _ name: ByteString) {
    self.init(thread: .init(tid, name), isAsleep: false, place: nil, child: nil, isWorker: true)
  }
}
