import CLinux

/// A way to use a file without a descriptor, which keeps its file system busy.
package enum FileUse: String, Sendable {
  /// The working directory of a process.
  case workingDirectory = "cwd"
  /// The root directory of a process.
  case root
  /// The program that a process runs.
  case program = "exe"
  /// A mapping in the memory of a process.
  case mapping = "mem"
  /// A swap file.
  case swap
  /// The file behind a loop device.
  case loop

  /// A use, and the file as a descriptor without a number.
  package typealias Found = (use: FileUse, file: Descriptor)
}

extension FileUse {
  /// The files that a process uses, each mapped file once.
  ///
  /// A file that rangeclose may not read has unknown facts. See `proc_pid_cwd(5)`, `proc_pid_root(5)`,
  /// `proc_pid_exe(5)` and `proc_pid_map_files(5)`.
  package static func all(in process: ProcessDirectory) -> [Found] {
    let links: [(FileUse, String)] = [(.workingDirectory, "cwd"), (.root, "root"), (.program, "exe")]
    var found: [Found] = links.map { (use: $0.0, file: Descriptor($0.1, in: process)) }
    guard let text = try? process.content(of: "maps") else { return found }
    var seen = Set(found.compactMap { $0.file.status.value?.identity })
    for mapping in MemoryMapping.all(in: text) {
      guard let file = mapping.file, seen.insert(file).inserted else { continue }
      let range = String(mapping.start, radix: 16) + "-" + String(mapping.end, radix: 16)
      found.append((.mapping, Descriptor("map_files/" + range, in: process)))
    }
    return found
  }

  /// The files that the kernel uses: swap files, and the files behind loop devices.
  ///
  /// See `proc_swaps(5)`, `proc_partitions(5)`, and `loop(4)`.
  package static func ofKernel() -> [Found] {
    var found: [Found] = []
    try? OwnedDescriptor.open("/proc/swaps", as: .file).forEachLine { line in
      let path = MountTable.unescaped(line.peekField())
      line.skipFields(1)
      if line.skip(text: "file") { found.append((.swap, Descriptor(ofFileAt: path))) }
    }
    var loops: [String] = []
    try? OwnedDescriptor.open("/proc/partitions", as: .file).forEachLine { line in
      line.skipBlanks()
      line.skipFields(3)  // major, minor, blocks
      let name = String(decoding: line.peekField(), as: UTF8.self)
      if name.hasPrefix("loop"), name.dropFirst(4).allSatisfy({ $0.isNumber }) { loops.append(name) }
    }
    for loop in loops {
      let file = "/sys/block/\(loop)/loop/backing_file"
      guard let text = try? OwnedDescriptor.open(file, as: .file).readToEnd() else { continue }
      found.append((.loop, Descriptor(ofFileAt: ByteString(Array(text.prefix { $0 != UInt8(ascii: "\n") })))))
    }
    return found
  }
}

extension Descriptor {
  /// A file without a descriptor number.
  private init(_ status: Fact<FileStatus>, _ target: Fact<ByteString>) {
    self.init(number: Self.noNumber)
    self.status = status
    self.target = target
    let isDeleted = status.value?.links == 0
    path = target.map { isDeleted ? $0.removingSuffix(DescriptorReader.mark) ?? $0 : $0 }
    socketType = .known(nil)
    specialInode = .known(nil)
    socket = .known(nil)
    unixSocket = .known(nil)
  }

  /// The file that a link of a process leads to.
  fileprivate init(_ link: String, in process: ProcessDirectory) {
    self.init(
      Fact { () throws(Errno) in try process.status(of: link) },
      Fact { () throws(Errno) in try process.linkTarget(of: link) })
  }

  /// The file at a path that the kernel reports.
  fileprivate init(ofFileAt path: ByteString) {
    self.init(Fact { () throws(Errno) in try FileStatus.ofFile(at: path) }, .known(path))
  }
}
