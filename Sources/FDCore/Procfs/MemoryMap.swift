import CLinux

/// The memory mappings of a process.
///
/// Since Linux 6.11, each query asks the kernel for the current state of one mapping. A process may have tens
/// of thousands of mappings, and few of them matter. On older kernels, which lack PROCMAP_QUERY, the
/// initializer reads all of `/proc/PID/maps` once.
final class MemoryMap {
  private let file: OwnedDescriptor
  /// All mappings, ascending; nil if the kernel answers queries.
  private let mappings: [MemoryMapping]?
  /// The result of the last query.
  ///
  /// It stays valid, because the process is stopped.
  private var last: MemoryMapping?

  /// Opens `/proc/PID/task/TID/maps`.
  ///
  /// - Parameter thread: a live thread; an exited leader has no mappings.
  init(of process: ProcessDirectory, thread: Int32) throws(Errno) {
    file = try process.open("task/\(thread)/maps", as: .file)
    do {
      _ = try Self.query(file, 0, clinux_next_executable)
      mappings = nil
    } catch {
      mappings = error == .noSuchFile ? nil : MemoryMapping.all(in: try file.readToEnd())
    }
  }

  /// The mapping that contains an address of a stopped process; nil if nothing is mapped there.
  func mapping(at address: UInt64) -> MemoryMapping? {
    guard let mappings else {
      if let last, last.start <= address, address < last.end { return last }
      last = try? Self.query(file, address, clinux_mapping_covering)
      return last
    }
    let index = mappings.partitioningIndex { address < $0.end }
    guard index < mappings.endIndex, mappings[index].start <= address else { return nil }
    return mappings[index]
  }

  /// The executable mappings, in ascending order.
  ///
  /// - Parameter isOfFile: whether to return the mappings of files only.
  func executable(isOfFile: Bool) -> [MemoryMapping] {
    if let mappings { return mappings.filter { $0.isExecutable && (!isOfFile || $0.file != nil) } }
    let kind = isOfFile ? clinux_next_executable_file : clinux_next_executable
    var found: [MemoryMapping] = []
    while let next = try? Self.query(file, found.last?.end ?? 0, kind) { found.append(next) }
    return found
  }

  /// Whether an executable mapping ends above an address.
  func hasExecutable(above address: UInt64) -> Bool {
    if let mappings { return mappings.contains { $0.isExecutable && $0.end > address } }
    return (try? Self.query(file, address, clinux_next_executable)) != nil
  }

  /// The corresponding call is `ioctl(2)` with PROCMAP_QUERY.
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
