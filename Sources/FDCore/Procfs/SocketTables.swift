import Glibc

/// The Internet sockets of a network namespace, from the tables below `/proc/PID/net`.
///
/// `/proc/net` would be our own namespace's. The tables are read in pieces while sockets come and go, so
/// a row may be missing; such a socket is to be asked itself.
struct SocketTables {
  private static let tables: [(file: String, transport: Socket.Transport)] = [
    ("net/tcp", .tcp), ("net/tcp6", .tcp), ("net/udp", .udp), ("net/udp6", .udp),
  ]

  /// Finds sockets by their inode numbers, in the tables below `base`, which is empty or a thread's
  /// directory.
  ///
  /// A table that cannot be read has no rows.
  static func find(
    _ inodes: Set<UInt64>, of process: ProcessDirectory, _ base: String
  ) -> [UInt64: Socket] {
    var found: [UInt64: Socket] = [:]
    for (file, transport) in tables where found.count < inodes.count {
      guard let text = try? process.content(of: base + file) else { continue }
      read(text, transport) { inode, socket in
        if inodes.contains(inode) { found[inode] = socket() }
      }
    }
    return found
  }

  /// Calls `row` with each row's inode, and a closure that decodes the rest of the row.
  ///
  ///     sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
  ///      0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41721 ...
  ///
  /// Rows that do not read so are passed over. See `get_tcp4_sock` in `net/ipv4/tcp_ipv4.c`.
  static func read(
    _ text: [UInt8], _ transport: Socket.Transport, row: (UInt64, () -> Socket) -> Void
  ) {
    var scanner = TextScanner(text)
    scanner.skipLine()
    while !scanner.isAtEnd {
      scanner.skipFields(1)
      if let local = end(&scanner), let remote = end(&scanner),
        let state = scanner.hexadecimal(UInt8.self), let inode = inode(&scanner)
      {
        row(inode) {
          Socket(
            transport: transport, local: .ip(local.address(), port: local.port),
            peer: remote.isConnected ? .ip(remote.address(), port: remote.port) : nil,
            state: transport == .tcp ? Socket.State(rawValue: state) : nil)
        }
      }
      scanner.skipLine()
    }
  }

  private static func inode(_ scanner: inout TextScanner) -> UInt64? {
    scanner.skipFields(5)  // queues, timer, retransmits, user, timeout
    return scanner.decimal(UInt64.self)
  }

  /// An end as the table prints it.
  private struct End {
    var words: [4 of UInt32] = [0, 0, 0, 0]
    var count = 0
    var port: UInt16 = 0

    /// An end that is not connected has neither address nor port; port 0 alone may be a raw socket's.
    var isConnected: Bool { port != 0 || !address().isUnspecified }

    /// Each word was printed as the machine holds it, so its bytes in memory are in network order.
    func address() -> IPAddress {
      var value: UInt128 = count == 1 ? IPAddress.mappedPrefix >> 32 : 0
      for index in 0..<count { value = value << 32 | UInt128(UInt32(bigEndian: words[index])) }
      return IPAddress(value)
    }
  }

  private static func end(_ scanner: inout TextScanner) -> End? {
    var end = End()
    while end.count < 4, let word = scanner.hexadecimalWord() {
      end.words[end.count] = word
      end.count += 1
    }
    guard end.count == 1 || end.count == 4, scanner.skip(":"),
      let port = scanner.hexadecimal(UInt16.self)
    else { return nil }
    end.port = port
    scanner.skipBlanks()
    return end
  }
}
