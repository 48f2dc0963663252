// General registers as PTRACE_GETREGSET with NT_PRSTATUS lays them out. A 64-bit tracer meets the 32-bit
// layout, too, so all of them are compiled on every host. Sizes are pinned in registers.c.
#ifndef CLINUX_REGISTERS_H
#define CLINUX_REGISTERS_H

#include <stddef.h>
#include <stdint.h>

// arch/x86/include/asm/user_64.h, struct user_regs_struct
struct clinux_registers_x86_64 {
  uint64_t r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8;
  uint64_t rax, rcx, rdx, rsi, rdi, orig_rax;
  uint64_t rip, cs, eflags, rsp, ss;
  uint64_t fs_base, gs_base, ds, es, fs, gs;
};

// arch/x86/include/asm/user_32.h, struct user_regs_struct
struct clinux_registers_i386 {
  uint32_t ebx, ecx, edx, esi, edi, ebp, eax;
  uint32_t ds, es, fs, gs;
  uint32_t orig_eax, eip, cs, eflags, esp, ss;
};

// arch/arm64/include/uapi/asm/ptrace.h, struct user_pt_regs
struct clinux_registers_aarch64 {
  uint64_t x[31];
  uint64_t sp, pc, pstate;
};

// What one PTRACE_GETREGSET wrote; which layout it is follows from its length.
union clinux_registers {
  struct clinux_registers_x86_64 x86_64;
  struct clinux_registers_i386 i386;
  struct clinux_registers_aarch64 aarch64;
};

// How many bytes of NT_X86_XSTATE hold the components in `features`, and none of a processor's that a thread
// has to ask for and has not. 0 where the processor does not tell.
size_t clinux_extended_state_size(uint64_t features, uint64_t in_use);

#endif
