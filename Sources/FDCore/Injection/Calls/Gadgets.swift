import CLinux

/// The instructions in a target's code that a session uses, and the room on the target's stacks.
///
/// rangeclose searches for the instructions before it stops the target. So the target does not wait for the
/// search. rangeclose reads the instructions again before it uses them. rangeclose never writes code.
struct Gadgets {
  private let directory: ProcessDirectory
  let memory: TraceeMemory
  /// The memory map at the search; nil if it could not be read.
  private let map: MemoryMap?
  /// The layout of the code in `frame`.
  ///
  /// A thread may execute code of another layout all the same.
  private let layout: any RegisterLayout
  /// The executable mappings of files.
  ///
  /// The dynamic linker comes first, because it is small. It contains a part of the C library, which has the
  /// gadgets.
  private let files: [MemoryMapping]
  /// The address of an instruction that enters the kernel; nil if `frame` has one, or if none was found.
  private let call: UInt64?
  private let frame: Frame?

  /// The addresses of the code that makes a call and then restores the tracee from a signal frame.
  struct Frame {
    /// The address of code that enters the kernel, and then returns to the address on the stack.
    let callAndReturn: UInt64
    /// The address of code that calls `rt_sigreturn(2)`.
    ///
    /// The C library gives this address to the kernel as the return address of every signal handler. In a
    /// 32-bit process, and on aarch64, the address lies in the vdso.
    let trampoline: UInt64
    /// The address of the gadget that takes the number of `rt_sigreturn(2)` from the stack; nil if the
    /// trampoline sets the number itself.
    ///
    /// A static program has the C library's trampoline only if it uses sigaction(2). In other programs, the
    /// trampoline is the instruction of the call, and this gadget comes before it.
    let popNumber: UInt64?
  }

  /// Searches the code of a running process.
  init(of process: TargetProcess) {
    directory = process.directory
    map = try? MemoryMap(of: directory, thread: process.tableThread)
    memory = TraceeMemory(of: directory, thread: process.tableThread)
    let native = RegisterSet.native
    _ = native.calls  // the first use allocates memory, so it must come before the stop
    files = map.map(Self.codeOfFiles) ?? []
    let (memory, tid) = (memory, process.tableThread)
    if let map, let frame = Self.compatibleFrame(memory, tid, map) {
      (layout, self.frame, call) = (RegisterSet.i386, frame, nil)
      return
    }
    layout = native
    let vdso = native.hasTrampolineInVDSO ? map.map(Self.vdso(of:)) ?? [] : []
    frame = Self.frame(memory, tid, vdso + files, native)
    call = frame == nil ? map.flatMap { Self.call(memory, tid, $0, native) } : nil
  }

  /// The address of an instruction that enters the kernel, for a stopped thread with these registers; nil if
  /// there is none.
  ///
  /// A thread that is stopped in a call has just executed such an instruction. For another
  /// thread, rangeclose uses an instruction that the search found. The vdso has such an instruction. The
  /// kernel maps the vdso into every process, but the process can unmap it. Without a vdso, other code of the
  /// process may have the instruction.
  func callInstruction(for registers: RegisterSet, of tid: Int32) -> UInt64? {
    let bytes = registers.layout.callInstruction
    if registers.currentCall != nil, !registers.layout.keepsCallApart {
      let justExecuted = registers.programCounter &- UInt64(bytes.count)
      if holds(bytes, at: justExecuted, tid) { return justExecuted }
    }
    for address in [call, frame?.callAndReturn] {
      if let address, registers.layout.addresses.contains(address), isFree(address, registers),
        holds(bytes, at: address, tid)
      {
        return address
      }
    }
    // The process has called execve(2) since the search, and has different code now.
    let map = try? MemoryMap(of: directory, thread: tid)
    let found = map.flatMap { Self.call(memory, tid, $0, registers.layout) }
    return found.flatMap { isFree($0, registers) ? $0 : nil }
  }

  /// Whether a stopped thread can make an injected call at this address.
  ///
  /// On aarch64, the kernel takes a thread whose pc is at its interrupted call for a thread that restarts the
  /// call. It may replace the number of the call by that of restart_syscall(2). See `do_signal` in
  /// `arch/arm64/kernel/signal.c`.
  private func isFree(_ address: UInt64, _ registers: RegisterSet) -> Bool {
    !registers.layout.keepsCallApart || address != registers.programCounter
  }

  /// The addresses in `Frame`, after a check that the tracee's memory still has the instructions there.
  ///
  /// Nil if the layout has no frames, or if the target lacks the instructions.
  func frame(for registers: RegisterSet, of tid: Int32) -> Frame? {
    guard registers.layout === layout, let bytes = layout.frameInstructions, let frame,
      isFree(frame.callAndReturn, registers)
    else { return nil }
    let first = bytes.callAndReturn
    let second = frame.popNumber == nil ? bytes.trampoline : layout.popNumberInstructions ?? []
    let read = memory.read(
      of: tid, at: frame.callAndReturn, count: first.count, and: frame.popNumber ?? frame.trampoline,
      count: second.count)
    return read == first + second ? frame : nil
  }

  /// Whether the process has the instructions for signal frames.
  var haveFrames: Bool { frame != nil }

  /// Whether a stopped tracee can have a signal frame that restarts its call.
  ///
  /// A frame cannot restart restart_syscall(2), because rt_sigreturn(2) clears the kernel's `restart_block`.
  func haveFrame(for tracee: Tracee) -> Bool {
    guard let frame, let registers = tracee.registers, registers.layout === layout,
      isFree(frame.callAndReturn, registers), !tracee.isInCall(registers, { $0.restart == $1 })
    else { return false }
    return stackRoom(of: tracee, registers) >= SignalFrame.usualSize
  }

  /// The gadgets of a ROP chain; nil if the layout has no chains, or the target lacks a gadget.
  ///
  /// rangeclose searches for the gadgets only when it needs a chain. Few sessions make enough calls for one.
  func chain(for registers: RegisterSet, of tid: Int32) -> ROPChain.Addresses? {
    guard let frame = frame(for: registers, of: tid) else { return nil }
    let patterns = layout.chainPatterns
    guard let found = Self.find(anyOf: patterns.map { $0.gadgets }, memory, tid, files, layout) else {
      return nil
    }
    let faster = layout.fasterCalls, size = faster.first?.count ?? 0
    let entry = frame.callAndReturn &- UInt64(size)
    let isFaster = faster.contains(memory.read(of: tid, at: entry, count: size))
    return ROPChain.Addresses(
      call: isFaster ? entry : frame.callAndReturn, callAndReturn: frame.callAndReturn,
      gadgets: found.addresses, pattern: patterns[found.group])
  }

  /// The number of bytes below the stack pointer that belong to the same stack, minus one page.
  ///
  /// rangeclose recognizes two kinds of stack: the stack that the kernel made, and the stacks that C
  /// libraries give to threads. A C library puts a guard page below the stack, and the thread's control block
  /// above it. The result is 0 for all other stacks, because other data may lie below them. Examples are the
  /// stacks of a language's run time, and stacks in memory from malloc(3). An alternate signal stack may lie
  /// inside a stack of the two kinds. rangeclose cannot recognize this.
  func stackRoom(of tracee: Tracee, _ registers: RegisterSet) -> Int {
    let top = registers.stackPointer, page: UInt64 = 4096
    guard top > page, let map, let stack = map.mapping(at: top - 1), stack.isWritable, stack.isPrivate,
      top - stack.start > page
    else { return 0 }
    let room = Int(clamping: top - stack.start - page)
    if stack.name.hasPrefix("[stack]") { return room }
    guard let controlBlock = tracee.threadPointer(registers), top < controlBlock, controlBlock < stack.end,
      let guardPage = map.mapping(at: stack.start - 1), !guardPage.isReadable, !guardPage.isWritable
    else { return 0 }
    return room
  }

  private func holds(_ bytes: [UInt8], at address: UInt64, _ tid: Int32) -> Bool {
    memory.read(of: tid, at: address, count: bytes.count) == bytes
  }

  private static func call(
    _ memory: TraceeMemory, _ tid: Int32, _ map: MemoryMap, _ layout: any RegisterLayout
  ) -> UInt64? {
    let code = map.executable(isOfFile: false).filter { $0.end <= layout.addresses.upperBound }
    let vdsoFirst = code.filter { $0.name == "[vdso]" } + code.filter { !$0.name.hasPrefix("[") }
    return find([layout.callInstruction], memory, tid, vdsoFirst, layout, most: .max)?[0]
  }

  private static func frame(
    _ memory: TraceeMemory, _ tid: Int32, _ files: [MemoryMapping], _ layout: any RegisterLayout
  ) -> Frame? {
    guard let bytes = layout.frameInstructions else { return nil }
    if let found = find([bytes.callAndReturn, bytes.trampoline], memory, tid, files, layout) {
      return Frame(callAndReturn: found[0], trampoline: found[1], popNumber: nil)
    }
    guard let popNumber = layout.popNumberInstructions, layout.calls.signalReturn != nil,
      let found = find([bytes.callAndReturn, popNumber], memory, tid, files, layout)
    else { return nil }
    return Frame(callAndReturn: found[0], trampoline: found[0], popNumber: found[1])
  }

  /// The executable mappings of files that the process cannot write to, because their code does not change.
  private static func codeOfFiles(_ map: MemoryMap) -> [MemoryMapping] {
    let code = map.executable(isOfFile: true).filter { !$0.isWritable }
    return code.filter { $0.isDynamicLinker } + code.filter { !$0.isDynamicLinker }
  }

  /// The code of a frame in the vdso of a 32-bit process; nil if the process is a 64-bit process, or if the
  /// vdso lacks the code.
  ///
  /// The kernel maps the vdso of a 64-bit process above 4 GiB.
  private static func compatibleFrame(_ memory: TraceeMemory, _ tid: Int32, _ map: MemoryMap) -> Frame? {
    let layout = RegisterSet.i386
    guard RegisterSet.native === RegisterSet.x86_64, !map.hasExecutable(above: layout.addresses.upperBound)
    else { return nil }
    return frame(memory, tid, vdso(of: map), layout)
  }

  private static func vdso(of map: MemoryMap) -> [MemoryMapping] {
    map.executable(isOfFile: false).filter { $0.name == "[vdso]" }
  }

  /// The address of each element of `wanted`; nil if one of them is not found.
  private static func find(
    _ wanted: [[UInt8]], _ memory: TraceeMemory, _ tid: Int32, _ files: [MemoryMapping],
    _ layout: any RegisterLayout, most: UInt64 = 64 << 20
  ) -> [UInt64]? {
    find(anyOf: [wanted], memory, tid, files, layout, most: most)?.addresses
  }

  /// The addresses of the elements of the first group that is found as a whole; nil if there is none.
  ///
  /// If a file server does not answer for one mapping, it does not answer for its other files either.
  ///
  /// - Parameter most: the number of bytes after which rangeclose gives up the search.
  private static func find(
    anyOf groups: [[[UInt8]]], _ memory: TraceeMemory, _ tid: Int32, _ files: [MemoryMapping],
    _ layout: any RegisterLayout, most: UInt64 = 64 << 20
  ) -> (group: Int, addresses: [UInt64])? {
    var searched: UInt64 = 0
    var silent: Set<UInt64> = []
    var found = groups.map { [UInt64?](repeating: nil, count: $0.count) }
    for mapping in files where searched < most {
      let device = mapping.file?.device ?? 0
      if silent.contains(device) { continue }
      searched += mapping.end - mapping.start
      if search(memory, tid, mapping, for: groups, layout, &found) { silent.insert(device) }
      if let group = whole(found) { return (group, found[group].compactMap { $0 }) }
    }
    return nil
  }

  /// The first group without a missing element.
  private static func whole(_ found: [[UInt64?]]) -> Int? { found.firstIndex { !$0.contains(nil) } }

  /// Searches a mapping until one group is found as a whole, and notes the addresses.
  ///
  /// The result tells whether the search ended because the memory was not provided in time.
  ///
  /// The search begins at the end of the mapping, because a dynamic linker has its part of the C library
  /// behind its own code.
  ///
  /// The bytes that are found may be parts of other instructions. A thread that jumps to the first byte still
  /// runs the wanted instructions.
  private static func search(
    _ memory: TraceeMemory, _ tid: Int32, _ mapping: MemoryMapping, for groups: [[[UInt8]]],
    _ layout: any RegisterLayout, _ found: inout [[UInt64?]]
  ) -> Bool {
    let chunk: UInt64 = 1 << 14
    let longest = UInt64(groups.joined().map { $0.count }.max() ?? 1)
    var end = mapping.end
    while end > mapping.start, whole(found) == nil {
      let start = max(mapping.start, end &- min(chunk, end))
      // The wanted bytes may begin in this chunk and end after it.
      let count = min(end - start + longest - 1, mapping.end - start)
      var content: [UInt8] = []
      do {
        content = try memory.bytes(of: tid, at: start, count: Int(count))
      } catch {
        if error == .timedOut { return true }
      }
      for group in groups.indices {
        for index in groups[group].indices where found[group][index] == nil {
          found[group][index] = offset(
            of: groups[group][index], in: content, at: Int(layout.instructionAlignment)
          ).map { start + UInt64($0) }
        }
      }
      end = start
    }
    return false
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
  /// Whether the mapped file is named like a dynamic linker, such as `/usr/lib/ld-linux-x86-64.so.2` or
  /// `/lib/ld-musl-x86_64.so.1`.
  fileprivate var isDynamicLinker: Bool { name.lastComponent.starts(with: Array("ld-".utf8)) }
}
