import CLinux

/// A network namespace whose sockets can be listed; see `network_namespaces(7)`.
///
/// A socket stays in the namespace in which it was made. Its process may be in another one by now.
enum NetworkNamespace {
  /// The namespace of a process or, with `task/TID/`, of one of its threads.
  case process(ProcessDirectory, String)
  /// A namespace on which rangeclose has an open descriptor; the caller keeps the descriptor open.
  case opened(Int32)

  /// Opens a netlink socket in the namespace; see `sock_diag(7)`.
  ///
  /// Throws `EPERM` without the right to enter another namespace than ours, and `EPROTONOSUPPORT` if the
  /// kernel has no `sock_diag(7)`.
  func diagnosisSocket() throws(Errno) -> OwnedDescriptor {
    let ours = try ProcessDirectory(getpid()).status(of: "ns/net").identity
    switch self {
    case .process(let process, let base):
      if try process.status(of: base + "ns/net").identity == ours { break }
      let namespace = try process.open(base + "ns/net", as: .file)
      return OwnedDescriptor(adopting: try checked(clinux_socket_diagnosis(namespace.number)))
    case .opened(let number):
      var status = clinux_file_status()
      if unsafe clinux_status_of(number, &status) == 0, FileStatus(status).identity == ours { break }
      return OwnedDescriptor(adopting: try checked(clinux_socket_diagnosis(number)))
    }
    return OwnedDescriptor(adopting: try checked(clinux_socket_diagnosis(-1)))
  }

  /// Opens a table of sockets, such as `net/raw`.
  ///
  /// The kernel shows the namespace of the thread whose directory was opened; see `get_proc_task_net` in
  /// fs/proc/proc_net.c. Throws the errors of `openat(2)` and `setns(2)`.
  func open(table: String) throws(Errno) -> OwnedDescriptor {
    switch self {
    case .process(let process, let base):
      return try process.open(base + table, as: .file)
    case .opened(let number):
      let answer = unsafe clinux_open_in_network(number, "/proc/thread-self/" + table, clinux_open_read_only)
      return OwnedDescriptor(adopting: try checked(answer))
    }
  }
}
