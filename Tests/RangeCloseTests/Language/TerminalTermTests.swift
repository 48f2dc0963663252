import Glibc
import TestSupport
import Testing

/// `tty:` picks both ends of a terminal.
@Suite(.enabled(if: Programs.has("python3"))) struct TerminalTermTests {
  private let scratch = Scratch()

  /// Starts a Python process with two pairs: masters at 40 and 42, and slaves at 41 and 43.
  ///
  /// - Parameters:
  ///   - prefix: the command that starts it.
  ///   - more: lines that run when the pairs are there.
  private func pairs(_ prefix: [String] = [], _ more: String = "") throws -> (
    target: Target, slaves: [String]
  ) {
    let script = """
      import os, sys
      for number in (40, 42):
        for end, at in zip(os.openpty(), (number, number + 1)): os.dup2(end, at); os.close(end)
      os.dup2(os.open('/dev/null', os.O_RDWR), 44)
      os.dup2(os.open('/dev/pts/ptmx', os.O_RDWR | os.O_NOCTTY), 45)
      \(more)
      print(os.ttyname(41), os.ttyname(43), flush=True)
      sys.stdin.readline()
      try: os.write(43, b'x'); print('written', flush=True)
      except OSError as error: print(error.strerror, flush=True)
      sys.stdin.read()
      """
    let words = prefix + ["python3", "-c", script]
    let target = try Target(words[0], Array(words.dropFirst()))
    return (target, try target.hear().split(separator: " ").map(String.init))
  }

  @Test func aTerminalHasTwoEnds() throws {
    let (target, slaves) = try pairs()
    try expect(target, "40-", "tty:\(slaves[0])", picks: "40 41")
    try expect(target, "40-", "tty:\(slaves[1])", picks: "42 43")
    try expect(target, "40- and not tty:\(slaves[0])", picks: "42 43 44 45")
    let listing = try rangeclose("-n", "\(target.pid)", "40-").output
    #expect(listing.contains(" /dev/ptmx -> \(slaves[0])\n"), "\(listing)")
    #expect(listing.contains(" /dev/ptmx -> \(slaves[1])\n"), "\(listing)")
    #expect(listing.contains(" /dev/pts/ptmx -> /dev/pts/"), "\(listing)")
    // Without its master, the slave of the other pair hangs up.
    #expect(try rangeclose("-q", "\(target.pid)", "40-42", "tty:\(slaves[1])").status == 0)
    try target.expect("Input/output error", to: "")
    try expect(target, "40-", picks: "40 41 43 44 45")
    #expect(try rangeclose("-q", "\(target.pid)", "tty:\(slaves[0])").status == 0)
    try expect(target, "40-", picks: "43 44 45")
  }

  @Test func otherFilesAreRefused() throws {
    let (target, _) = try pairs()
    for path in ["/dev/ptmx", "/dev/tty", "/etc/passwd"] {
      let run = try rangeclose("\(target.pid)", "tty:\(path)")
      #expect(run.status == 2 && run.errors.contains("not the device file of a terminal"), "\(run)")
    }
    let run = try rangeclose("\(target.pid)", "tty:/dev/pts/none")
    #expect(run.status == 2 && run.errors.contains("cannot be examined"), "\(run)")
  }

  /// Each devpts counts its terminals from 0, so a number alone is no terminal.
  @Test(.enabled(if: Programs.isRoot && Programs.has("unshare", "mount")))
  func anotherInstanceHasTheSameNumbers() throws {
    mkdir(scratch("pts"), 0o755)
    let mounts = "mount -t devpts -o newinstance,ptmxmode=0666 none \(scratch("pts")) && exec \"$@\""
    // Descriptor 46 is the master with the number of the terminal at 41, in the other instance.
    let more = """
      import fcntl, struct
      def number(end): return struct.unpack('i', fcntl.ioctl(end, 0x80045430, bytes(4)))[0]
      while True:
        end = os.open('\(scratch("pts/ptmx"))', os.O_RDWR | os.O_NOCTTY)
        if number(end) == number(40): break
      os.dup2(end, 46); os.close(end)
      """
    let (target, slaves) = try pairs(["unshare", "-m", "sh", "-c", mounts, "sh"], more)
    try expect(target, "40-", "tty:\(slaves[0])", picks: "40 41")
    try expect(target, "40-", "tty:\(scratch("pts"))/\(slaves[0].split(separator: "/")[2])", picks: "46")
  }
}
