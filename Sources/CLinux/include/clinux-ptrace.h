// ptrace(2): one function for each request that a session makes.
#ifndef CLINUX_PTRACE_H
#define CLINUX_PTRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clinux-registers.h"

// PTRACE_SEIZE, which needs the timer of clinux_start_clock. From then on the timer's handler waits for the
// thread if it exits. An exec(2) in the target waits until its tracer has waited for the threads that the
// exec ended. The tracer may itself be blocked by that exec, in this request or in a wait for a stop.
//
// Returns -ETIMEDOUT if the request lasts until `until`, in nanoseconds of the monotonic clock, or until a
// termination signal is pending. The request can last if the target is in an exec(2), and its program is on a
// file server that is gone.
long clinux_ptrace_seize(int tid, unsigned long options, uint64_t until);

// PTRACE_INTERRUPT
long clinux_ptrace_interrupt(int tid);

// PTRACE_CONT resumes the thread and delivers `signal`, or no signal for 0.
long clinux_ptrace_continue(int tid, int signal);

// PTRACE_SYSCALL resumes the thread, delivers `signal`, or no signal for 0, and stops the thread at its next
// entry to or exit from a system call.
long clinux_ptrace_to_syscall_stop(int tid, int signal);

// PTRACE_DETACH detaches the thread and delivers `signal`, or no signal for 0.
long clinux_ptrace_detach(int tid, int signal);

// PTRACE_GETREGSET with NT_PRSTATUS. The function sets `length` to the size of this thread's registers in
// bytes. The size is at most the size of the union.
long clinux_ptrace_get_registers(int tid, union clinux_registers *registers, size_t *length);

// PTRACE_SETREGSET with NT_PRSTATUS.
long clinux_ptrace_set_registers(int tid, const union clinux_registers *registers, size_t length);

// PTRACE_SETREGSET with NT_ARM_SYSTEM_CALL: the number of the call that an arm64 thread is in, -1 for none.
// It has no meaning on other architectures.
long clinux_ptrace_set_arm_call(int tid, int number);

// PTRACE_GETSIGMASK and PTRACE_SETSIGMASK. The kernel's own signal set has a bit for each of 64 signals, bit
// 0 for signal 1.
long clinux_ptrace_get_signal_mask(int tid, uint64_t *mask);
long clinux_ptrace_set_signal_mask(int tid, uint64_t mask);

// PTRACE_SETOPTIONS replaces the options that PTRACE_SEIZE set.
long clinux_ptrace_set_options(int tid, unsigned long options);

// PTRACE_GETSIGINFO: the si_code of the signal of a signal-delivery-stop. It is above 0 if the kernel made
// the signal.
long clinux_ptrace_signal_code(int tid, int *code);

// PTRACE_PEEKSIGINFO: true if none of these signals, signal 1 in bit 0, is pending for the thread or its
// process. False also if more than 15 signals are pending for either, because the function reads at most 15.
bool clinux_ptrace_has_none_pending(int tid, uint64_t signals);

// PTRACE_GET_RSEQ_CONFIGURATION: the address of the thread's struct rseq; 0 if the thread has not registered
// a struct rseq.
long clinux_ptrace_rseq(int tid, uint64_t *address);

// PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG and PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG, since Linux 6.4.
struct clinux_syscall_dispatch {
  uint64_t mode;  // PR_SYS_DISPATCH_OFF is 0
  uint64_t selector;
  uint64_t offset;
  uint64_t length;
};
long clinux_ptrace_get_dispatch(int tid, struct clinux_syscall_dispatch *dispatch);
long clinux_ptrace_set_dispatch(int tid, const struct clinux_syscall_dispatch *dispatch);

// Whether the kernel has Syscall User Dispatch, since Linux 5.11; prctl(2), PR_SET_SYSCALL_USER_DISPATCH.
bool clinux_has_dispatch(void);

// PTRACE_GETREGSET: the floating point and vector registers. NT_X86_XSTATE has the layout of XSAVE, and
// NT_PRFPREG the layout of FXSAVE. For a thread that executes 32-bit code, NT_PRFPREG has the layout of
// FSAVE, and NT_PRXFPREG the layout of FXSAVE. Returns the number of bytes written.
long clinux_ptrace_get_state(int tid, unsigned int kind, void *buffer, size_t length);

// PTRACE_SETREGSET with a state that clinux_ptrace_get_state has read.
long clinux_ptrace_set_state(int tid, unsigned int kind, const void *buffer, size_t length);

extern const unsigned int clinux_extended_state;           // NT_X86_XSTATE
extern const unsigned int clinux_floating_point_state;     // NT_PRFPREG
extern const unsigned int clinux_compatible_fxsave_state;  // NT_PRXFPREG
extern const unsigned int clinux_arm_thread_pointer;       // NT_ARM_TLS
extern const unsigned int clinux_arm_vector_state;         // NT_ARM_SVE
extern const unsigned int clinux_arm_streaming_state;      // NT_ARM_SSVE
extern const unsigned int clinux_arm_matrix_state;         // NT_ARM_ZA

// PTRACE_GET_THREAD_AREA: the address at which a segment of the GDT begins; see set_thread_area(2). -EIO on
// all architectures except x86_64.
long clinux_ptrace_thread_area(int tid, int index, uint64_t *address);

// PTRACE_GETREGSET with NT_X86_SHSTK: true if the processor checks the thread's returns against a shadow
// stack.
bool clinux_ptrace_has_shadow_stack(int tid);

// PTRACE_GET_SYSCALL_INFO, the fields that distinguish an entry from an exit.
struct clinux_syscall_stop {
  uint8_t kind;
  uint32_t architecture;  // AUDIT_ARCH_*, also for a thread that is not in a syscall-stop
  int64_t value;          // the call's number at an entry, its result at an exit
};
long clinux_ptrace_syscall_stop(int tid, struct clinux_syscall_stop *stop);

extern const uint8_t clinux_syscall_stop_entry;     // PTRACE_SYSCALL_INFO_ENTRY
extern const uint8_t clinux_syscall_stop_exit;      // PTRACE_SYSCALL_INFO_EXIT
extern const uint32_t clinux_architecture_i386;     // AUDIT_ARCH_I386
extern const unsigned long clinux_trace_sysgood;    // PTRACE_O_TRACESYSGOOD
extern const unsigned long clinux_suspend_seccomp;  // PTRACE_O_SUSPEND_SECCOMP
extern const int clinux_event_stop;                 // PTRACE_EVENT_STOP

#endif
