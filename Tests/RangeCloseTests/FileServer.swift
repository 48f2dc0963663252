import Glibc
import TestSupport

/// Starts a file server that answers EINTR when the kernel interrupts a request, and mounts it.
///
/// - Parameter path: the directory for the mount, which is made.
func interruptedServer(at path: String) throws -> Target {
  mkdir(path, 0o755)
  let server = try Target(Programs.fixture("fuse-server"), [path, "0", "interrupt"])
  try server.expect("ready")
  return server
}

/// Ends a file server, and unmounts it even if requests wait.
func end(_ server: Target, at path: String) {
  server.end()
  umount2(path, Int32(MNT_DETACH))
}
