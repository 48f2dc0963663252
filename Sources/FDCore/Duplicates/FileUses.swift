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

  private mutating func add(_ process: ProcessDirectory, _ files: Set<FileStatus.Identity>) throws(Errno) {
    mapped.formUnion(
      MemoryMapping.all(in: try process.content(of: "maps")).compactMap { $0.file }.filter(files.contains))
    let links = try process.open("fd", as: .directory)
    for number in try links.numericEntries() {
      guard let file = try? links.status(of: String(number)).identity, files.contains(file) else { continue }
      let info = (try? process.content(of: "fdinfo/\(number)")).flatMap { DescriptorInfo($0) }
      switch info?.accessMode {
      case .read, .path: break
      case .write, .readWrite, nil:
        writers.append(Writer(process: process.pid, number: number, file: file, info: info))
      }
    }
  }
}
