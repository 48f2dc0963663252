import CLinux

/// What a process has mapped.
///
/// The kernel is asked for one mapping after the other, as they are now: a process may have ten thousands, of
/// which few matter. Before Linux 6.11 it cannot be asked, and all of `/proc/PID/maps` is read, once.
final class MemoryMap {
  private let file: OwnedDescriptor
  private let mappings: [MemoryMapping]?
  /// What was found last: who is asked about stands still.
  private var last: MemoryMapping?

  /// Opens it by way of a thread: a leader that has exited has nothing any more.
  init(of process: ProcessDirectory, thread: Int32) throws(Errno) {
    file = try process.open("task/\(thread)/maps", as: .file)
    do {
      _ = try Self.query(file, 0, clinux_next_executable)
      mappings = nil
    } catch {
      mappings = error == .noSuchFile ? nil : MemoryMapping.all(in: try file.readToEnd())
    }
  }

  /// The one that an address lies in, of a process that is stopped; nil where nothing is mapped.
  func mapping(at address: UInt64) -> MemoryMapping? {
    guard let mappings else {
      if let last, last.start <= address, address < last.end { return last }
      last = try? Self.query(file, address, clinux_mapping_covering)
      return last
    }
    let index = mappings.partitioningIndex { address < $0.end }
    return index.map { mappings[$0] }.flatMap { $0.start <= address ? $0 : nil }
  }

  /// Those that can be executed, ascending.
  ///
  /// - Parameter isOfFile: only those of files.
  func executable(isOfFile: Bool) -> [MemoryMapping] {
    if let mappings { return mappings.filter { $0.isExecutable && (!isOfFile || $0.file != nil) } }
    let kind = isOfFile ? clinux_next_executable_file : clinux_next_executable
    var found: [MemoryMapping] = []
    while let next = try? Self.query(file, found.last?.end ?? 0, kind) { found.append(next) }
    return found
  }

  private static func query(
    _ file: borrowing OwnedDescriptor, _ address: UInt64, _ kind: clinux_mapping_query
  ) throws(Errno) -> MemoryMapping {
    var mapping = clinux_mapping()
    let number = file.number
    let name = unsafe try [UInt8](atMost: Int(PATH_MAX)) {
      unsafe clinux_query_mapping(number, address, kind, &mapping, $0, $1)
    }
    return MemoryMapping(mapping, name: name)
  }
}

extension [MemoryMapping] {
  /// The first that a condition holds for, which holds for all that follow; nil where there is none.
  fileprivate func partitioningIndex(where holds: (MemoryMapping) -> Bool) -> Int? {
    var (low, high) = (startIndex, endIndex)
    while low < high {
      let middle = low + (high - low) / 2
      if holds(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low < endIndex ? low : nil
  }
}
