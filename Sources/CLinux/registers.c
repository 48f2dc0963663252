#include "clinux-registers.h"

#include <stddef.h>

_Static_assert(sizeof(struct clinux_registers_x86_64) == 216, "user_regs_struct, 64-bit");
_Static_assert(offsetof(struct clinux_registers_x86_64, orig_rax) == 120, "orig_rax");
_Static_assert(offsetof(struct clinux_registers_x86_64, rip) == 128, "rip");
_Static_assert(sizeof(struct clinux_registers_i386) == 68, "user_regs_struct, 32-bit");
_Static_assert(offsetof(struct clinux_registers_i386, orig_eax) == 44, "orig_eax");

#if defined(__x86_64__)
#include <sys/user.h>
_Static_assert(sizeof(struct user_regs_struct) == sizeof(struct clinux_registers_x86_64), "host");
_Static_assert(offsetof(struct user_regs_struct, fs_base) ==
                   offsetof(struct clinux_registers_x86_64, fs_base), "host");
#endif
