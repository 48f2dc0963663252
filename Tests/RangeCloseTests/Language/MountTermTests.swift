import Glibc
import TestSupport
import Testing

/// `mount:` picks the descriptors that keep a file system busy.
///
/// umount(2) shows that the file system is no longer busy.
@Suite(.enabled(if: Programs.isRoot)) struct MountTermTests {
  private let scratch = Scratch()

  @Test func mountPicksWhatKeepsAFileSystemBusy() throws {
    let mount = try scratch.mountMemory("m", bytes: 1 << 20)
    mkdir("\(mount)/dir", 0o755)
    mkfifo("\(mount)/fifo", 0o600)
    symlink(mount, scratch("link"))
    let target = try holder(
      "open 10 \(mount)/kept", "open 11 \(mount)/gone", "unlink \(mount)/gone", "read 12 \(mount)/dir",
      "open 13 \(mount)/fifo", "flags 14 10000000 \(mount)/kept", "tmpfile 15 \(mount)",
      "unix-listen 16 \(mount)/x", "unix-connect 17 \(mount)/x", "accept 16 18", "unlink \(mount)/x",
      "unix-bind 19 \(mount)/y",
      "flags 29 10000000 \(mount)/y", "open 20 \(scratch("outside"))", "unix-listen 21 \(scratch("x"))",
      "memfd 22",
      "pair 23 24", "pipe 25 26", "eventfd 27", "socket 28 2 1")
    // The term also picks a socket's name that was opened with O_PATH. It does not pick the client of a
    // socket that is bound there.
    try expect(target, "mount:\(mount)", picks: "10 11 12 13 14 15 16 18 19 29")
    try expect(target, "--mount", "\(mount)/", picks: "10 11 12 13 14 15 16 18 19 29")
    try expect(target, "mount:\(scratch("link"))", picks: "10 11 12 13 14 15 16 18 19 29")
    try expect(target, "10- and not mount:\(mount)", picks: "17 20 21 22 23 24 25 26 27 28")
    try expect(target, "mount:\(mount) and type:unix", picks: "16 18 19")
    #expect(umount2(mount, 0) == -1 && errno == EBUSY)
    #expect(try rangeclose("-q", "\(target.pid)", "mount:\(mount) and not type:sock").status == 0)
    #expect(try target.ask("list") == "0-2 16-29")
    #expect(umount2(mount, 0) == -1 && errno == EBUSY)
    #expect(try rangeclose("-q", "\(target.pid)", "mount:\(mount)").status == 0)
    #expect(try target.ask("list") == "0-2 17 20-28")
    #expect(umount2(mount, 0) == 0)
  }

  @Test func aPathThatIsNoMountPointIsRefused() throws {
    let mount = try scratch.mountMemory("a (b)", bytes: 1 << 20)
    mkdir("\(mount)/dir", 0o755)
    let target = try holder("open 10 \(mount)/file")
    func refusal(_ path: String) throws -> String {
      let run = try rangeclose("\(target.pid)", "--mount", path)
      #expect(run.status == 2, "\(run)")
      return run.errors
    }
    let within = "not a mount point; it lies on the file system mounted at"
    #expect(try refusal("\(mount)/dir").contains("\(within) \(mount)\n"))
    #expect(try refusal("\(mount)/file").contains("not a mount point; it lies on"))
    #expect(try refusal(scratch.path).contains("not a mount point; it lies on"))
    #expect(try refusal(scratch("none")).contains("cannot be examined: No such file or directory (ENOENT)"))
    #expect(try refusal("/dev/null").contains("\(within) /dev"))
    #expect(try target.ask("list") == "0-2 10")
    // Blanks and parentheses are quoted in an operand and plain in the value of an option.
    try expect(target, "mount:'\(mount)'", picks: "10")
    try expect(target, "mount:\(scratch("a\\ \\(b\\)"))", picks: "10")
    try expect(target, "--mount=\(mount)", picks: "10")
  }

  /// After chroot(2) the process does not see the mount point, and keeps the mount busy all the same.
  @Test func aRootDirectoryKeepsTheMountBusy() throws {
    let mount = try scratch.mountMemory("m", bytes: 1 << 20)
    mkdir("\(mount)/root", 0o755)
    let target = try holder("open 10 \(mount)/file", "chroot \(mount)/root")
    let pid = "\(target.pid)"
    for words in [[pid], ["--all"], ["\(pid),\(getpid())"]] {
      let run = try rangeclose(
        ["-n", "-r", "--no-headings", "-o", "PID,FD", "--mount", mount] + words)
      let rows = Set(run.output.split(separator: "\n").map(String.init))
      #expect(rows == ["\(pid) 10", "\(pid) cwd", "\(pid) root"], "\(run)")
    }
    #expect(try rangeclose("-q", pid, "--mount", mount).status == 0)
    #expect(try target.ask("list") == "0-2")
    target.end()
    #expect(umount2(mount, 0) == 0)
  }

  // MARK: - In the target's own mount namespace

  /// Starts a holder in its own mount namespace.
  ///
  /// A script makes the mounts in a directory, which it gets as `$0`.
  private func behind(_ script: String, _ orders: String...) throws -> Target {
    let target = try Target(
      "unshare", ["-m", "sh", "-ec", "\(script)\nexec \"$1\"", scratch.path, Programs.fixture("holder")])
    try target.expect("ready")
    for order in orders { try target.order(order) }
    return target
  }

  /// The numbers that `-n` lists if it runs in the mount namespace of the target.
  private func inside(_ target: Target, _ selectors: String...) throws -> String {
    let run = try Target(
      "nsenter", ["-t", "\(target.pid)", "-m", Programs.rangeclose, "-n", "\(target.pid)"] + selectors)
    let output = try run.rest()
    return run.wait() < 2 ? pickedNumbers(output) : output
  }

  @Test(.enabled(if: Programs.has("unshare", "nsenter", "stat")))
  func everyMountOfAFileSystemNamesIt() throws {
    let target = try behind(
      """
      mkdir "$0/a" "$0/b" "$0/c"; mount -t tmpfs none "$0/a"; mkdir "$0/a/sub"
      mount --bind "$0/a/sub" "$0/b"; mount -t tmpfs none "$0/c"; mkdir "$0/c/a"
      mount -t tmpfs none "$0/c/a"
      """,
      "open 10 \(scratch("a/file"))", "open 11 \(scratch("b/file"))", "open 12 \(scratch("c/file"))",
      "open 13 \(scratch("c/a/file"))", "open 14 \(scratch("file"))", "unix-listen 15 \(scratch("b/x"))")
    // Every mount of a file system names the same file system. A mount below it is another file system.
    #expect(try inside(target, "fs:\(scratch("a"))") == "10 11 15")
    #expect(try inside(target, "fs:\(scratch("b"))") == "10 11 15")
    #expect(try inside(target, "fs:\(scratch("c"))") == "12")
    #expect(try inside(target, "fs:\(scratch("c/a"))", "fs:\(scratch("b"))") == "10 11 13 15")
    // The tests' own namespace has no mount there. The path means what it means to the target.
    try expect(target, "fs:\(scratch("a"))", picks: "10 11 15")
    try expect(target, "mount:\(scratch("c"))", picks: "12")
    let run = try rangeclose("\(target.pid)", "mount:\(scratch.path)")
    #expect(run.status == 2 && run.errors.contains("not a mount point"), "\(run)")
    let device = try Target("stat", ["-L", "-c", "%Hd:%Ld", "/proc/\(target.pid)/fd/10"]).rest().dropLast()
    #expect(try rangeclose("-q", "\(target.pid)", "dev:\(device)").status == 0)
    #expect(try target.ask("list") == "0-2 12-15")
  }

  /// A bind mount of a directory is one mount of the file system, and not the others.
  ///
  /// The kernel does not say through which of them a socket was bound. rangeclose then knows only the file
  /// system.
  @Test(.enabled(if: Programs.has("unshare", "nsenter")))
  func aBindMountMeansWhatWasOpenedThroughIt() throws {
    let target = try behind(
      """
      mkdir "$0/dir" "$0/bind" "$0/fs" "$0/fs/sub" "$0/again"; mount --bind "$0/dir" "$0/bind"
      mount -t tmpfs none "$0/fs"; mkdir "$0/fs/sub"; mount --bind "$0/fs/sub" "$0/again"
      """,
      "read 10 /etc/passwd", "open 11 \(scratch("dir/file"))", "open 12 \(scratch("bind/file"))",
      "open 13 \(scratch("fs/sub/file"))", "open 14 \(scratch("again/file"))",
      "unix-listen 15 \(scratch("again/x"))")
    let bind = "mount:\(scratch("bind"))"
    try expect(target, "10-", bind, picks: "12")
    #expect(try inside(target, "10-", bind) == "12")
    try expect(target, "10-14 and not \(bind)", picks: "10 11 13 14")
    try expect(target, "mount:\(scratch("fs"))", picks: "13")
    try expect(target, "mount:\(scratch("again"))", picks: "14")
    let unknown = try rangeclose("-n", "-v", "\(target.pid)", "mount:\(scratch("again")) and 15")
    #expect(
      unknown.status == 1 && unknown.errors.contains("could not read the mount it lies on"), "\(unknown)")
    // The bind mount can be unmounted, and nothing but its own descriptor was closed.
    let closed = try rangeclose("\(target.pid)", bind)
    #expect(closed.status == 0 && closed.errors.isEmpty, "\(closed)")
    #expect(try target.ask("list") == "0-2 10-11 13-15")
    #expect(try Target("nsenter", ["-t", "\(target.pid)", "-m", "umount", scratch("bind")]).wait() == 0)
    // Nothing was opened through this mount, but its file system is in use.
    try target.order("close 14", "close 15")
    let hint = try rangeclose("\(target.pid)", "mount:\(scratch("again"))")
    let words =
      "rangeclose: \(target.shown): nothing matches by mount:\(scratch("again")),"
      + " but fs:\(scratch("again")) picks 1 descriptor on the same file system\n"
    #expect(hint.status == 1 && hint.errors.hasPrefix(words), "\(hint)")
    try expect(target, "fs:\(scratch("again"))", picks: "13")
    #expect(try rangeclose("-q", "\(target.pid)", "mount:\(scratch("again"))").errors.isEmpty)
  }

  /// No namespace shows a mount that was detached lazily; the file system is still in use.
  @Test(.enabled(if: Programs.has("unshare", "nsenter", "umount", "stat")))
  func aDetachedMountIsNamedByItsFileSystem() throws {
    let target = try behind(
      """
      mkdir "$0/a" "$0/b"; mount -t tmpfs none "$0/a"; mount --bind "$0/a" "$0/b"
      """,
      "open 10 \(scratch("a/file"))", "open 11 \(scratch("outside"))")
    let detached = try Target("nsenter", ["-t", "\(target.pid)", "-m", "umount", "-l", scratch("a")]).wait()
    #expect(detached == 0)
    try expect(target, "fs:\(scratch("b"))", picks: "10")
    try expect(target, "mount:\(scratch("b"))", picks: "")
    let device = try Target("stat", ["-L", "-c", "%Hd:%Ld", "/proc/\(target.pid)/fd/10"]).rest().dropLast()
    try expect(target, "dev:\(device)", picks: "10")
    let gone = try rangeclose("\(target.pid)", "mount:\(scratch("a"))")
    #expect(gone.status == 2 && gone.errors.contains("not a mount point"), "\(gone)")
  }

  /// The path is a mount point for rangeclose and not for the target.
  @Test(.enabled(if: Programs.has("unshare"))) func aMountOfOursIsAFileSystemForTheTarget() throws {
    let mount = try scratch.mountMemory("ours", bytes: 1 << 20)
    let target = try behind("umount \(mount)", "open 10 \(scratch("ours/file"))")
    let refused = try rangeclose("\(target.pid)", "mount:\(mount)")
    #expect(refused.status == 2 && refused.errors.contains("'fs:' also takes the mount points"), "\(refused)")
    try expect(target, "fs:\(mount)", picks: "")
  }

  /// A file of a lower layer shows another device than the overlay's own.
  @Test(.enabled(if: Programs.has("unshare", "nsenter")))
  func anOverlayIncludesFilesOfItsLowerLayers() throws {
    let target = try behind(
      """
      mkdir "$0/l" "$0/u" "$0/m"; mount -t tmpfs none "$0/l"; mount -t tmpfs none "$0/u"
      echo x >"$0/l/lower"; mkdir "$0/u/u" "$0/u/w"
      mount -t overlay none -o "lowerdir=$0/l,upperdir=$0/u/u,workdir=$0/u/w" "$0/m"
      """,
      "read 10 \(scratch("m/lower"))", "open 11 \(scratch("m/upper"))", "read 12 \(scratch("m"))",
      "read 13 \(scratch("l/lower"))")
    #expect(try inside(target, "mount:\(scratch("m"))") == "10 11 12")
    #expect(try inside(target, "mount:\(scratch("l"))") == "13")
  }

  @Test(
    .enabled(
      if: Programs.has("unshare", "nsenter") && access("/dev/loop-control", W_OK) == 0
        && access("/sbin/mke2fs", X_OK) == 0))
  func aBlockDeviceNamesTheFileSystemOnIt() throws {
    let target = try behind(
      """
      truncate -s 2M "$0/image"; /sbin/mke2fs -q -F "$0/image"; mkdir "$0/m"
      mount -o loop "$0/image" "$0/m"; findmnt -no SOURCE "$0/m" >"$0/device"
      """,
      "open 10 \(scratch("m/file"))", "open 11 \(scratch("image"))", "unix-listen 12 \(scratch("m/x"))")
    let device = scratch.read("device").dropLast()
    try target.order("read 13 \(device)")
    // The term picks the file on the device, not the descriptor of the device itself.
    #expect(try inside(target, "mount:\(device)") == "10 12")
    #expect(try inside(target, "mount:\(scratch("m"))") == "10 12")
    #expect(try inside(target, "path:\(device)") == "13")
    // The device is the same in every mount namespace.
    try expect(target, "mount:\(device)", picks: "10 12")
    try expect(target, "fs:\(device)", picks: "10 12")
    let unmount = try Target("nsenter", ["-t", "\(target.pid)", "-m", "umount", scratch("m")])
    #expect(unmount.wait() != 0)
    let closed = try Target(
      "nsenter", ["-t", "\(target.pid)", "-m", Programs.rangeclose, "\(target.pid)", "mount:\(device)"])
    #expect(closed.wait() == 0)
    #expect(try target.ask("list") == "0-2 11 13")
    #expect(try Target("nsenter", ["-t", "\(target.pid)", "-m", "umount", scratch("m")]).wait() == 0)
  }
}
