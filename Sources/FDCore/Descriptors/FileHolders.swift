import CLinux

/// Finds the processes that keep files alive by a descriptor or a mapping.
package enum FileHolders {
  /// A process and the files that it holds.
  package struct Holder: Sendable {
    /// The ID and the command name of the process.
    package let process: ProcessName
    /// The files that it holds, a subset of the files that the caller asked about.
    package let files: Set<FileStatus.Identity>
  }

  /// Scans every process except rangeclose, and returns the holders, ascending by process ID.
  ///
  /// The descriptors of rangeclose do not count, because they are closed when rangeclose exits. A process
  /// that rangeclose has no right to read does not count as a holder. See `ptrace(2)`,
  /// PTRACE_MODE_READ_FSCREDS.
  package static func find(_ files: Set<FileStatus.Identity>) -> [Holder] {
    guard let processes = try? OwnedDescriptor.open("/proc", as: .directory).numericEntries() else {
      return []
    }
    return processes.compactMap { number in
      let pid = Int32(truncatingIfNeeded: number)
      guard pid != getpid(), let process = try? ProcessDirectory(pid) else { return nil }
      let held = open(in: process).union(mapped(in: process)).intersection(files)
      if held.isEmpty { return nil }
      return Holder(process: .init(process.pid, (try? process.status())?.name), files: held)
    }
  }

  private static func open(in process: ProcessDirectory) -> Set<FileStatus.Identity> {
    guard let links = try? process.open("fd", as: .directory), let numbers = try? links.numericEntries()
    else { return [] }
    return Set(numbers.compactMap { (try? links.status(of: String($0)))?.identity })
  }

  private static func mapped(in process: ProcessDirectory) -> Set<FileStatus.Identity> {
    guard let text = try? process.content(of: "maps") else { return [] }
    return Set(MemoryMapping.all(in: text).compactMap { $0.file })
  }
}
