import CLinux
import Testing

@testable import FDCore

/// The layout of aarch64, whose registers no thread on an x86_64 machine has.
@Suite struct AArch64Tests {
  private let layout = RegisterSet.aarch64

  /// Registers with a different value in each of x0 to x30, at a pc of 0x4004 and a stack pointer of 0x9000.
  private func registers(_ change: (inout clinux_registers_aarch64) -> Void = { _ in }) throws -> RegisterSet
  {
    var raw = clinux_registers()
    withUnsafeMutableBytes(of: &raw.aarch64.x) { bytes in
      for index in 0..<31 {
        bytes.storeBytes(of: UInt64(100 + index), toByteOffset: index * 8, as: UInt64.self)
      }
    }
    (raw.aarch64.sp, raw.aarch64.pc, raw.aarch64.pstate) = (0x9000, 0x4004, 0x6000_0C00)
    change(&raw.aarch64)
    return try #require(RegisterSet(raw, length: layout.size))
  }

  /// EINTR that no signal caused becomes a restart with the first argument, which the result has replaced.
  @Test func aCallThatReturnedEINTRIsMadeAgain() throws {
    var registers = try registers { $0.x.0 = UInt64(bitPattern: -4) }
    #expect(registers.currentCall == nil)
    registers.interrupted = InterruptedCall(number: 22, arguments: [7, 101, 102, 103, 104, 105], answer: -4)
    #expect(registers.currentCall.map { [$0.number, $0.answer] } == [22, -4])
    #expect(registers.argument(0, ofCompatibleCall: false) == 7)
    registers.restartUnlessHandled()
    #expect(registers.programCounter == 0x4000 && registers.raw.aarch64.x.0 == 7)
    #expect(registers.currentCall.map { [$0.number, $0.answer] } == [22, restartUnlessHandledAnswer])
    #expect(registers.interrupted?.isInterruptedByHandlers == true)
    let answered = registers.withoutRestart.raw.aarch64
    #expect(answered.pc == 0x4004 && answered.x.0 == UInt64(bitPattern: -4))
    // The registers are set for the restart. A second one changes nothing.
    registers.beginCallAnew()
    #expect(registers.programCounter == 0x4000 && registers.afterCalls.requestedCall == 108)
  }

  /// Only a call that the kernel is seen to continue gets the number of restart_syscall(2).
  @Test func onlyAContinuedCallKeepsItsDeadline() throws {
    var registers = try registers()
    let arguments: [UInt64] = [100, 101, 102, 103, 104, 105]
    registers.interrupted = InterruptedCall(
      number: 101, arguments: arguments, answer: restartUnlessHandledAnswer)
    #expect(registers.afterCalls.requestedCall == 108)
    registers.interrupted?.isContinued = true
    #expect(registers.afterCalls.requestedCall == 128 && registers.requestedCall == 108)
    // nanosleep, restart_syscall, clock_nanosleep without and with TIMER_ABSTIME
    #expect(layout.mayBeContinued(101, arguments) && layout.mayBeContinued(128, arguments))
    #expect(
      layout.mayBeContinued(115, [1, 0, 0, 0, 0, 0]) && !layout.mayBeContinued(115, [1, 1, 0, 0, 0, 0]))
    // FUTEX_WAIT with and without a timeout, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, FUTEX_LOCK_PI; ppoll
    #expect(layout.mayBeContinued(98, [0, 0, 0, 8, 0, 0]) && !layout.mayBeContinued(98, [0, 0, 0, 0, 0, 0]))
    #expect(
      layout.mayBeContinued(98, [0, 137, 0, 8, 0, 0]) && !layout.mayBeContinued(98, [0, 6, 0, 8, 0, 0]))
    #expect(!layout.mayBeContinued(73, arguments) && !layout.mayBeContinued(22, arguments))
  }

  /// An injected call demands no landing pad, and returns to the trampoline.
  @Test func aPreparedCallReturnsIntoTheFrame() throws {
    var registers = try registers()
    registers.prepare(SystemCall(436, 3, 9), at: 0x1000)
    registers.setReturnAddress(0x2000)
    #expect(registers.raw.aarch64.pstate == 0x6000_0000 && registers.raw.aarch64.x.30 == 0x2000)
    #expect(registers.raw.aarch64.x.7 == 107 && registers.raw.aarch64.x.29 == 129)
  }

  /// `struct rt_sigframe` of arch/arm64/kernel/signal.c.
  @Test func theFrameHasTheLayoutOfTheKernel() throws {
    let registers = try registers()
    let fpsimd = (0..<528).map { UInt8(truncatingIfNeeded: $0) }
    let state = try #require(ExtendedState(fpsimd: fpsimd, sve: []))
    let mask: UInt64 = 0x8000_0001_0000_0200
    let (address, bytes) = try #require(
      registers.signalFrame(below: 0x8F80, returningTo: 0x2000, mask: mask, state))
    let word = { (offset: Int) in bytes.integer(UInt64.self, at: 128 + offset) }
    #expect(address.isMultiple(of: 16) && address + UInt64(bytes.count) <= 0x8F80)
    // The flags of the alternate stack, which are invalid, and the mask
    #expect(word(24) & 0xFFFF_FFFF == 0x7F && word(40) == mask)
    // x0, x30, sp, pc, pstate behind the fault address
    #expect([184, 424, 432, 440, 448].map(word) == [100, 130, 0x9000, 0x4004, 0x6000_0C00])
    let records = 128 + 464
    #expect(word(464) == 0x210_4650_8001)
    #expect(Array(bytes[records + 8..<records + 16]) == Array(fpsimd[512..<520]))
    #expect(Array(bytes[records + 16..<records + 528]) == Array(fpsimd[..<512]))
    #expect(Array(bytes[(records + 528)...]) == [UInt8](repeating: 0, count: 16))
  }

  /// A record that is too large for the frame lies behind it.
  @Test(arguments: [16, 64, 256]) func theVectorsFollowTheOtherRegisters(length: Int) throws {
    let size = 32 * length + 17 * length / 8
    var sve: [UInt8] = []
    for word: UInt32 in [UInt32(16 + size), 0, UInt32(length), 1] { sve.append(littleEndian: word) }
    sve += (0..<size + 8).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let state = try #require(ExtendedState(fpsimd: [UInt8](repeating: 0, count: 528), sve: sve))
    let (address, bytes) = try #require(
      try registers().signalFrame(below: 0x1_0000, returningTo: 0x2000, mask: 0, state))
    var place = 128 + 464 + 528
    if length == 256 {
      #expect(bytes.integer(UInt64.self, at: place) == 0x20_4558_5401)
      #expect(bytes.integer(UInt64.self, at: place + 8) == address + UInt64(place + 48))
      #expect(bytes.integer(UInt32.self, at: place + 16) == UInt32(bytes.count - place - 48))
      #expect(Array(bytes[place + 20..<place + 48]) == [UInt8](repeating: 0, count: 28))
      place += 48
    }
    #expect(place.isMultiple(of: 16) && bytes.integer(UInt32.self, at: place) == 0x5356_4501)
    #expect(bytes.integer(UInt32.self, at: place + 4) == UInt32(bytes.count - 16 - place))
    #expect(bytes.integer(UInt64.self, at: place + 8) == UInt64(length))
    #expect(Array(bytes[place + 16..<place + 16 + size]) == Array(sve[16..<16 + size]))
    #expect(bytes.suffix(16).allSatisfy { $0 == 0 })
  }

  /// A thread without vectors of its own has the FPSIMD registers only; a broken layout has no frame.
  @Test func statesOfUnknownLayoutAreRejected() {
    let fpsimd = [UInt8](repeating: 0, count: 528)
    var header = [UInt8](repeating: 0, count: 16)
    header[8] = 16
    #expect(ExtendedState(fpsimd: fpsimd, sve: header)?.vectors == [])
    header[12] = 1
    #expect(ExtendedState(fpsimd: fpsimd, sve: header) == nil)
    #expect(ExtendedState(fpsimd: fpsimd + [0], sve: []) == nil)
  }

  /// Only calls that change nothing are made again after they returned EINTR.
  @Test func callsThatMayHaveChangedSomethingAreNotRepeated() {
    // close, unlinkat, renameat, mkdirat, linkat, ftruncate, execve, mount, nanosleep, futex
    for number in [57, 35, 38, 34, 37, 46, 221, 40, 101, 98] {
      #expect(layout.calls.repetition(of: number) == .never, "\(number)")
    }
    #expect(layout.calls.repetition(of: 202) == .always && layout.calls.repetition(of: 22) == .always)
    #expect(layout.calls.repetition(of: 56) == .unlessOpenChanges(flags: 2))
    #expect(layout.calls.repetition(of: 64) == .unlessAppending(flags: nil))
  }

  @Test func aLineOfABlockedThreadIsRead() throws {
    let line = "22 0x4 0x7ffc1c0a4d40 0x3 0x1388 0x0 0x8 0xffffc1c0a4d8 0xffff4b1f6e2c\n"
    let call = try #require(WaitingCall(Array(line.utf8)))
    #expect(call.number == 22 && call.arguments == [4, 0x7ffc_1c0a_4d40, 3, 0x1388, 0, 8])
    #expect(call.stackPointer == 0xffff_c1c0_a4d8 && call.programCounter == 0xffff_4b1f_6e2c)
    #expect(WaitingCall(Array("running\n".utf8)) == nil)
  }
}
