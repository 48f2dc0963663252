#include "clinux-registers.h"

#include <stddef.h>

_Static_assert(sizeof(struct clinux_registers_x86_64) == 216, "user_regs_struct, 64-bit");
_Static_assert(offsetof(struct clinux_registers_x86_64, orig_rax) == 120, "orig_rax");
_Static_assert(offsetof(struct clinux_registers_x86_64, rip) == 128, "rip");
_Static_assert(sizeof(struct clinux_registers_i386) == 68, "user_regs_struct, 32-bit");
_Static_assert(offsetof(struct clinux_registers_i386, orig_eax) == 44, "orig_eax");
_Static_assert(sizeof(struct clinux_registers_aarch64) == 272, "user_pt_regs");
_Static_assert(offsetof(struct clinux_registers_aarch64, pc) == 256, "pc");

#if defined(__x86_64__)
#include <sys/user.h>
_Static_assert(sizeof(struct user_regs_struct) == sizeof(struct clinux_registers_x86_64), "host");
_Static_assert(offsetof(struct user_regs_struct, fs_base) ==
                   offsetof(struct clinux_registers_x86_64, fs_base), "host");
#endif

#if defined(__aarch64__)
#include <asm/ptrace.h>
_Static_assert(sizeof(struct user_pt_regs) == sizeof(struct clinux_registers_aarch64), "host");
#endif
