/// A ROP chain: return addresses and values on a tracee's stack that make the tracee run many calls.
///
/// The chain lies below the tracee's signal frame. Each call returns to gadgets that take the next call's
/// arguments from the stack, see `ChainPattern`. Gadgets are the ends of functions, such as `pop %rdi; ret`.
/// Every C library has them, so rangeclose writes no code. A tracee can make thousands of calls this way
/// without a stop between them. The last call is a select(2) that waits for rangeclose. If rangeclose is
/// killed, the select(2) soon times out and returns into the signal frame. The signal frame restores
/// everything.
///
/// A chain of signal frames could make the calls, too. But each rt_sigreturn(2) clears `restart_block`. In
/// `restart_block`, the kernel stores how to restart the call that the stop interrupted. A poll(2) or
/// nanosleep(2) at the end of the chain would overwrite `restart_block`, too. See `restore_sigcontext` in
/// `arch/x86/kernel/signal_64.c` and `do_restart_poll` in `fs/select.c`.
struct ROPChain {
  /// The addresses of the gadgets of a chain.
  struct Addresses {
    /// The address of code that makes a call: `callAndReturn`, or code before it that enters the kernel
    /// faster.
    let call: UInt64
    let callAndReturn: UInt64
    /// The addresses of the pattern's gadgets, in the same order.
    let gadgets: [UInt64]
    let pattern: ChainPattern

    /// Whether an address lies in a gadget.
    func contains(_ address: UInt64, _ layout: any RegisterLayout) -> Bool {
      let end = callAndReturn + UInt64(layout.frameInstructions?.callAndReturn.count ?? 0)
      return (call..<end).contains(address)
        || gadgets.indices.contains { address &- gadgets[$0] < UInt64(pattern.gadgets[$0].count) }
    }
  }

  /// The number of calls that fit into one chain.
  let capacity: Int
  /// The number of the repeated call.
  private let number: UInt64
  /// The third argument of the repeated call.
  private let third: UInt64
  private let addresses: Addresses
  private let registers: RegisterSet
  /// The number of select(2), the final wait.
  private let wait: UInt64
  /// The lowest address of the chain.
  private let start: UInt64
  /// The address of the signal frame.
  ///
  /// Its first word is the address to which the last call returns.
  private let end: UInt64
  private let tid: Int32
  private let memory: TraceeMemory
  /// The bytes of the stack that the chain replaces.
  private let before: [UInt8]

  /// The number of words of the timeout of the final wait, a `struct timeval`.
  private static let timeoutWords = 2
  /// The maximum number of bytes of a stack that a chain uses.
  ///
  /// The kernel maps most pages of a stack only when a thread first uses them.
  private static let mostBytes = 256 << 10
  /// The time in seconds that the tracee waits for rangeclose at the end of a chain.
  ///
  /// It is long enough for rangeclose to stop the tracee. It is short, because the target waits this long if
  /// rangeclose was killed.
  private static let finalWait: UInt64 = 1
  /// The minimum number of calls in a chain.
  ///
  /// With fewer calls, a stop at each call takes less time than the search for the gadgets.
  static let fewest = 24

  /// Finds room for a chain in a stopped tracee that has a signal frame.
  ///
  /// - Parameters:
  ///   - call: the call that the tracee repeats. Only the first two arguments differ between the calls.
  ///   - count: the number of calls. The chain takes no more room than these calls need.
  ///
  /// Nil if there is too little room, or if a gadget is not found.
  init?(
    before frame: SignalFrame, in tracee: Tracee, _ registers: RegisterSet, _ call: SystemCall,
    count: Int, _ gadgets: Gadgets
  ) {
    let room =
      min(gadgets.stackRoom(of: tracee, registers), Self.mostBytes)
      - Int(registers.stackPointer - frame.address)
    let words = room / registers.layout.wordSize - Self.timeoutWords
    // The search for gadgets takes long, and no pattern has fewer words than the first.
    guard let least = registers.layout.chainPatterns.first?.words.count, words / least > Self.fewest,
      let wait = registers.layout.calls.select,
      let addresses = gadgets.chain(for: registers, of: tracee.tid)
    else { return nil }
    let callWords = addresses.pattern.words.count
    capacity = min(words / callWords - 1, count)
    guard capacity >= Self.fewest else { return nil }
    end = frame.address
    let size = ((capacity + 1) * callWords + Self.timeoutWords) * registers.layout.wordSize
    start = end - UInt64(size)
    memory = gadgets.memory
    before = memory.read(of: tracee.tid, at: start, count: Int(end - start))
    guard before.count == Int(end - start) else { return nil }
    (number, third, self.wait) = (UInt64(call.number), call.arguments.2, UInt64(wait))
    (self.addresses, self.registers, tid) = (addresses, registers, tracee.tid)
  }

  /// Writes the chain to the tracee's stack, and returns the registers that start the chain.
  ///
  /// Nil if the memory cannot be written.
  ///
  /// - Parameter calls: the first two arguments of each call; at least one call, at most `capacity` calls.
  func lay(_ calls: some Collection<(UInt64, UInt64)>) -> RegisterSet? {
    guard let first = calls.first else { return nil }
    let callWords = addresses.pattern.words.count, size = registers.layout.wordSize
    let address = end - UInt64((calls.count * callWords + Self.timeoutWords) * size)
    // select(2) writes the remaining time into the timeout.
    var words = [Self.finalWait, 0]
    words.reserveCapacity(calls.count * callWords + Self.timeoutWords)
    for (first, second) in calls.dropFirst() { append(number, first, second, third, address, to: &words) }
    append(wait, 0, 0, 0, address, to: &words)
    guard write(words, at: address) else { return nil }
    var registers = registers
    // The fourth and fifth arguments are for select(2): no set of exceptions, and the address of the timeout.
    // The other calls ignore them.
    registers.prepare(
      SystemCall(Int(number), first.0, first.1, third, 0, address), at: addresses.call)
    registers.stackPointer = address + UInt64(Self.timeoutWords * size)
    return registers
  }

  private func append(
    _ number: UInt64, _ first: UInt64, _ second: UInt64, _ third: UInt64, _ fifth: UInt64,
    to words: inout [UInt64]
  ) {
    for word in addresses.pattern.words {
      switch word {
      case .gadget(let index): words.append(addresses.gadgets[index])
      case .call: words.append(addresses.call)
      case .first: words.append(first)
      case .second: words.append(second)
      case .third: words.append(third)
      case .fifth: words.append(fifth)
      case .number: words.append(number)
      case .unused: words.append(0)
      }
    }
  }

  private func write(_ words: [UInt64], at address: UInt64) -> Bool {
    if registers.layout.wordSize == MemoryLayout<UInt64>.size {
      return memory.write(of: tid, at: address, words)
    }
    return memory.write(of: tid, at: address, words.map { UInt32(truncatingIfNeeded: $0) })
  }

  /// Whether a stopped tracee is still in the chain, and has not returned to its own code.
  func holds(_ registers: RegisterSet) -> Bool {
    (start...end).contains(registers.stackPointer)
      && addresses.contains(registers.programCounter, registers.layout)
  }

  /// The stack pointer of a tracee that is blocked in a call of the chain, and whether it is the final wait.
  ///
  /// Nil if the tracee is running.
  ///
  /// - Parameter text: the content of `/proc/PID/task/TID/syscall`, see `proc_pid_syscall(5)`.
  func rest(_ text: [UInt8]) -> (stackPointer: UInt64, isDone: Bool)? {
    var line = TextScanner(text)
    guard let call = line.decimal(UInt64.self) else { return nil }
    line.skipFields(6)  // its arguments
    guard line.skip(text: "0x"), let stackPointer = line.hexadecimal(UInt64.self) else { return nil }
    return (stackPointer, call == wait && stackPointer == end)
  }

  /// Whether a stopped tracee has made all calls and is in the final wait.
  func isDone(_ registers: RegisterSet) -> Bool {
    registers.currentCall.map { UInt64($0.number) == wait } ?? false && registers.stackPointer == end
  }

  /// Restores the bytes of the stack that the chain replaced.
  func remove() {
    memory.write(of: tid, at: start, before)
  }
}
