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
