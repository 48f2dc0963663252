import CLinux

/// Instructions of a target's own that a session uses, and the room on its stacks.
///
/// Looked up ahead of the stop, so that the target need not wait for it, and looked at once more before they
/// are used. No code is ever written.
struct TargetCode {
  private let directory: ProcessDirectory
  /// Nil where it cannot be read.
  private let map: MemoryMap?
  /// Code of files, the dynamic linker's first: what it has the C library has as well, and it is small.
  private let files: [MemoryMapping]
  private let call: UInt64?
  private let frameSite: FrameSite?

  /// Where a call can be made whose return leads into a signal frame.
  struct FrameSite {
    /// Enters the kernel, and then returns to the address on the stack.
    let callAndReturn: UInt64
    /// Calls `rt_sigreturn(2)`: what the C library gives the kernel as the end of every signal handler.
    let trampoline: UInt64
  }

  /// Looks into a process that runs.
  init(preparing process: TargetProcess) {
    directory = process.directory
    map = try? MemoryMap(of: directory, thread: process.tableThread)
    let layout = RegisterSet.native
    _ = layout.calls  // made at their first use, which is not to be in the stop
    files = map.map(Self.codeOfFiles) ?? []
    frameSite = Self.frameSite(process.tableThread, files, layout)
    call = frameSite == nil ? map.flatMap { Self.call(process.tableThread, $0, layout) } : nil
  }

  /// The address of an instruction that enters the kernel, for a stopped thread with these registers; nil
  /// where there is none.
  ///
  /// A thread stopped in a call has just executed one. Any other finds one in the vdso, which every
  /// process has mapped unless it took it away, or else in other code of its own.
  func callInstruction(for registers: RegisterSet, of tid: Int32) -> UInt64? {
    let bytes = registers.layout.callInstruction
    if registers.currentCall != nil {
      let justExecuted = registers.programCounter &- UInt64(bytes.count)
      if Self.holds(bytes, at: justExecuted, tid) { return justExecuted }
    }
    for address in [call, frameSite?.callAndReturn] {
      if let address, registers.layout.addresses.contains(address), Self.holds(bytes, at: address, tid) {
        return address
      }
    }
    // An exec(2) since has put other code in its place.
    let map = try? MemoryMap(of: directory, thread: tid)
    return map.flatMap { Self.call(tid, $0, registers.layout) }
  }

  /// The same for a call whose return leads into a signal frame; nil where the layout has none, or the
  /// target not the instructions.
  func frameSite(for registers: RegisterSet, of tid: Int32) -> FrameSite? {
    guard let bytes = registers.layout.frameInstructions, let frameSite,
      case let (first, second) = (bytes.callAndReturn, bytes.trampoline),
      TargetMemory.read(
        of: tid, at: frameSite.callAndReturn, count: first.count, and: frameSite.trampoline,
        count: second.count) == first + second
    else { return nil }
    return frameSite
  }

  /// The instructions of a chain of calls; nil where the layout has none, or the target not all of them.
  ///
  /// Looked up when they are needed: few sessions make that many calls.
  func chainSite(for registers: RegisterSet, of tid: Int32) -> CallChain.Site? {
    guard let frame = frameSite(for: registers, of: tid), let pops = registers.layout.popInstructions,
      let found = Self.find([pops.first, pops.second, pops.number], tid, files, registers.layout)
    else { return nil }
    return CallChain.Site(
      callAndReturn: frame.callAndReturn, popFirst: found[0], popSecond: found[1], popNumber: found[2])
  }

  /// How many bytes below the stack pointer, but for a last page, belong to a stack that has it for its top.
  ///
  /// That is the kernel's, or one with a guard page below and the thread's own control block above, as C
  /// libraries give their threads. What else a stack pointer may point into, a stack of a language's own run
  /// time or one from malloc(3), has something of somebody's below. An alternate signal stack within a stack
  /// of the first two kinds cannot be told.
  func stackRoom(of registers: RegisterSet) -> Int {
    let top = registers.stackPointer, page: UInt64 = 4096
    guard top > page, let map, let stack = map.mapping(at: top - 1), stack.isWritable, stack.isPrivate,
      top - stack.start > page
    else { return 0 }
    let room = Int(clamping: top - stack.start - page)
    if stack.name.hasPrefix("[stack]") { return room }
    guard let controlBlock = registers.threadPointer, top < controlBlock, controlBlock < stack.end,
      let guardPage = map.mapping(at: stack.start - 1), !guardPage.isReadable, !guardPage.isWritable
    else { return 0 }
    return room
  }

  private static func holds(_ bytes: [UInt8], at address: UInt64, _ tid: Int32) -> Bool {
    TargetMemory.read(of: tid, at: address, count: bytes.count) == bytes
  }

  private static func call(
    _ tid: Int32, _ map: MemoryMap, _ layout: any RegisterLayout
  ) -> UInt64? {
    let code = map.executable(isOfFile: false).filter { $0.end <= layout.addresses.upperBound }
    let vdsoFirst = code.filter { $0.name == "[vdso]" } + code.filter { !$0.name.hasPrefix("[") }
    for mapping in vdsoFirst {
      if let address = search(tid, mapping, for: [layout.callInstruction], layout)[0] { return address }
    }
    return nil
  }

  private static func frameSite(
    _ tid: Int32, _ files: [MemoryMapping], _ layout: any RegisterLayout
  ) -> FrameSite? {
    guard let bytes = layout.frameInstructions,
      let found = find([bytes.callAndReturn, bytes.trampoline], tid, files, layout)
    else { return nil }
    return FrameSite(callAndReturn: found[0], trampoline: found[1])
  }

  /// What has a file and cannot be written stays as it is.
  private static func codeOfFiles(_ map: MemoryMap) -> [MemoryMapping] {
    let code = map.executable(isOfFile: true).filter { !$0.isWritable }
    return code.filter { $0.isDynamicLinker } + code.filter { !$0.isDynamicLinker }
  }

  /// Where all of these are; nil where one is not found.
  private static func find(
    _ wanted: [[UInt8]], _ tid: Int32, _ files: [MemoryMapping], _ layout: any RegisterLayout
  ) -> [UInt64]? {
    let most: UInt64 = 64 << 20  // bytes to look through before we do without
    var searched: UInt64 = 0
    var found = [UInt64?](repeating: nil, count: wanted.count)
    for mapping in files where searched < most {
      searched += mapping.end - mapping.start
      let here = search(tid, mapping, for: wanted, layout)
      for index in wanted.indices where found[index] == nil { found[index] = here[index] }
      if !found.contains(nil) { return found.compactMap { $0 } }
    }
    return nil
  }

  /// Where each of `wanted` is found, from the end on: what a dynamic linker has of the C library is linked
  /// behind its own.
  ///
  /// The bytes may straddle other instructions: entered at their first, they are what they are.
  private static func search(
    _ tid: Int32, _ mapping: MemoryMapping, for wanted: [[UInt8]],
    _ layout: any RegisterLayout
  ) -> [UInt64?] {
    let chunk: UInt64 = 1 << 14
    let longest = UInt64(wanted.map { $0.count }.max() ?? 1)
    var found = [UInt64?](repeating: nil, count: wanted.count)
    var end = mapping.end
    while end > mapping.start, found.contains(nil) {
      let start = max(mapping.start, end &- min(chunk, end))
      // As far as an instruction can go that begins in this chunk.
      let count = min(end - start + longest - 1, mapping.end - start)
      let content = TargetMemory.read(of: tid, at: start, count: Int(count))
      for index in wanted.indices where found[index] == nil {
        found[index] = offset(
          of: wanted[index], in: content, at: Int(layout.instructionAlignment)
        ).map { start + UInt64($0) }
      }
      end = start
    }
    return found
  }

  private static func offset(of wanted: [UInt8], in content: [UInt8], at alignment: Int) -> Int? {
    var start = 0
    while start < content.count {
      let offset = unsafe content.withUnsafeBytes { content in
        unsafe wanted.withUnsafeBytes {
          unsafe clinux_find(
            content.baseAddress?.advanced(by: start), content.count - start, $0.baseAddress, $0.count)
        }
      }
      if offset < 0 { return nil }
      if (start + offset).isMultiple(of: alignment) { return start + offset }
      start += offset + 1
    }
    return nil
  }
}

extension MemoryMapping {
  /// By its file's name, such as `/usr/lib/ld-linux-x86-64.so.2` or `/lib/ld-musl-x86_64.so.1`.
  fileprivate var isDynamicLinker: Bool { name.lastComponent.starts(with: Array("ld-".utf8)) }
}
