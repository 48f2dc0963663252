/// The type of a descriptor's file, as far as the facts prove it.
extension Descriptor {
  /// The type of the file; not read until the facts that determine it were read.
  package var type: Fact<DescriptorType> {
    guard case .known(let status) = status else { return self.status.map { _ in .otherAnonymous } }
    switch status.type {
    case .directory: return .known(.directory)
    case .characterDevice: return .known(.characterDevice)
    case .blockDevice: return .known(.blockDevice)
    case .fifo: return .known(.fifo)
    case .symbolicLink: return .known(.symbolicLink)
    case .socket:
      guard case .known(let isSocket) = isSocket else { return isSocket.map { _ in .otherSocket } }
      return isSocket ? socketType.map { $0 ?? .otherSocket } : .known(.otherSocket)
    case .regular, .none: return untyped
    }
  }

  /// The types that the facts read so far allow; all types before any fact was read.
  package var possibleTypes: TypeSet {
    if let type = type.value { return TypeSet(type) }
    switch status.value?.type {
    case .socket: return .sockets  // for the name of a socket, `type` is known already
    case .regular, .some(.none): return .untyped.union(.regular)
    default: return .all
    }
  }

  /// The type of a file for which `statx(2)` reports a regular file or no type.
  private var untyped: Fact<DescriptorType> {
    guard let status = status.value, let target = target.value else { return target.map { _ in .regular } }
    if let type = DescriptorType(target: target) { return .known(type) }
    let isNamespace = KernelFileSystem.namespaces.contain(status.identity.device)
    guard case .known(false) = isNamespace else { return isNamespace.map { _ in .namespace } }
    if let memory = Self.memoryType(status, target) { return memory }
    let plain: DescriptorType = status.type == .regular ? .regular : .otherAnonymous
    return specialInode.map { $0 ?? plain }
  }

  /// The type of a file in memory whose link's text is like a path; nil for any other file.
  private static func memoryType(_ status: FileStatus, _ target: ByteString) -> Fact<DescriptorType>? {
    let device = status.identity.device
    let isMemory: Fact<Bool>
    let type: DescriptorType
    if target.hasPrefix("/memfd:"), status.links == 0 {
      (isMemory, type) = (KernelFileSystem.memory.contain(device), .memory)
    } else if target.hasPrefix("/secretmem") {
      (isMemory, type) = (KernelFileSystem.secretMemory.contain(device), .secretMemory)
    } else if target.hasPrefix("/dmabuf:"), status.type == .none {
      // This inode has no type, unlike the inode of any path; see `dma_buf_fs_init` in
      // drivers/dma-buf/dma-buf.c.
      return .known(.sharedBuffer)
    } else {
      return nil
    }
    if case .known(false) = isMemory { return nil }
    return isMemory.map { _ in type }
  }
}
