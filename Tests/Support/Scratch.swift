import Glibc

/// A directory for one test, which removes it at its end.
package final class Scratch {
  package let path: String
  private var mounts: [String] = []

  package init() {
    var template = Array("/tmp/rangeclose-test.XXXXXX".utf8CString)
    path = mkdtemp(&template).map { String(cString: $0) } ?? "/nonexistent"
    chmod(path, 0o755)
  }

  deinit {
    for mount in mounts { umount2(mount, Int32(MNT_DETACH)) }
    _ = try? Target("rm", ["-rf", path]).wait()
  }

  /// The path of a name in the directory.
  package func callAsFunction(_ name: String) -> String {
    "\(path)/\(name)"
  }

  /// Writes a file with this text, and returns its path.
  @discardableResult
  package func write(_ name: String, _ text: String = "") -> String {
    let file = fopen(self(name), "we")
    fputs(text, file)
    fclose(file)
    return self(name)
  }

  /// The text of a file, or an empty string if it cannot be read.
  package func read(_ name: String) -> String {
    guard let file = fopen(self(name), "re") else { return "" }
    defer { fclose(file) }
    // A trace among thousands of processes has several megabytes.
    var text: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { text += chunk[..<count] }
    return String(decoding: text, as: UTF8.self)
  }

  /// Mounts a tmpfs of so many bytes on a new directory here, and returns its path.
  ///
  /// This needs root.
  package func mountMemory(_ name: String, bytes: Int) throws -> String {
    try mount("tmpfs", name, "size=\(bytes)")
  }

  /// Mounts the message queues of our IPC namespace on a new directory here, and returns its path.
  ///
  /// This needs root.
  package func mountQueues(_ name: String) throws -> String { try mount("mqueue", name, "") }

  private func mount(_ type: String, _ name: String, _ options: String) throws -> String {
    mkdir(self(name), 0o755)
    guard Glibc.mount(type, self(name), type, 0, options) == 0 else {
      throw Target.Failure(description: "mount: \(String(cString: strerror(errno)))")
    }
    mounts.append(self(name))
    return self(name)
  }

  /// Copies a program to a place where every user can run it.
  ///
  /// The checkout may be in a directory that only its owner can enter.
  package func copy(of program: String, _ name: String) throws -> String {
    guard try Target("install", ["-m", "755", program, self(name)]).wait() == 0 else {
      throw Target.Failure(description: "cannot copy \(program)")
    }
    return self(name)
  }
}

/// The free bytes of the file system that has a path, from `statvfs(3)`.
package func freeBytes(at path: String) -> Int {
  var status = statvfs()
  return statvfs(path, &status) == 0 ? Int(status.f_bavail) * Int(status.f_frsize) : -1
}

/// Waits until a condition holds, and returns false if it does not hold in time.
package func eventually(within seconds: Double = 10, _ condition: () -> Bool) -> Bool {
  for _ in 0..<Int(seconds * 100) {
    if condition() { return true }
    usleep(10_000)
  }
  return condition()
}
