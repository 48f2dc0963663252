import FDCore
import FDSelectors

/// The processes that keep a file system busy after rangeclose closed descriptors on it.
struct BusyFileSystem {
  /// The processes with their uses, such as `604 (bash): cwd, mem`.
  private(set) var users: [String] = []

  /// Searches all processes.
  ///
  /// - Parameter selector: a selector that asks for a file system, before the lookup of its mount points.
  init(_ selector: Selector) {
    for pid in ProcessTree.all() {
      // A path may be a mount point in some mount namespaces only.
      guard let target = try? TargetProcess(pid),
        let located = try? selector.located(in: MountNamespace(of: target.directory))
      else { continue }
      var uses = FileUse.all(in: target.directory, pickedBy: located).map { $0.use.rawValue }
      if let reader = try? target.descriptors(), let open = try? reader.openNumbers(of: target) {
        let count = located.pick(among: open.lazy.map(Descriptor.init), through: reader).picked.count
        if count > 0 { uses.append(counted(count, "descriptor")) }
      }
      if !uses.isEmpty { users.append("\(target.nameAtScan): \(Self.once(uses).joined(separator: ", "))") }
    }
  }

  /// Words without repetitions, in their order.
  private static func once(_ words: [String]) -> [String] {
    var seen: Set<String> = []
    return words.filter { seen.insert($0).inserted }
  }

  /// The message; nil if nothing keeps the file system busy.
  var message: String? {
    if users.isEmpty { return nil }
    let most = 5
    return "still kept busy by " + users.prefix(most).joined(separator: "; ")
      + (users.count > most ? " and \(users.count - most) more" : "")
  }
}
