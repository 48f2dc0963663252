/// Return addresses and values below a thread's signal frame, by which it makes call after call by itself.
///
/// The return of each call leads to instructions that take the next one's arguments from the stack. They are
/// the ends of functions, such as `pop %rdi; ret`, that every C library has, and no code is written. So a
/// thread makes thousands of calls in one go, without a stop at each. The last is a select(2) that waits for
/// us; were we killed it would be over soon, and return into the frame that restores everything.
///
/// A chain of signal frames would do as well, but rt_sigreturn(2) loses the kernel's note of how to restart
/// the call that the thread was stopped in, `restart_block`, and so would poll(2) or nanosleep(2) at the end:
/// see `restore_sigcontext` in `arch/x86/kernel/signal_64.c` and `do_restart_poll` in `fs/select.c`.
struct CallChain {
  /// The instructions that a chain leads through.
  struct Site {
    let callAndReturn: UInt64
    let popFirst: UInt64
    let popSecond: UInt64
    let popNumber: UInt64

    /// Whether an address is one of its instructions, or of the returns behind them.
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
  private let site: Site
  private let registers: RegisterSet
  private let wait: UInt64
  private let start: UInt64
  /// Where the signal frame lies, whose first word is the address that the last return leads to.
  private let end: UInt64
  private let tid: Int32
  private let before: [UInt8]

  /// A call takes seven words, and the wait two more for its timeout.
  private static let callSize = 7 * 8
  private static let timeoutSize = 2 * 8
  /// What a stack has below; most of it is mapped only once it is used.
  private static let mostBytes = 256 << 10
  /// How long the thread waits for us at the end of a chain, in seconds.
  ///
  /// Long enough for us to be there, and short enough for a process whose helper was killed.
  private static let patience: UInt64 = 1
  /// With fewer calls than this a stop at each costs less than a look for the instructions.
  static let fewest = 24

  /// Finds room for one, in a stopped thread that has a signal frame.
  ///
  /// - Parameters:
  ///   - call: the call that all of them are, but for its first two arguments.
  ///   - count: how many there are; no more room is taken than they need.
  ///
  /// Nil where there is too little, and where the instructions are not found.
  init?(
    before frame: SignalFrame, in tracee: Tracee, _ registers: RegisterSet, _ call: SystemCall,
    count: Int, _ code: TargetCode
  ) {
    let room =
      min(code.stackRoom(of: registers), Self.mostBytes) - Int(registers.stackPointer - frame.address)
    capacity = min((room - Self.timeoutSize) / Self.callSize - 1, count)
    guard capacity >= Self.fewest, let wait = registers.layout.calls.select,
      let site = code.chainSite(for: registers, of: tracee.tid)
    else { return nil }
    end = frame.address
    start = end - UInt64((capacity + 1) * Self.callSize + Self.timeoutSize)
    before = TargetMemory.read(of: tracee.tid, at: start, count: Int(end - start))
    guard before.count == Int(end - start) else { return nil }
    (number, third, self.wait) = (UInt64(call.number), call.arguments.2, UInt64(wait))
    (self.site, self.registers, tid) = (site, registers, tracee.tid)
  }

  /// Lays out calls with these pairs of arguments, and answers the registers to begin them with; nil where
  /// that cannot be written.
  ///
  /// - Parameter calls: at most `capacity`, and one at least.
  func lay(_ calls: some Collection<(UInt64, UInt64)>) -> RegisterSet? {
    guard let first = calls.first else { return nil }
    // The timeout, struct timeval; select(2) writes what is left of it.
    var words = [Self.patience, 0]
    words.reserveCapacity(2 + calls.count * 7)
    for (first, second) in calls.dropFirst() { append(first, second, number, to: &words) }
    append(0, 0, wait, to: &words)
    let address = end - UInt64(words.count * 8)
    guard TargetMemory.write(of: tid, at: address, words) else { return nil }
    var registers = registers
    registers.prepare(
      SystemCall(number: Int(number), arguments: (first.0, first.1, third)), at: site.callAndReturn)
    registers.stackPointer = address + UInt64(Self.timeoutSize)
    registers.prepareSelect(timeout: address)
    return registers
  }

  private func append(_ first: UInt64, _ second: UInt64, _ number: UInt64, to words: inout [UInt64]) {
    words.append(site.popFirst)
    words.append(first)
    words.append(site.popSecond)
    words.append(second)
    words.append(site.popNumber)
    words.append(number)
    words.append(site.callAndReturn)
  }

  /// Whether a thread that stopped is in the midst of a chain, and has not gone on with what it was at.
  func holds(_ registers: RegisterSet) -> Bool {
    (start...end).contains(registers.stackPointer)
      && site.contains(registers.programCounter, registers.layout)
  }

  /// Where a thread stands that sleeps in a call of the chain, by `/proc/TID/syscall`: the stack pointer, and
  /// whether it waits for us; nil for one that runs.
  func rest(_ text: [UInt8]) -> (stackPointer: UInt64, isDone: Bool)? {
    var line = TextScanner(text)
    guard let call = line.decimal(UInt64.self) else { return nil }
    line.skipFields(6)  // its arguments
    guard line.skip(text: "0x"), let stackPointer = line.hexadecimal(UInt64.self) else { return nil }
    return (stackPointer, call == wait && stackPointer == end)
  }

  /// Whether a thread that stopped has made all calls and waits.
  func isDone(_ registers: RegisterSet) -> Bool {
    registers.currentCall.map { UInt64($0.number) == wait } ?? false && registers.stackPointer == end
  }

  /// Puts back what lay there.
  func remove() {
    TargetMemory.write(of: tid, at: start, before)
  }
}
