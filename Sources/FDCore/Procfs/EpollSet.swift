/// The files that an epoll descriptor watches, from its `/proc/PID/fdinfo/N`; see `proc_pid_fdinfo(5)`.
struct EpollSet {
  /// A watched file.
  struct Entry {
    /// The number by which epoll_ctl(2) added the file.
    let number: UInt32
    /// The file.
    let file: FileStatus.Identity
  }

  /// The number of the epoll descriptor.
  let number: UInt32
  let entries: [Entry]

  /// Parses the text of the file and skips lines that have another form.
  ///
  ///     tfd:        5 events:       19 data:                5  pos:0 ino:3d60 sdev:8
  ///
  /// See `ep_show_fdinfo` in `fs/eventpoll.c`. `sdev` has the kernel's internal form, with 20 bits of minor.
  init(_ number: UInt32, _ text: [UInt8]) {
    self.number = number
    var entries: [Entry] = []
    var scanner = TextScanner(text)
    while !scanner.isAtEnd {
      if let entry = Entry(&scanner) { entries.append(entry) }
      scanner.skipLine()
    }
    self.entries = entries
  }
}

extension EpollSet.Entry {
  fileprivate init?(_ line: inout TextScanner) {
    guard line.skip(text: "tfd:") else { return nil }
    line.skipBlanks()
    guard let number = line.decimal(UInt32.self) else { return nil }
    self.number = number
    line.skipBlanks()
    line.skipFields(5)  // events: N data: N pos:N
    guard line.skip(text: "ino:"), let inode = line.hexadecimal(UInt64.self) else { return nil }
    line.skipBlanks()
    guard line.skip(text: "sdev:"), let device = line.hexadecimal(UInt64.self) else { return nil }
    file = .init(device: (device >> 20) << 32 | device & 0xF_FFFF, inode: inode)
  }
}
