import TestSupport
import Testing

/// Targets that make their descriptors look like something else.
@Suite(.enabled(if: Programs.has("python3"))) struct HostileTests {
  private let scratch = Scratch()

  /// Starts a program that opens files below the directory and prints their numbers.
  ///
  /// For each further line it prints which of them are still open.
  private func target(_ script: String) throws -> (target: Target, numbers: [String]) {
    let target = try Target(
      "python3",
      [
        "-c",
        """
        import os, sys
        d = os.fsencode(sys.argv[1])
        def make(name): return os.open(name, os.O_CREAT | os.O_RDWR)
        \(script)
        print(*fds, flush=True)
        for line in sys.stdin:
          def is_open(fd):
            try: os.fstat(fd); return True
            except OSError: return False
          print(*[fd for fd in fds if is_open(fd)], flush=True)
        """, scratch.path,
      ])
    return (target, try target.hear().split(separator: " ").map(String.init))
  }

  @Test func filesWithNamesThatLookDeletedAreKept() throws {
    let (target, fds) = try target(
      """
      os.mkdir(d + b"/dir (deleted)")
      names = [b"a (deleted)", b"b (deleted)", b"dir (deleted)/c", b" (deleted)",
               b"e (deleted) x", b"f", b"g"]
      fds = [make(d + b"/" + name) for name in names]
      os.unlink(d + b"/b (deleted)"); os.unlink(d + b"/f"); os.close(make(d + b"/f (deleted)"))
      os.link(d + b"/g", d + b"/h"); os.unlink(d + b"/g"); os.close(make(d + b"/g (deleted)"))
      """)
    // b and f have lost their last name. g has another name left. The files called as the kernel shows f and
    // g are other files.
    try expect(target, "deleted", picks: "\(fds[1]) \(fds[5])")
    try expect(
      target, "path:\(scratch.path)/*\\(deleted\\)", picks: "\(fds[0]) \(fds[1]) \(fds[3])")
    try expect(target, "path:\(scratch.path)/?", picks: "\(fds[5]) \(fds[6])")
    try expect(target, "path:\"\(scratch.path)/dir (deleted)/**\"", picks: fds[2])
    #expect(try rangeclose("-q", "\(target.pid)", "deleted").status == 0)
    #expect(try target.ask("?") == [0, 2, 3, 4, 6].map { fds[$0] }.joined(separator: " "))
  }

  @Test func filesNamedLikeKernelLinksKeepTheirType() throws {
    let (target, fds) = try target(
      """
      os.chdir(d)
      names = [b"pipe:[7]", b"socket:[7]", b"anon_inode:[eventpoll]", b"memfd:x", b"dmabuf:x", b"net:[7]"]
      fds = [make(name) for name in names]
      fds.append(os.memfd_create("/tmp/log\\nfds 3-"))
      """)
    try expect(target, "type:reg", "path:\(scratch.path)/*", picks: fds.prefix(6).joined(separator: " "))
    try expect(target, "type:sock or type:anon,dmabuf,ns or path:pipe:** and 3-", picks: "")
    try expect(target, "type:memfd", picks: fds[6])
    let listing = try rangeclose("-n", "\(target.pid)", "type:memfd").output
    #expect(listing.split(separator: "\n").count == 2 && listing.contains("/memfd:/tmp/log\\nfds 3-"))
  }

  /// A file at the longest path that the kernel shows, and a file at a longer path.
  @Test func pathsOfAllLengths() throws {
    let (target, fds) = try target(
      """
      os.chdir(d)
      left = 4095 - len(os.getcwd()) - 1
      while left > 255:
        part = b"d" * min(200, left - 2)
        os.mkdir(part); os.chdir(part); left -= len(part) + 1
      fds = [make(b"f" * (left - 1)), make(b"g" * left), make(b"h" * (left + 1))]
      """)
    let long = try rangeclose("-n", "-v", "\(target.pid)", "path:\(scratch.path)/**", "3-")
    let numbers = pickedNumbers(long.output)
    #expect(numbers == "\(fds[0]) \(fds[1])", "\(long.errors)")
    #expect(
      long.errors.contains(
        "descriptor \(fds[2]) is not picked, because rangeclose could not read its path: File name too long"))
    let others = try rangeclose("-n", "\(target.pid)", "\(fds[2]) and not path:/x")
    #expect(others.status == 1, "\(others)")
    // The descriptor can still be picked by its number and its link count.
    try expect(target, "\(fds[2])", "links=1", picks: fds[2])
    #expect(try rangeclose("-q", "\(target.pid)", "path:\(scratch.path)/**").status == 0)
    #expect(try target.ask("?").hasSuffix(fds[2]))
  }
}
