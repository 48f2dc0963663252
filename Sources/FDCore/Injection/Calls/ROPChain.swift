/// A ROP chain: return addresses and values below a tracee's signal frame, by which it makes call after call.
///
/// The return of each call leads to gadgets that take the next call's arguments from the stack. Gadgets are
/// the ends of functions, such as `pop %rdi; ret`, that every C library has. rangeclose writes no code. So a
/// tracee makes thousands of calls in one go, without a stop at each. The last call is a select(2) that waits
/// for rangeclose. If rangeclose were killed, the wait would end soon, and return into the frame that
/// restores everything.
///
/// A chain of signal frames would do as well. But rt_sigreturn(2) loses `restart_block`, the kernel's note of
/// how to restart the call that the stop interrupted. So would a poll(2) or nanosleep(2) at the end of the
/// chain. See `restore_sigcontext` in `arch/x86/kernel/signal_64.c` and `do_restart_poll` in `fs/select.c`.
struct ROPChain {
  /// The addresses that a chain leads through.
  struct Addresses {
    let callAndReturn: UInt64
    let popFirst: UInt64
    let popSecond: UInt64
    let popNumber: UInt64

    /// Whether an address is a gadget's first instruction or the return behind it.
    func contains(_ address: UInt64, _ layout: any RegisterLayout) -> Bool {
      let callSize = UInt64(layout.callInstruction.count)
      return [callAndReturn, callAndReturn + callSize].contains(address)
        || [popFirst, popSecond, popNumber].contains { (0...1).contains(address &- $0) }
    }
  }

  /// How many calls go into one chain.
  let capacity: Int
  private let number: UInt64
  private let third: UInt64
  private let addresses: Addresses
  private let registers: RegisterSet
  private let wait: UInt64
  private let start: UInt64
  /// The address of the signal frame.
  ///
  /// Its first word is the address that the last return leads to.
  private let end: UInt64
  private let tid: Int32
  private let before: [UInt8]

  /// A call takes seven words, and the wait two more for its timeout.
  private static let callSize = 7 * 8
  private static let timeoutSize = 2 * 8
  /// The most that is used of a stack, in bytes.
  ///
  /// Most of it is mapped only once it is used.
  private static let mostBytes = 256 << 10
  /// How long the tracee waits for rangeclose at the end of a chain, in seconds.
  ///
  /// That is long enough for rangeclose to be there, and short enough for a target whose rangeclose was
  /// killed.
  private static let finalWait: UInt64 = 1
  /// With fewer calls than this a stop at each costs less than the search for the gadgets.
  static let fewest = 24

  /// Finds room for a chain, in a stopped tracee that has a signal frame.
  ///
  /// - Parameters:
  ///   - call: the call that all of them are, but for its first two arguments.
  ///   - count: how many there are; no more room is taken than they need.
  ///
  /// Nil if there is too little room, and if a gadget is not found.
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
    before = TraceeMemory.read(of: tracee.tid, at: start, count: Int(end - start))
    guard before.count == Int(end - start) else { return nil }
    (number, third, self.wait) = (UInt64(call.number), call.arguments.2, UInt64(wait))
    (self.addresses, self.registers, tid) = (addresses, registers, tracee.tid)
  }

  /// Writes calls with these pairs of arguments, and returns the registers to begin them with; nil if the
  /// memory cannot be written.
  ///
  /// - Parameter calls: at most `capacity`, and one at least.
  func lay(_ calls: some Collection<(UInt64, UInt64)>) -> RegisterSet? {
    guard let first = calls.first else { return nil }
    // The timeout, struct timeval; select(2) writes what is left of it.
    var words = [Self.finalWait, 0]
    words.reserveCapacity(2 + calls.count * 7)
    for (first, second) in calls.dropFirst() { append(first, second, number, to: &words) }
    append(0, 0, wait, to: &words)
    let address = end - UInt64(words.count * 8)
    guard TraceeMemory.write(of: tid, at: address, words) else { return nil }
    var registers = registers
    // The fourth and fifth argument are those of select(2): no exceptions, and the timeout. The others ignore
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

  /// Whether a tracee that stopped is in the midst of the chain, and has not gone on with its own work.
  func holds(_ registers: RegisterSet) -> Bool {
    (start...end).contains(registers.stackPointer)
      && addresses.contains(registers.programCounter, registers.layout)
  }

  /// The stack pointer of a tracee that sleeps in a call of the chain, and whether it waits for rangeclose;
  /// nil if it runs.
  ///
  /// - Parameter text: `/proc/PID/task/TID/syscall`, see `proc_pid_syscall(5)`.
  func rest(_ text: [UInt8]) -> (stackPointer: UInt64, isDone: Bool)? {
    var line = TextScanner(text)
    guard let call = line.decimal(UInt64.self) else { return nil }
    line.skipFields(6)  // its arguments
    guard line.skip(text: "0x"), let stackPointer = line.hexadecimal(UInt64.self) else { return nil }
    return (stackPointer, call == wait && stackPointer == end)
  }

  /// Whether a tracee that stopped has made all calls and waits.
  func isDone(_ registers: RegisterSet) -> Bool {
    registers.currentCall.map { UInt64($0.number) == wait } ?? false && registers.stackPointer == end
  }

  /// Puts back the bytes that lay there.
  func remove() {
    TraceeMemory.write(of: tid, at: start, before)
  }
}
