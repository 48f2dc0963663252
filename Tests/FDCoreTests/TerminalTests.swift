import CLinux
import Testing

@testable import FDCore

/// Which master belongs to which terminal.
@Suite struct TerminalTests {
  private func node(_ device: UInt64, mount: UInt64, number: UInt64) -> FileStatus {
    var status = clinuxStatus()
    (status.device, status.mount, status.special_device) = (device, mount, number)
    return FileStatus(status)
  }

  private func clinuxStatus() -> clinux_file_status {
    var status = clinux_file_status()
    status.mode = 0o020666
    return status
  }

  /// Two devpts on one mount, as with a chroot directory, and a third on another mount.
  private let table = MountTable(
    mounts: [
      (30, 20, 7, "/dev/pts"), (31, 20, 8, "/jail/dev/pts"), (32, 21, 9, "/other/pts"), (33, 23, 6, "/a/pts"),
      (34, 33, 7, "/a/pts"),
    ].map { MountTable.Mount(id: $0, parent: $1, device: $2, path: $3, fileSystem: "devpts", source: "none") }
  )

  private let pts2 = 136 << 32 | 2 as UInt64
  private let ptmx = 5 << 32 | 2 as UInt64

  @Test func theNodeOrTheDirectoryDecides() {
    let terminal = Terminal(node(7, mount: 30, number: pts2), table)
    func isMaster(_ device: UInt64, _ mount: UInt64, _ path: ByteString, _ index: UInt64 = 2) -> Bool? {
      terminal.isMaster(node(device, mount: mount, number: ptmx), index, path: path)
    }
    #expect(isMaster(7, 30, "/dev/pts/ptmx") == true && isMaster(8, 31, "/jail/dev/pts/ptmx") == false)
    #expect(isMaster(5, 20, "/dev/ptmx") == true && isMaster(5, 20, "/jail/dev/ptmx") == false)
    #expect(isMaster(5, 21, "/anything/ptmx") == false)
    // The mount beside it is covered by another.
    #expect(isMaster(5, 23, "/a/ptmx") == true)
    #expect(isMaster(5, 20, "/gone/ptmx") == nil && isMaster(5, 22, "/dev/ptmx") == nil)
    #expect(isMaster(7, 30, "/dev/pts/ptmx", 3) == false && isMaster(5, 22, "/dev/ptmx", 3) == false)
  }

  @Test func anEndIsTheDeviceOnItsFileSystem() {
    let terminal = Terminal(node(7, mount: 30, number: pts2), table)
    #expect(terminal.isEnd(node(7, mount: 99, number: pts2)))
    #expect(!terminal.isEnd(node(8, mount: 31, number: pts2)))
    // Any node of this number is the same console.
    let console = Terminal(node(5, mount: 20, number: 4 << 32 | 1), table)
    #expect(console.isEnd(node(6, mount: 1, number: 4 << 32 | 1)))
    #expect(console.isMaster(node(7, mount: 30, number: ptmx), 1, path: "/dev/pts/ptmx") == false)
  }
}
