// General registers in the layout of PTRACE_GETREGSET with NT_PRSTATUS. For a 32-bit
// tracee, the kernel returns the 32-bit layout to a 64-bit tracer. So one tracer needs several layouts, and
// every host compiles all three. registers.c checks their sizes.
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

// The result of one PTRACE_GETREGSET. The length that the kernel returns identifies the layout.
union clinux_registers {
  struct clinux_registers_x86_64 x86_64;
  struct clinux_registers_i386 i386;
  struct clinux_registers_aarch64 aarch64;
};

// cpuid: the size in bytes of an NT_X86_XSTATE with the components in `features`. A thread must request the
// component XFEATURE_XTILE_DATA before it uses it. So this component counts only if `in_use` has it, too.
// Returns 0 if the processor does not report the size of a component. Returns 0 on all architectures except
// x86_64.
size_t clinux_extended_state_size(uint64_t features, uint64_t in_use);

#endif
