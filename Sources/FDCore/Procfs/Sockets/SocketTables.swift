import CLinux

/// The Internet sockets of a network namespace.
///
/// `sock_diag(7)` lists TCP and UDP sockets in binary form. For other protocols, and if `sock_diag(7)` fails,
/// the reader parses the text tables in `/proc/PID/net`, which take several times as long. `/proc/net` would
/// show the namespace of rangeclose. Sockets come and go while either source is read, so a row may be
/// missing. The caller then queries the socket itself.
struct SocketTables {
  private static let listed: [(file: String, family: Int32, number: Int)] = [
    ("net/tcp", AF_INET, IPPROTO_TCP), ("net/tcp6", AF_INET6, IPPROTO_TCP), ("net/udp", AF_INET, IPPROTO_UDP),
    ("net/udp6", AF_INET6, IPPROTO_UDP),
  ]
  private static let others = [
    "net/raw", "net/raw6", "net/udplite", "net/udplite6", "net/icmp", "net/icmp6",
  ]
  /// The tables that show a protocol or an ID in the place of a port.
  private static let withoutPorts = ["net/raw", "net/raw6", "net/icmp", "net/icmp6"]

  private let namespace: NetworkNamespace
  /// The wanted sockets; nil for all.
  private let inodes: Set<UInt64>?
  /// The number of sockets after which the reader stops.
  private let most: Int
  private var found: [UInt64: Socket] = [:]

  /// Finds sockets by their inode numbers in the network namespace of a process or thread.
  ///
  /// A table that cannot be read counts as empty.
  ///
  /// - Parameter base: `task/TID/` for a thread, or an empty string for the process.
  static func find(
    _ inodes: Set<UInt64>, of process: ProcessDirectory, _ base: String
  ) -> [UInt64: Socket] {
    find(inodes, in: .process(process, base))
  }

  /// Finds sockets by their inode numbers in a network namespace.
  static func find(_ inodes: Set<UInt64>, in namespace: NetworkNamespace) -> [UInt64: Socket] {
    var tables = SocketTables(namespace, inodes, atMost: inodes.count)
    tables.readAll()
    return tables.found
  }

  /// All sockets of a network namespace, by inode number; nil if there are more than `most`.
  static func all(in namespace: NetworkNamespace, atMost most: Int) -> [UInt64: Socket]? {
    var tables = SocketTables(namespace, nil, atMost: most + 1)
    tables.readAll()
    return tables.found.count > most ? nil : tables.found
  }

  private init(_ namespace: NetworkNamespace, _ inodes: Set<UInt64>?, atMost most: Int) {
    (self.namespace, self.inodes, self.most) = (namespace, inodes, most)
  }

  /// Whether a socket is wanted; a connection in TIME_WAIT has no inode.
  private func wants(_ inode: UInt64) -> Bool {
    inode != 0 && found.count < most && inodes?.contains(inode) ?? true
  }

  private mutating func readAll() {
    var files: [String] = []
    for table in Self.listed where found.count < most {
      if (try? list(table.family, table.number)) == nil { files.append(table.file) }
    }
    for file in files + Self.others where found.count < most { read(file) }
  }

  private mutating func list(_ family: Int32, _ number: Int) throws(Errno) {
    // Each list has its own netlink socket. Otherwise the reader would regard the rest of a list of unknown
    // form as the next list.
    let diagnosis = try SocketDiagnosis(in: namespace)
    let request = { (diagnosis: Int32) in clinux_request_internet_sockets(diagnosis, family, Int32(number)) }
    try diagnosis.query(isList: true, request) { (buffer, body) throws(Errno) in
      guard let (inode, socket) = Socket.listed(buffer, body) else { throw .invalid }
      if wants(inode) { found[inode] = socket() }
    }
  }

  private mutating func read(_ file: String) {
    guard let table = try? namespace.open(table: file) else { return }
    let hasPorts = !Self.withoutPorts.contains(file)
    try? table.forEachLine { line in
      guard let row = Row(&line), wants(row.inode) else { return }
      found[row.inode] = row.socket(hasPorts: hasPorts)
    }
  }

  /// The fields of a line that describe the socket.
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

    /// Parses a line; nil for the heading and for any line of another form.
    init?(_ line: inout TextScanner) {
      line.skipFields(1)
      guard let local = End(&line), let remote = End(&line), let state = line.hexadecimal(UInt8.self) else {
        return nil
      }
      line.skipFields(5)  // queues, timer, retransmits, user, timeout
      guard let inode = line.decimal(UInt64.self) else { return nil }
      (self.local, self.remote, self.state, self.inode) = (local, remote, state, inode)
    }

    func socket(hasPorts: Bool) -> Socket {
      Socket(
        local: .internet(local.address(), port: local.port, hasPorts: hasPorts),
        peer: .internet(remote.address(), port: remote.port, hasPorts: hasPorts),
        state: Socket.State(rawValue: state))
    }
  }

  /// One end of a socket, as the table prints it.
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

    /// The address.
    ///
    /// The kernel prints each word in host byte order, so its bytes in memory are in network order.
    func address() -> IPAddress {
      var value: UInt128 = count == 1 ? IPAddress.mappedPrefix >> 32 : 0
      for index in 0..<count { value = value << 32 | UInt128(UInt32(bigEndian: words[index])) }
      return IPAddress(value)
    }
  }
}

extension Socket {
  /// Parses a `struct inet_diag_msg`; nil if the message is too short.
  ///
  /// Returns the inode number, and a closure that parses the rest if the socket is wanted. See
  /// `include/uapi/linux/inet_diag.h`.
  static func listed(
    _ message: [UInt8], _ body: Range<Int>
  ) -> (inode: UInt64, socket: () -> Socket)? {
    let size = 72
    guard body.count >= size else { return nil }
    let start = body.lowerBound
    let inode = UInt64(message.integer(UInt32.self, at: start + 68))
    return (
      inode,
      {
        let isIPv4 = message[start] == UInt8(AF_INET)
        let end = { (port: Int, address: Int) -> SocketAddress? in
          let bytes = message[start + address..<start + address + (isIPv4 ? 4 : 16)]
          let port = message.integer(UInt16.self, at: start + port).byteSwapped
          return .internet(IPAddress(networkOrder: bytes), port: port, hasPorts: true)
        }
        return Socket(
          local: end(4, 8), peer: end(6, 24),
          state: State(rawValue: message[start + 1]))
      }
    )
  }
}
