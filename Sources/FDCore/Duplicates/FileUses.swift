import CLinux

/// The ways in which processes use certain regular files.
struct FileUses {
  /// A descriptor through which a process can write to a file.
  struct Writer {
    let process: Int32
    let number: UInt32
    let file: FileStatus.Identity
    /// Nil if the flags could not be read.
    let info: DescriptorInfo?
  }

  /// The files that a process has mapped.
  private(set) var mapped: Set<FileStatus.Identity> = []
  /// The descriptors that are open for writing, or that may be.
  private(set) var writers: [Writer] = []
  /// The number of processes whose descriptors or mappings could not be read.
  private(set) var unreadable = 0

  /// Searches every process except rangeclose.
  init(of files: Set<FileStatus.Identity>) {
    guard let processes = try? OwnedDescriptor.open("/proc", as: .directory).numericEntries() else {
      unreadable = 1
      return
    }
    for number in processes {
      let pid = Int32(truncatingIfNeeded: number)
      if pid == clinux_own_process() { continue }
      do throws(Errno) {
        let process = try ProcessDirectory(pid)
        try add(process, files)
      } catch  where error == .noSuchFile || error == .noSuchProcess {
        continue
      } catch {
        unreadable += 1
      }
    }
  }

  /// Adds the uses of a process.
  ///
  /// The table and the memory of a leader that has exited are empty. Its threads still have them.
  private mutating func add(_ process: ProcessDirectory, _ files: Set<FileStatus.Identity>) throws(Errno) {
    if try add(process, "", files) { return }
    for thread in try process.open("task", as: .directory).numericEntries()
    where thread != UInt32(bitPattern: process.pid) {
      do throws(Errno) {
        if try add(process, "task/\(thread)/", files) { return }
      } catch  where error == .noSuchFile || error == .noSuchProcess {
        continue
      }
    }
  }

  /// Adds the uses that a directory of `/proc/PID` shows; false if it shows no open descriptor.
  private mutating func add(
    _ process: ProcessDirectory, _ base: String, _ files: Set<FileStatus.Identity>
  ) throws(Errno) -> Bool {
    let links = try process.open(base + "fd", as: .directory)
    let numbers = try links.numericEntries()
    for number in numbers {
      guard let file = try? links.status(of: String(number)).identity, files.contains(file) else { continue }
      let info = (try? process.content(of: "\(base)fdinfo/\(number)")).flatMap { DescriptorInfo($0) }
      switch info?.accessMode {
      case .read, .path: break
      case .write, .readWrite, nil:
        writers.append(Writer(process: process.pid, number: number, file: file, info: info))
      }
    }
    // Before Linux 6.16 the file is empty without memory, and then there is none.
    let maps = Fact { () throws(Errno) in try process.content(of: base + "maps") }
    switch maps {
    case .known(let text):
      for mapping in MemoryMapping.all(in: text) { addMapping(mapping, process, base, files) }
    case .unreadable(.noSuchProcess), .notRead: break
    case .unreadable(let error): throw error
    }
    return !numbers.isEmpty
  }

  /// Adds the file of a mapping, if it is one of the files.
  ///
  /// On btrfs and on older overlayfs, `/proc/PID/maps` shows another device number than `statx(2)`. So a
  /// mapping with the inode number of a file is looked at itself. That takes CAP_CHECKPOINT_RESTORE; see
  /// `proc_pid_map_files(5)`. Without it, the mapping counts.
  private mutating func addMapping(
    _ mapping: MemoryMapping, _ process: ProcessDirectory, _ base: String, _ files: Set<FileStatus.Identity>
  ) {
    guard let shown = mapping.file else { return }
    if files.contains(shown) {
      mapped.insert(shown)
      return
    }
    let similar = files.filter { $0.inode == shown.inode }
    if similar.isEmpty { return }
    let (start, end) = (String(mapping.start, radix: 16), String(mapping.end, radix: 16))
    do throws(Errno) {
      let file = try process.status(of: "map_files/\(start)-\(end)").identity
      if files.contains(file) { mapped.insert(file) }
    } catch {
      // Threads have no such directory.
      if error != .noSuchFile || !base.isEmpty { mapped.formUnion(similar) }
    }
  }
}
