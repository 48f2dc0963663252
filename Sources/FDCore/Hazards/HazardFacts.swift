import CLinux

// Facts of descriptors that only `HazardSearch` asks for.

extension Descriptor {
  /// Whether epoll_ctl(2) may accept the file: it refuses regular files, directories, and devices that are
  /// always ready, such as `/dev/null`; see `null(4)` and `full(4)`.
  var mayBePolled: Bool {
    let alwaysReady: [UInt64] = [1 << 32 | 3, 1 << 32 | 5, 1 << 32 | 7]  // null, zero, full
    switch status.value?.type {
    case .regular, .directory, .symbolicLink, .blockDevice: return false
    case .characterDevice: return !alwaysReady.contains(status.value?.specialDevice ?? 0)
    case .fifo, .socket, .some(.none), nil: return true
    }
  }
}

extension EpollSet {
  /// Whether the set watches a file.
  ///
  /// Anonymous inodes, devices and the two ends of a pipe share inodes, so their numbers have to agree. A
  /// socket may have been added by another number.
  func contains(_ descriptor: Descriptor) -> Bool {
    guard let status = descriptor.status.value else { return false }
    let hasOwnInode = status.type == .socket
    return entries.contains { entry in
      entry.file == status.identity && (hasOwnInode || entry.number == descriptor.number)
    }
  }
}

extension DescriptorReader {
  /// The epoll sets among some numbers, ascending.
  func epollSets(among numbers: [UInt32]) -> [EpollSet] {
    var sets: [EpollSet] = []
    for number in numbers.sorted() where links.link(String(number), is: "anon_inode:[eventpoll]") {
      if let text = try? process.content(of: "\(base)fdinfo/\(number)") {
        sets.append(EpollSet(number, text))
      }
    }
    return sets
  }

  /// The type of an anonymous inode by the text of its link; nil for other files.
  func anonymousType(of number: UInt32) throws(Errno) -> DescriptorType? {
    DescriptorType(target: try links.linkTarget(of: String(number)))
  }

  /// The other ends of sockets on this machine, by the number of the descriptor.
  func peers(of sockets: [Descriptor]) -> [UInt32: FileStatus.Identity] {
    let known = complete(sockets, facts: [.socketType, .sockets])
    let unix = complete(known.filter { $0.socketType.value == .unix }, facts: .unixSockets)
    // A connection to another machine needs no table.
    let local = known.filter { $0.socketType.value != .unix && $0.socket.value??.hasLocalPeer == true }
    var peers: [UInt32: FileStatus.Identity] = [:]
    for socket in unix + complete(local, facts: .mirrors) {
      guard let device = socket.status.value?.identity.device,
        let inode = socket.unixSocket.value??.peer ?? socket.mirror.value ?? nil
      else { continue }
      peers[socket.number] = .init(device: device, inode: inode)
    }
    return peers
  }
}
