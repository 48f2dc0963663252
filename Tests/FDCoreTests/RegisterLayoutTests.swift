import CLinux
import Testing

@testable import FDCore

/// Register layouts, including those that no thread on this computer has.
@Suite struct RegisterLayoutTests {
  private let layouts: [any RegisterLayout] = [RegisterSet.x86_64, RegisterSet.i386, RegisterSet.aarch64]

  /// Prepared registers hold the number and the arguments of the call.
  ///
  /// They are in no call that the kernel could restart.
  @Test func aPreparedCallReplacesTheInterruptedOne() throws {
    for layout in layouts {
      var registers = try #require(RegisterSet(clinux_registers(), length: layout.size))
      let isSame = registers.layout === layout
      #expect(isSame)
      registers.stackPointer = 0x7000
      registers.prepare(SystemCall(436, 3, 9, 4, 5, 6, 7), at: 0x1234_5678)
      #expect(registers.programCounter == 0x1234_5678 && registers.stackPointer == 0x7000)
      #expect(registers.currentCall == nil)
    }
    var arm = try #require(RegisterSet(clinux_registers(), length: RegisterSet.aarch64.size))
    arm.prepare(SystemCall(436, 3, 9, 4, 5, 6, 7), at: 4096)
    let raw = arm.raw.aarch64
    #expect(raw.x.8 == 436 && raw.x.0 == 3 && raw.x.1 == 9 && raw.x.2 == 4 && raw.x.3 == 5 && raw.x.5 == 7)
  }

  @Test func aRestartedCallPointsAtItsInstruction() throws {
    for layout in [RegisterSet.x86_64, RegisterSet.i386] as [any RegisterLayout] {
      var raw = clinux_registers()
      if layout === RegisterSet.x86_64 {
        (raw.x86_64.orig_rax, raw.x86_64.rax, raw.x86_64.rip) = (35, UInt64(bitPattern: -516), 0x1002)
      } else {
        (raw.i386.orig_eax, raw.i386.eax, raw.i386.eip) = (35, UInt32(bitPattern: -516), 0x1002)
      }
      var registers = try #require(RegisterSet(raw, length: layout.size))
      #expect(registers.currentCall.map { [$0.number, $0.answer] } == [35, -516])
      registers.beginCallAnew()
      #expect(registers.programCounter == 0x1000 && registers.currentCall == nil)
    }
  }

  /// Only calls that change nothing are made again after they returned EINTR.
  @Test func callsThatMayHaveChangedSomethingAreNotRepeated() {
    let native = RegisterSet.x86_64.calls, compatible = RegisterSet.i386.calls
    // close, rename, mkdir, creat, link, unlink, ftruncate, execve, mount
    for number in [3, 82, 83, 85, 86, 87, 77, 59, 165] {
      #expect(native.repetition(of: number) == .never, "\(number)")
    }
    for number in [6, 38, 39, 8, 9, 10, 93, 11, 21] {
      #expect(compatible.repetition(of: number) == .never, "\(number)")
    }
    #expect(native.repetition(of: 17) == .always && compatible.repetition(of: 180) == .always)
    #expect(native.repetition(of: 257) == .unlessOpenChanges(flags: 2))
    #expect(compatible.repetition(of: 5) == .unlessOpenChanges(flags: 1))
    #expect(native.repetition(of: 328) == .unlessAppending(flags: 5))
    #expect(compatible.repetition(of: 4) == .unlessAppending(flags: nil))
    for flags in [O_RDONLY, O_WRONLY | O_CREAT, O_RDWR | O_DIRECTORY | O_APPEND] {
      #expect(!SystemCallNumbers.openChanges(flags: UInt64(flags)))
    }
    for flags in [O_EXCL, O_TRUNC, 0o2020_0000] {  // O_TMPFILE
      #expect(SystemCallNumbers.openChanges(flags: UInt64(flags | O_RDWR)))
    }
    #expect(native.repetition(of: 285) == .ifOnlyAllocating(mode: 1))
    #expect(compatible.repetition(of: 324) == .ifOnlyAllocating(mode: 1))
    #expect((0...0x7F).filter { SystemCallNumbers.onlyAllocates(mode: $0) } == [0, 1])
  }

  /// A request of ioctl(2) is made again only for the devices that are known to wait in it.
  @Test func aRequestThatOnlyWaitsIsMadeAgain() {
    #expect(RegisterSet.x86_64.calls.repetition(of: 16) == .ifOnlyWaiting(request: 1))
    #expect(RegisterSet.i386.calls.repetition(of: 54) == .ifOnlyWaiting(request: 1))
    let reap = [UInt64(0x4008_550A), 0x4004_550A]  // USBDEVFS_REAPURB and USBDEVFS_REAPURB32
    #expect(reap.allSatisfy { SystemCallNumbers.devices(onlyWaitingIn: $0) == 189 })
    for request in [0x4008_550D, 0x8038_550A, 0xC018_5502, 0x5409, 0] as [UInt64] {
      #expect(SystemCallNumbers.devices(onlyWaitingIn: request) == nil, "\(request)")
    }
  }

  /// Only a signal of a fault is a consequence of the injected call, whatever its si_code.
  @Test func onlySignalsOfFaultsAreForced() {
    let user: Int32 = 0, kernel: Int32 = 0x80, input: Int32 = 1, queued: Int32 = -1, fromInput: Int32 = -5
    for signal in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS] {
      #expect([kernel, 1, 2].allSatisfy { FaultSignals.isForced(signal, code: $0) }, "\(signal)")
      #expect(![user, queued, fromInput].contains { FaultSignals.isForced(signal, code: $0) }, "\(signal)")
    }
    for signal in (1...64 as ClosedRange<Int32>) where FaultSignals.all >> UInt64(signal - 1) & 1 == 0 {
      #expect(![user, kernel, input].contains { FaultSignals.isForced(signal, code: $0) }, "\(signal)")
    }
  }

  @Test func argumentsAreInTheirRegisters() throws {
    for layout in layouts {
      var registers = try #require(RegisterSet(clinux_registers(), length: layout.size))
      registers.prepare(SystemCall(436, 3, 9, 4, 5, 6, 7), at: 0x1234_5678)
      #expect((0..<6).map { registers.argument($0, ofCompatibleCall: false) } == [3, 9, 4, 5, 6, 7])
    }
    var raw = clinux_registers()
    (raw.x86_64.rbx, raw.x86_64.rcx, raw.x86_64.rbp) = (3, 9, 7)
    let registers = try #require(RegisterSet(raw, length: RegisterSet.x86_64.size))
    #expect([0, 1, 5].map { registers.argument($0, ofCompatibleCall: true) } == [3, 9, 7])
  }

  /// `struct rt_sigframe_ia32` and `struct _fpstate_32`, with three words below.
  @Test func theFrameOf32BitCodeHasTheLayoutOfTheKernel() throws {
    var raw = clinux_registers()
    (raw.i386.gs, raw.i386.cs, raw.i386.ss) = (0xABCD_0063, 0x23, 0x2B)
    (raw.i386.edi, raw.i386.ecx, raw.i386.eax, raw.i386.eip) = (1, 2, UInt32(bitPattern: -512), 0x1002)
    (raw.i386.orig_eax, raw.i386.esp, raw.i386.eflags) = (3, 0xFFFF_D000, 0x246)
    let registers = try #require(RegisterSet(raw, length: RegisterSet.i386.size))
    var saved = [UInt8](repeating: 0, count: 832)
    saved.store(0x0001_0123_0002_3456 as UInt64, at: 0)  // the x87 opcode is above bit 48
    saved.store(7 as UInt64, at: 464)
    saved.store(7 as UInt64, at: 512)
    var state = try #require(ExtendedState(xsave: saved))
    let top: UInt64 = 0xFFFF_CF80
    let withoutHeader = registers.signalFrame(below: top, returningTo: 0x4000, mask: 1, state)
    #expect(withoutHeader == nil)
    let isSet = (state.setHeader(fsave: []), state.setHeader(fsave: (0..<108).map { UInt8($0) }))
    #expect(isSet == (false, true))
    let mask: UInt64 = 0x8000_0001_0000_0200
    let (address, bytes) = try #require(
      registers.signalFrame(below: top, returningTo: 0x4000, mask: mask, state))
    let word = { (offset: Int) in bytes.integer(UInt32.self, at: offset) }
    // The return address, and `uc_flags` and the flags of the alternate stack, which are invalid.
    #expect(word(12) == 0x4000 && word(156) == 1 && word(168) == 0x7F)
    // gs, edi, esp, ecx, and the interrupted call, which starts again
    #expect([176, 192, 204, 216, 220, 232].map(word) == [0x63, 1, 0xFFFF_D000, 2, 3, 0x1000])
    #expect([236, 240, 248].map(word) == [0x23, 0x246, 0x2B])
    #expect(bytes.integer(UInt64.self, at: 264) == mask)
    let header = Int(UInt64(word(252)) - address)
    #expect((UInt64(word(252)) + 112).isMultiple(of: 64) && address + UInt64(bytes.count) <= top)
    #expect(Array(bytes[(header + 112)...]) == state.bytes)
    // The upper half of the code segment's word is the opcode.
    #expect(Array(bytes[header..<header + 18]) == (0..<18).map { UInt8($0) })
    #expect(bytes.integer(UInt16.self, at: header + 18) == 1)
    #expect(Array(bytes[(header + 20)..<(header + 112)]) == (20..<108).map { UInt8($0) } + [4, 5, 0, 0])
  }

  /// Nothing but gadgets lies in the words of a chain's call.
  @Test func eachCallOfAChainHasAllItNeeds() throws {
    for layout in [RegisterSet.x86_64, RegisterSet.i386] as [any RegisterLayout] {
      #expect(!layout.chainPatterns.isEmpty)
      for pattern in layout.chainPatterns {
        var gadgets: Set<Int> = [], kinds: Set<String> = []
        for word in pattern.words {
          if case .gadget(let index) = word { gadgets.insert(index) } else { kinds.insert("\(word)") }
        }
        #expect(gadgets == Set(pattern.gadgets.indices))
        #expect(kinds.isSuperset(of: ["first", "second", "number", "call"]))
        #expect(pattern.words.last.map { "\($0)" } == "call")
        // The first pattern takes the least room.
        #expect(pattern.words.count >= layout.chainPatterns[0].words.count)
      }
      #expect(layout.calls.select != nil && layout.frameInstructions != nil)
    }
  }

  @Test func onlyPresentPagesAreTouched() {
    let present: UInt64 = 1 << 63, swapped: UInt64 = 1 << 62, writeProtected: UInt64 = 1 << 57
    #expect(PageMapEntry(present).isAccessible && PageMapEntry(present | 1 << 56).isAccessible)
    for bits in [0, swapped, present | writeProtected, swapped | writeProtected] {
      #expect(!PageMapEntry(bits).isAccessible)
    }
  }

  @Test func registersOfUnknownLengthAreRejected() {
    #expect(RegisterSet(clinux_registers(), length: 72) == nil)
  }
}
