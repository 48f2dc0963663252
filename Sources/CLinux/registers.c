#include "clinux-registers.h"

#include <stddef.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

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

#if defined(__x86_64__)
size_t clinux_extended_state_size(uint64_t features, uint64_t in_use) {
  const unsigned legacy = 512 + 64;  // FXSAVE's area and the header
  const uint64_t on_demand = 1ull << 18;  // XFEATURE_XTILE_DATA, arch/x86/include/asm/fpu/types.h
  size_t size = legacy;
  features &= ~on_demand | in_use;
  for (unsigned component = 2; component < 63; component++) {
    unsigned length, offset, ecx, edx;
    if (!(features >> component & 1)) continue;
    if (!__get_cpuid_count(0xD, component, &length, &offset, &ecx, &edx) || length == 0) return 0;
    if (offset + length > size) size = offset + length;
  }
  return size;
}
#else
size_t clinux_extended_state_size(uint64_t features, uint64_t in_use) {
  (void)features;
  (void)in_use;
  return 0;
}
#endif
