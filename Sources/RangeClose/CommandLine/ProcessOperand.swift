import FDCore
import FDSelectors

/// The processes that a command line names.
struct ProcessChoice {
  /// The entries of the first operand; nil with `--all`.
  var listed: [ProcessOperand]?
  /// Whether the descendants of the listed processes belong to them.
  var includesDescendants = false

  /// Whether the command line names exactly one process.
  var isSingle: Bool { listed?.count == 1 && !includesDescendants }
}

/// One process of the command line: `PID`, or `PID:INODE` as other commands of util-linux take it.
struct ProcessOperand: Equatable {
  let pid: Int32
  /// The inode number of the process's pidfd; nil if the user gave none.
  ///
  /// The kernel gives each process its own number in pidfs, and never gives it to another process.
  var inode: UInt64?
  /// The time at which the process started, in clock ticks since boot; nil if any process with this ID
  /// serves.
  var startTime: UInt64?

  /// Parses a list such as `1000,1001:4711`.
  ///
  /// - Parameter others: the processes to which those of the list are added.
  static func list(
    _ text: ByteString, after others: [ProcessOperand] = []
  ) throws(UsageError) -> [ProcessOperand] {
    var operands = others
    // Names of several programs are one mistake.
    let isOfNames = { (byte: UInt8) in byte == UInt8(ascii: ",") || 0x61...0x7A ~= byte | 0x20 }
    if text.bytes.contains(UInt8(ascii: ",")), text.bytes.allSatisfy(isOfNames) { throw .notAProcessID(text) }
    for entry in text.bytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
      let operand = try ProcessOperand(ByteString(Array(entry)), of: text)
      try add(operand, to: &operands)
    }
    return operands
  }

  /// Adds a process, unless the list has it already.
  private static func add(_ operand: Self, to operands: inout [Self]) throws(UsageError) {
    guard let index = operands.firstIndex(where: { $0.pid == operand.pid }) else {
      operands.append(operand)
      return
    }
    if let one = operands[index].inode, let two = operand.inode, one != two { throw .twoInodes(operand.pid) }
    operands[index].inode = operands[index].inode ?? operand.inode
  }

  private init(_ entry: ByteString, of list: ByteString) throws(UsageError) {
    if entry.bytes.isEmpty, !list.bytes.isEmpty { throw .emptyEntry(list) }
    let parts = entry.bytes.split(
      separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
    pid = try Self.processID(ByteString(Array(parts.first ?? [])), in: entry)
    guard parts.count == 2 else { return }
    let digits = String(decoding: parts[1], as: UTF8.self)
    guard digits.isDecimal, let number = UInt64(digits), number > 0 else { throw .notAnInode(entry) }
    inode = number
  }

  /// The number after the colon, if it is probably meant as a descriptor; otherwise nil.
  ///
  /// The kernel gives processes numbers above RESERVED_PIDS, see `include/linux/threads.h` and `fs/pidfs.c`.
  var numberMeantAsDescriptor: UInt64? { inode.flatMap { $0 <= 300 ? $0 : nil } }

  init(pid: Int32, startTime: UInt64?) {
    (self.pid, self.startTime) = (pid, startTime)
  }

  private static func processID(_ argument: ByteString, in entry: ByteString) throws(UsageError) -> Int32 {
    let text = String(decoding: argument.bytes, as: UTF8.self)
    let largest = 1 << 22  // PID_MAX_LIMIT, include/linux/threads.h
    if argument.hasPrefix("-"), text.dropFirst().first?.isNumber == true {
      throw .negativeProcessID(argument)
    }
    guard text.isDecimal else { throw .notAProcessID(entry) }
    guard let pid = Int32(text), pid <= largest else { throw .largeProcessID(argument) }
    guard pid > 0 else { throw .processZero }
    return pid
  }
}
