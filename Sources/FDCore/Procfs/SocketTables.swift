import Glibc

/// The Internet sockets of a network namespace, from the tables below `/proc/PID/net`.
///
/// `/proc/net` would be our own namespace's. The tables are read in pieces while sockets come and go, so
/// a row may be missing; such a socket is to be asked itself.
struct SocketTables {
  private static let tables = [
    "net/tcp", "net/tcp6", "net/udp", "net/udp6", "net/raw", "net/raw6", "net/udplite", "net/udplite6",
    "net/icmp", "net/icmp6",
  ]

  /// Finds sockets by their inode numbers, in the tables below `base`, which is empty or a thread's
  /// directory.
  ///
  /// A table that cannot be read has no rows.
  static func find(
    _ inodes: Set<UInt64>, of process: ProcessDirectory, _ base: String
  ) -> [UInt64: Socket] {
    var found: [UInt64: Socket] = [:]
    for file in tables where found.count < inodes.count {
      guard let table = try? process.open(base + file, as: .file) else { continue }
      try? table.forEachLine { line in
        guard let row = Row(&line), inodes.contains(row.inode) else { return }
        found[row.inode] = row.socket
      }
    }
    return found
  }

  /// A line of a table, as much of it as tells the socket.
  ///
  ///     sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
  ///      0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41721 ...
  ///
  /// See `get_tcp4_sock` in `net/ipv4/tcp_ipv4.c`.
  private struct Row {
    let local: End
    let remote: End
    let state: UInt8
    let inode: UInt64

    /// Nil for the heading, and whatever else does not read so.
    init?(_ line: inout TextScanner) {
      line.skipFields(1)
      guard let local = End(&line), let remote = End(&line), let state = line.hexadecimal(UInt8.self) else {
        return nil
      }
      line.skipFields(5)  // queues, timer, retransmits, user, timeout
      guard let inode = line.decimal(UInt64.self) else { return nil }
      (self.local, self.remote, self.state, self.inode) = (local, remote, state, inode)
    }

    var socket: Socket {
      Socket(
        local: .ip(local.address(), port: local.port),
        peer: remote.isConnected ? .ip(remote.address(), port: remote.port) : nil,
        state: Socket.State(rawValue: state))
    }
  }

  /// An end as the table prints it.
  private struct End {
    var words: [4 of UInt32] = [0, 0, 0, 0]
    var count = 0
    var port: UInt16 = 0

    init?(_ line: inout TextScanner) {
      while count < 4, let word = line.hexadecimalWord() {
        words[count] = word
        count += 1
      }
      guard count == 1 || count == 4, line.skip(":"), let port = line.hexadecimal(UInt16.self) else {
        return nil
      }
      self.port = port
      line.skipBlanks()
    }

    /// An end that is not connected has neither address nor port; port 0 alone may be a raw socket's.
    var isConnected: Bool { port != 0 || !address().isUnspecified }

    /// Each word was printed as the machine holds it, so its bytes in memory are in network order.
    func address() -> IPAddress {
      var value: UInt128 = count == 1 ? IPAddress.mappedPrefix >> 32 : 0
      for index in 0..<count { value = value << 32 | UInt128(UInt32(bigEndian: words[index])) }
      return IPAddress(value)
    }
  }
}
