import CLinux

/// Finds an instruction in a target with which to enter the kernel.
///
/// Nothing of it is ever written.
struct CallInstruction {
  private let process: TargetProcess
  /// Where such bytes were found before the stop.
  private let prepared: UInt64?

  /// Looks one up ahead of the stop, so that the target need not wait for it.
  init(preparing process: TargetProcess) {
    self.process = process
    prepared = Self.search(
      process, for: clinux_registers_x86_64.callInstruction, in: clinux_registers_x86_64.addresses)
  }

  /// The address of the instruction for a thread with these registers; nil where there is none.
  ///
  /// A thread stopped in a call has just executed one. Any other finds one in the vdso, which every
  /// process has mapped unless it took it away, or else in other code of its own.
  func address(for registers: RegisterSet) -> UInt64? {
    let bytes = registers.callInstruction
    if registers.currentCall != nil {
      let justExecuted = registers.programCounter &- UInt64(bytes.count)
      if holds(bytes, at: justExecuted) { return justExecuted }
    }
    if let prepared, registers.addresses.contains(prepared), holds(bytes, at: prepared) { return prepared }
    return Self.search(process, for: bytes, in: registers.addresses)
  }

  private func holds(_ bytes: [UInt8], at address: UInt64) -> Bool {
    targetMemory(of: process.tableThread, at: address, count: bytes.count) == bytes
  }

  /// Searches executable memory, the vdso first.
  ///
  /// The bytes may straddle other instructions: entered at their first, they are what they are.
  private static func search(
    _ process: TargetProcess, for bytes: [UInt8], in addresses: Range<UInt64>
  ) -> UInt64? {
    guard let text = try? process.directory.content(of: "maps") else { return nil }
    let code = MemoryMapping.all(in: text).filter { $0.isExecutable && $0.end <= addresses.upperBound }
    let vdsoFirst = code.filter { $0.name == "[vdso]" } + code.filter { !$0.name.hasPrefix("[") }
    for mapping in vdsoFirst {
      if let address = search(process, mapping, for: bytes) { return address }
    }
    return nil
  }

  private static func search(
    _ process: TargetProcess, _ mapping: MemoryMapping, for bytes: [UInt8]
  ) -> UInt64? {
    let chunk: UInt64 = 1 << 16
    var start = mapping.start
    while start < mapping.end {
      let content = targetMemory(
        of: process.tableThread, at: start, count: Int(min(chunk, mapping.end - start)))
      for offset in content.indices.dropLast(bytes.count - 1)
      where content[offset..<offset + bytes.count].elementsEqual(bytes) {
        return start + UInt64(offset)
      }
      if content.isEmpty { return nil }
      start += UInt64(max(content.count - bytes.count + 1, 1))
    }
    return nil
  }
}

/// Bytes of a process's memory, fewer than asked for where they end, none where they cannot be read.
///
/// The corresponding system call is `process_vm_readv(2)`.
func targetMemory(of tid: Int32, at address: UInt64, count: Int) -> [UInt8] {
  var buffer = [UInt8](repeating: 0, count: count)
  let read = unsafe buffer.withUnsafeMutableBytes {
    unsafe clinux_read_memory(tid, address, $0.baseAddress, $0.count)
  }
  return Array(buffer[..<max(read, 0)])
}
