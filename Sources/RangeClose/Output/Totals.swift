import FDCore

/// The totals of the rows.
///
/// A file that several descriptors or processes hold counts once.
struct Totals {
  private struct FileSystem {
    var files = 0
    var bytes: UInt64 = 0
  }

  private var descriptors = 0
  /// The number of uses that are no descriptors.
  private var uses = 0
  private var processes: Set<Int32> = []
  private var seen: Set<FileStatus.Identity> = []
  private var fileSystems: [UInt64: FileSystem] = [:]
  /// The number of processes that rangeclose could not read.
  var unreadable = 0

  mutating func add(_ row: Row) {
    if row.use == nil { descriptors += 1 } else { uses += 1 }
    if let process = row.process { processes.insert(process.pid) }
    guard let status = row.descriptor.status.value, status.type == .regular,
      seen.insert(status.identity).inserted
    else { return }
    let device = status.identity.device
    var fileSystem = fileSystems[device] ?? FileSystem()
    fileSystem.files += 1
    fileSystem.bytes &+= status.allocated
    fileSystems[device] = fileSystem
  }

  /// The totals in a sentence, with the files of each file system.
  ///
  /// - Parameter inBytes: whether sizes are exact numbers of bytes.
  func text(inBytes: Bool) -> String {
    if descriptors + uses == 0 { return "" }
    var text =
      "total: \(counted(descriptors, "descriptor"))"
      + (uses > 0 ? " and \(counted(uses, "other use"))" : "")
      + " in " + counted(processes.count, "process")
    let names = FileSystemNames()
    let parts = sorted.map { device, entry in
      let number = Cell.device(device).text(inBytes: true)
      let place = names.path(ofDevice: device).map { "\($0.cell) (\(number))" }
      let size = ByteSize(entry.bytes).words(inBytes: inBytes)
      return "\(counted(entry.files, "file")) with \(size) on \(place ?? number)"
    }
    if !parts.isEmpty { text += "; " + parts.joined(separator: ", ") }
    return text + "\n"
  }

  /// The members of the object `totals`.
  var members: [JSONMember] {
    let names = FileSystemNames()
    let systems = sorted.map { device, entry in
      JSON.object([
        JSON.members("device", .device(device)),
        JSON.members("mount", names.path(ofDevice: device).map { .name($0) } ?? .none),
        JSON.members("files", .number(UInt64(entry.files))), JSON.members("bytes", .bytes(entry.bytes)),
      ])
    }
    return [
      JSONMember("descriptors", .number(UInt64(descriptors))),
      JSONMember("other_uses", .number(UInt64(uses))),
      JSONMember("processes", .number(UInt64(processes.count))),
      JSONMember("files", .number(UInt64(seen.count))),
      JSONMember("unreadable_processes", .number(UInt64(unreadable))),
      JSONMember("file_systems", json: "[" + systems.joined(separator: ",") + "]"),
    ]
  }

  private var sorted: [(device: UInt64, entry: FileSystem)] {
    fileSystems.map { ($0.key, $0.value) }.sorted { one, two in
      (one.entry.bytes, two.device) > (two.entry.bytes, one.device)
    }
  }
}
