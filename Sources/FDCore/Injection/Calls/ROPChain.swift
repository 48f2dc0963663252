/// A ROP chain: return addresses and values below a tracee's signal frame, which make it run call after call.
///
/// Each call returns to gadgets that take the next call's arguments from the stack. Gadgets are the ends of
/// functions, such as `pop %rdi; ret`. Every C library has them, so rangeclose writes no code. A tracee can
/// make thousands of calls in this way without a stop between them. The last call is a select(2) that waits
/// for rangeclose. If rangeclose is killed, the wait ends soon, and returns into the signal frame, which
/// restores everything.
///
/// A chain of signal frames could make the calls, too. But rt_sigreturn(2) clears `restart_block`, in which
/// the kernel keeps how to restart the call that the stop interrupted. A poll(2) or nanosleep(2) at the end
/// of the chain would also overwrite it. See `restore_sigcontext` in `arch/x86/kernel/signal_64.c` and
/// `do_restart_poll` in `fs/select.c`.
struct ROPChain {
  /// The addresses of the gadgets of a chain.
  struct Addresses {
    let callAndReturn: UInt64
    let popFirst: UInt64
    let popSecond: UInt64
    let popNumber: UInt64

    /// Whether an address is the first instruction of a gadget, or the return behind it.
    func contains(_ address: UInt64, _ layout: any RegisterLayout) -> Bool {
      let callSize = UInt64(layout.callInstruction.count)
      return [callAndReturn, callAndReturn + callSize].contains(address)
        || [popFirst, popSecond, popNumber].contains { (0...1).contains(address &- $0) }
    }
  }

  /// The number of calls that fit into one chain.
  let capacity: Int
  private let number: UInt64
  private let third: UInt64
  private let addresses: Addresses
  private let registers: RegisterSet
  private let wait: UInt64
  private let start: UInt64
  /// The address of the signal frame.
  ///
  /// Its first word is the address to which the last call returns.
  private let end: UInt64
  private let tid: Int32
  private let memory: TraceeMemory
  private let before: [UInt8]

  /// The size of a call in bytes, seven words.
  ///
  /// The final wait takes two more words for its timeout.
  private static let callSize = 7 * 8
  private static let timeoutSize = 2 * 8
  /// The most bytes of a stack that a chain uses.
  ///
  /// The kernel maps most of a stack only when it is used.
  private static let mostBytes = 256 << 10
  /// The time in seconds that the tracee waits for rangeclose at the end of a chain.
  ///
  /// It is long enough for rangeclose to stop the tracee, and short enough for a target whose rangeclose was
  /// killed.
  private static let finalWait: UInt64 = 1
  /// The fewest calls for which a chain is made.
  ///
  /// With fewer calls, a stop at each call takes less time than the search for the gadgets.
  static let fewest = 24

  /// Finds room for a chain in a stopped tracee that has a signal frame.
  ///
  /// - Parameters:
  ///   - call: the call that the tracee repeats. Only its first two arguments differ.
  ///   - count: the number of calls. The chain takes no more room than they need.
  ///
  /// Nil if there is too little room, or if a gadget is not found.
  init?(
    before frame: SignalFrame, in tracee: Tracee, _ registers: RegisterSet, _ call: SystemCall,
    count: Int, _ gadgets: Gadgets
  ) {
    let room =
      min(gadgets.stackRoom(of: registers), Self.mostBytes) - Int(registers.stackPointer - frame.address)
    capacity = min((room - Self.timeoutSize) / Self.callSize - 1, count)
    guard capacity >= Self.fewest, let wait = registers.layout.calls.select,
      let addresses = gadgets.chain(for: registers, of: tracee.tid)
    else { return nil }
    end = frame.address
    start = end - UInt64((capacity + 1) * Self.callSize + Self.timeoutSize)
    memory = gadgets.memory
    before = memory.read(of: tracee.tid, at: start, count: Int(end - start))
    guard before.count == Int(end - start) else { return nil }
    (number, third, self.wait) = (UInt64(call.number), call.arguments.2, UInt64(wait))
    (self.addresses, self.registers, tid) = (addresses, registers, tracee.tid)
  }

  /// Writes calls with these pairs of arguments, and returns the registers with which the chain begins.
  ///
  /// Nil if the memory cannot be written.
  ///
  /// - Parameter calls: the arguments of at least one call, and of at most `capacity` calls.
  func lay(_ calls: some Collection<(UInt64, UInt64)>) -> RegisterSet? {
    guard let first = calls.first else { return nil }
    // The timeout, struct timeval. select(2) writes the time that is left into it.
    var words = [Self.finalWait, 0]
    words.reserveCapacity(2 + calls.count * 7)
    for (first, second) in calls.dropFirst() { append(first, second, number, to: &words) }
    append(0, 0, wait, to: &words)
    let address = end - UInt64(words.count * 8)
    guard memory.write(of: tid, at: address, words) else { return nil }
    var registers = registers
    // The fourth and fifth argument are for select(2): no exceptions, and the timeout. The other calls ignore
    // them.
    registers.prepare(
      SystemCall(Int(number), first.0, first.1, third, 0, address), at: addresses.callAndReturn)
    registers.stackPointer = address + UInt64(Self.timeoutSize)
    return registers
  }

  private func append(_ first: UInt64, _ second: UInt64, _ number: UInt64, to words: inout [UInt64]) {
    words.append(addresses.popFirst)
    words.append(first)
    words.append(addresses.popSecond)
    words.append(second)
    words.append(addresses.popNumber)
    words.append(number)
    words.append(addresses.callAndReturn)
  }

  /// Whether a stopped tracee is still in the chain, and has not returned to its own work.
  func holds(_ registers: RegisterSet) -> Bool {
    (start...end).contains(registers.stackPointer)
      && addresses.contains(registers.programCounter, registers.layout)
  }

  /// The stack pointer of a tracee that sleeps in a call of the chain, and whether it waits for rangeclose.
  ///
  /// Nil if the tracee runs.
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
