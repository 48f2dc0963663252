/// A terminal, by the device file that a path leads to.
package struct Terminal: Hashable, Sendable {
  /// The file system that the device file lies on, `(major << 32) | minor`.
  private let fileSystem: UInt64
  /// The terminal's device number, `(major << 32) | minor`.
  private let number: UInt64
  /// The devpts file systems that the target sees, in the order in which they were mounted.
  ///
  /// Each of them numbers its pseudoterminals from 0; see `Documentation/filesystems/devpts.rst`.
  private let instances: [Instance]

  private struct Instance: Hashable {
    let id: UInt64
    let device: UInt64
    let path: ByteString
    let parent: UInt64
  }

  init(_ status: FileStatus, _ table: MountTable) {
    (fileSystem, number) = (status.identity.device, status.specialDevice)
    instances = table.mounts.filter { $0.fileSystem == "devpts" }.map { mount in
      Instance(id: mount.id, device: mount.device, path: mount.path, parent: mount.parent)
    }
  }

  /// Whether the number is that of a pseudoterminal's slave: UNIX98_PTY_SLAVE_MAJOR in
  /// `include/uapi/linux/major.h`.
  private var isPseudoterminal: Bool { number >> 32 == 136 }

  /// Whether a descriptor with this status is open on the terminal itself.
  package func isEnd(_ status: FileStatus) -> Bool {
    status.type == .characterDevice && status.specialDevice == number
      && (!isPseudoterminal || status.identity.device == fileSystem)
  }

  /// Whether a master with this index, from fdinfo, belongs to the terminal.
  ///
  /// The master's node lies in a devpts, or it is `/dev/ptmx`. `/dev/ptmx` stands for the devpts that is
  /// mounted at `pts` in the same directory, and therefore on the same mount; see `devpts_ptmx_path` in
  /// `fs/devpts/inode.c`. The result is nil if rangeclose cannot find that devpts.
  ///
  /// - Parameter path: the path of the master's node.
  package func isMaster(_ status: FileStatus, _ index: UInt64, path: ByteString) -> Bool? {
    guard isPseudoterminal, index == number & 0xFFFF_FFFF else { return false }
    let device = status.identity.device
    if instances.contains(where: { $0.device == device }) { return device == fileSystem }
    var beside = instances.filter { $0.parent == status.mount }
    if Set(beside.map { $0.device }).count > 1 {
      let pts = path.removingSuffix("ptmx").map { ByteString($0.bytes + Array("pts".utf8)) }
      beside = Array(beside.filter { $0.path == pts }.suffix(1))
    }
    return beside.last.map { top($0).device == fileSystem }
  }

  /// The topmost of the mounts that cover this mount, or the mount itself if no mount covers it.
  ///
  /// The kernel follows the covering mounts in the same way.
  private func top(_ instance: Instance) -> Instance {
    var top = instance
    for _ in instances {
      guard let next = instances.first(where: { $0.parent == top.id && $0.path == top.path }) else { break }
      top = next
    }
    return top
  }
}

extension FileStatus {
  /// Whether the file is `/dev/ptmx`, or the node of this name in a devpts; see `pts(4)`.
  package var isMaster: Bool { type == .characterDevice && specialDevice == 5 << 32 | 2 }

  /// Whether the file is `/dev/tty` or `/dev/console`, each of which stands for another terminal.
  package var isStandIn: Bool {
    type == .characterDevice && (specialDevice == 5 << 32 || specialDevice == 5 << 32 | 1)
  }
}
