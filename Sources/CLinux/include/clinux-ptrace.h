// ptrace(2), a function for each request that a session makes but PTRACE_SEIZE: see clinux-clock.h.
#ifndef CLINUX_PTRACE_H
#define CLINUX_PTRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clinux-registers.h"

long clinux_ptrace_interrupt(int tid);

// Resume, delivering `signal` unless it is 0: PTRACE_CONT, and PTRACE_SYSCALL, which stops at the
// next entry to or exit from a system call.
long clinux_ptrace_continue(int tid, int signal);
long clinux_ptrace_to_syscall_stop(int tid, int signal);
long clinux_ptrace_detach(int tid, int signal);

// NT_PRSTATUS; `length` is set to what the kernel has for this thread, at most the union's size.
long clinux_ptrace_get_registers(int tid, union clinux_registers *registers, size_t *length);
long clinux_ptrace_set_registers(int tid, const union clinux_registers *registers, size_t length);

// NT_ARM_SYSTEM_CALL: which call an arm64 thread is in, -1 for none. Of no meaning elsewhere.
long clinux_ptrace_set_arm_call(int tid, int number);

// The kernel's own signal set: a bit for each of 64 signals, bit 0 for signal 1.
long clinux_ptrace_get_signal_mask(int tid, uint64_t *mask);
long clinux_ptrace_set_signal_mask(int tid, uint64_t mask);

// PTRACE_SETOPTIONS: replaces the options given to the SEIZE.
long clinux_ptrace_set_options(int tid, unsigned long options);

// The si_code of the signal that a signal-delivery-stop is about: above 0 where the kernel made it.
long clinux_ptrace_signal_code(int tid, int *code);

// Whether none of these signals waits for the thread or its process, signal 1 in bit 0; false where more signals
// wait than are looked at. PTRACE_PEEKSIGINFO
bool clinux_ptrace_has_none_waiting(int tid, uint64_t signals);

// PTRACE_GET_RSEQ_CONFIGURATION: the address of the thread's struct rseq, 0 where it has none.
long clinux_ptrace_rseq(int tid, uint64_t *address);

// PTRACE_{GET,SET}_SYSCALL_USER_DISPATCH_CONFIG, since Linux 6.4.
struct clinux_syscall_dispatch {
  uint64_t mode;  // PR_SYS_DISPATCH_OFF is 0
  uint64_t selector;
  uint64_t offset;
  uint64_t length;
};
long clinux_ptrace_get_dispatch(int tid, struct clinux_syscall_dispatch *dispatch);
long clinux_ptrace_set_dispatch(int tid, const struct clinux_syscall_dispatch *dispatch);

// Floating point and vector registers: NT_X86_XSTATE, in the layout of XSAVE, or NT_PRFPREG, in that of
// FXSAVE. Answers how much was written.
long clinux_ptrace_get_state(int tid, unsigned int kind, void *buffer, size_t length);
extern const unsigned int clinux_extended_state;
extern const unsigned int clinux_floating_point_state;

// NT_X86_SHSTK: whether the thread's returns are checked against a shadow stack.
bool clinux_ptrace_has_shadow_stack(int tid);

// PTRACE_GET_SYSCALL_INFO, as much of it as tells an entry from an exit.
struct clinux_syscall_stop {
  uint8_t kind;
  uint32_t architecture;  // AUDIT_ARCH_*, also of a thread that is not at such a stop
  int64_t value;  // at an entry the call's number, at an exit what it answers
};
long clinux_ptrace_syscall_stop(int tid, struct clinux_syscall_stop *stop);

extern const uint8_t clinux_syscall_stop_entry;
extern const uint8_t clinux_syscall_stop_exit;
extern const uint32_t clinux_architecture_i386;       // AUDIT_ARCH_I386
extern const unsigned long clinux_trace_sysgood;      // PTRACE_O_TRACESYSGOOD
extern const unsigned long clinux_suspend_seccomp;    // PTRACE_O_SUSPEND_SECCOMP
extern const int clinux_event_stop;                   // PTRACE_EVENT_STOP

#endif
