import CLinux

/// The fields of `/proc/PID/status` that decide whether and how a process can be traced; see
/// `proc_pid_status(5)`.
package struct ProcessStatus: Sendable {
  /// The first letter of the state: `R`, `S`, `D`, `T`, `t`, `Z`, `X`, `I`.
  package var state: Unicode.Scalar = "?"
  /// The command name, without the escapes of the file.
  package var name = ByteString([])
  /// The process that the thread belongs to.
  package var threadGroup: Int32 = 0
  /// The parent process.
  package var parent: Int32 = 0
  /// The thread that traces this one, or 0.
  package var tracer: Int32 = 0
  /// The real, effective, saved and file-system user IDs.
  package var users: [UInt32] = []
  /// The real, effective, saved and file-system group IDs.
  package var groups: [UInt32] = []
  /// The signals that the thread blocks at this moment, signal 1 in bit 0.
  package var blockedSignals: UInt64 = 0
  /// The signals that the process ignores, signal 1 in bit 0.
  package var ignoredSignals: UInt64 = 0
  /// The signals for which the process has a handler, signal 1 in bit 0.
  package var caughtSignals: UInt64 = 0
  /// The signals that are pending for this thread alone, signal 1 in bit 0.
  package var pendingSignals: UInt64 = 0
  /// The signals that are pending for the whole process, signal 1 in bit 0.
  package var sharedPendingSignals: UInt64 = 0
  /// The permitted capabilities, CAP_CHOWN in bit 0; see `capabilities(7)`.
  package var permittedCapabilities: UInt64 = 0
  /// The effective capabilities, CAP_CHOWN in bit 0.
  package var effectiveCapabilities: UInt64 = 0
  /// How the kernel filters the thread's system calls; a mode that rangeclose does not know counts as
  /// `filter`.
  package var seccomp: SeccompMode = .disabled
  /// The number of descriptors that the process's table has room for, `FDSize`; nil if the line is missing.
  package var tableSize: Int?
  /// Whether this is a kernel thread; nil if the kernel is too old for the `Kthread` field.
  package var isKernelThread: Bool?

  /// A seccomp mode; see `seccomp(2)`.
  package enum SeccompMode: UInt8, Sendable {
    case disabled, strict, filter
  }

  /// All signals that are pending for the thread or its process, blocked or not, signal 1 in bit 0.
  var allPendingSignals: UInt64 { pendingSignals | sharedPendingSignals }

  /// Whether SIGPIPE ends the process: it neither ignores nor catches the signal; see `signal(7)`.
  var endsByBrokenPipe: Bool {
    (ignoredSignals | caughtSignals) & 1 << UInt64(SIGPIPE - 1) == 0
  }

  /// Whether the process or thread has not exited.
  var isAlive: Bool { state != "Z" && state != "X" }

  /// Parses the text of the file.
  ///
  /// The fields may come in any order. Unknown fields are skipped.
  init(_ text: [UInt8]) {
    var scanner = TextScanner(text)
    while !scanner.isAtEnd {
      readLine(&scanner)
      scanner.skipLine()
    }
  }

  private mutating func readLine(_ line: inout TextScanner) {
    switch line.next.map({ Unicode.Scalar($0) }) {
    case "N": if line.skip(text: "Name:\t") { name = Self.unescaped(line.peekLine()) }
    case "T": readTask(&line)
    case "P": if line.skip(text: "PPid:\t") { parent = line.decimal(Int32.self) ?? 0 }
    case "U": if line.skip(text: "Uid:") { users = Self.numbers(&line) }
    case "G": if line.skip(text: "Gid:") { groups = Self.numbers(&line) }
    case "K": if line.skip(text: "Kthread:\t") { isKernelThread = line.decimal(UInt8.self).map { $0 != 0 } }
    case "S": readStateOrSignals(&line)
    case "C": readCapabilities(&line)
    case "F": if line.skip(text: "FDSize:\t") { tableSize = line.decimal(Int.self) }
    default: break
    }
  }

  private mutating func readTask(_ line: inout TextScanner) {
    if line.skip(text: "Tgid:\t") {
      threadGroup = line.decimal(Int32.self) ?? 0
    } else if line.skip(text: "TracerPid:\t") {
      tracer = line.decimal(Int32.self) ?? 0
    }
  }

  private mutating func readStateOrSignals(_ line: inout TextScanner) {
    if line.skip(text: "State:\t") {
      state = line.next.map { Unicode.Scalar($0) } ?? "?"
    } else if line.skip(text: "SigPnd:\t") {
      pendingSignals = line.hexadecimal(UInt64.self) ?? 0
    } else if line.skip(text: "ShdPnd:\t") {
      sharedPendingSignals = line.hexadecimal(UInt64.self) ?? 0
    } else if line.skip(text: "SigBlk:\t") {
      blockedSignals = line.hexadecimal(UInt64.self) ?? 0
    } else if line.skip(text: "SigIgn:\t") {
      ignoredSignals = line.hexadecimal(UInt64.self) ?? 0
    } else if line.skip(text: "SigCgt:\t") {
      caughtSignals = line.hexadecimal(UInt64.self) ?? 0
    } else if line.skip(text: "Seccomp:\t") {
      seccomp = line.decimal(UInt8.self).flatMap(SeccompMode.init) ?? .filter
    }
  }

  private mutating func readCapabilities(_ line: inout TextScanner) {
    if line.skip(text: "CapPrm:\t") {
      permittedCapabilities = line.hexadecimal(UInt64.self) ?? 0
    } else if line.skip(text: "CapEff:\t") {
      effectiveCapabilities = line.hexadecimal(UInt64.self) ?? 0
    }
  }

  private static func numbers(_ line: inout TextScanner) -> [UInt32] {
    var numbers: [UInt32] = []
    line.skipBlanks()
    while let number = line.decimal(UInt32.self) {
      numbers.append(number)
      line.skipBlanks()
    }
    return numbers
  }

  /// Decodes the escapes of newlines and backslashes in a name; see `proc_task_name` in `fs/proc/array.c`.
  private static func unescaped(_ name: [UInt8]) -> ByteString {
    var plain: [UInt8] = []
    var bytes = name.makeIterator()
    while let byte = bytes.next() {
      guard byte == UInt8(ascii: "\\"), let escaped = bytes.next() else {
        plain.append(byte)
        continue
      }
      plain.append(escaped == UInt8(ascii: "n") ? UInt8(ascii: "\n") : escaped)
    }
    return ByteString(plain)
  }
}
