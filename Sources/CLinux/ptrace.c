#define _GNU_SOURCE
#include "clinux-ptrace.h"

#include <elf.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/ptrace.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <asm/ldt.h>
#endif

#include "clock.h"
#include "result.h"
#include "seized.h"

const uint8_t clinux_syscall_stop_entry = PTRACE_SYSCALL_INFO_ENTRY;
const uint8_t clinux_syscall_stop_exit = PTRACE_SYSCALL_INFO_EXIT;
const uint32_t clinux_architecture_i386 = AUDIT_ARCH_I386;
const unsigned long clinux_trace_sysgood = PTRACE_O_TRACESYSGOOD;
const unsigned long clinux_suspend_seccomp = PTRACE_O_SUSPEND_SECCOMP;
const int clinux_event_stop = PTRACE_EVENT_STOP;

// This is the system call itself: the wrapper is in <sys/ptrace.h>, which conflicts with <linux/ptrace.h>.
static long request(unsigned long kind, int tid, uintptr_t address, uintptr_t data) {
  return result(syscall(SYS_ptrace, kind, (long)tid, address, data));
}

long clinux_ptrace_seize(int tid, unsigned long options, uint64_t until) {
  if (!seized_reserve()) return -ENOMEM;
  // The handler may jump just after the request succeeded. The thread then stays out of the list, and the
  // kernel detaches it when this thread exits.
  if (sigsetjmp(clock_limit.point, 1) != 0) return -ETIMEDOUT;
  clock_start_limit(until);
  long answer = request(PTRACE_SEIZE, tid, 0, options);
  clock_stop_limit();
  if (answer == 0) seized_add(tid);
  return answer;
}

long clinux_ptrace_interrupt(int tid) { return request(PTRACE_INTERRUPT, tid, 0, 0); }

long clinux_ptrace_continue(int tid, int signal) {
  return request(PTRACE_CONT, tid, 0, (uintptr_t)signal);
}

long clinux_ptrace_to_syscall_stop(int tid, int signal) {
  return request(PTRACE_SYSCALL, tid, 0, (uintptr_t)signal);
}

long clinux_ptrace_detach(int tid, int signal) {
  return request(PTRACE_DETACH, tid, 0, (uintptr_t)signal);
}

long clinux_ptrace_get_registers(int tid, union clinux_registers *registers, size_t *length) {
  struct iovec vector = {registers, sizeof *registers};
  long answer = request(PTRACE_GETREGSET, tid, NT_PRSTATUS, (uintptr_t)&vector);
  *length = vector.iov_len;
  return answer;
}

long clinux_ptrace_set_registers(int tid, const union clinux_registers *registers, size_t length) {
  struct iovec vector = {(void *)registers, length};
  return request(PTRACE_SETREGSET, tid, NT_PRSTATUS, (uintptr_t)&vector);
}

long clinux_ptrace_set_arm_call(int tid, int number) {
  struct iovec vector = {&number, sizeof number};
  return request(PTRACE_SETREGSET, tid, NT_ARM_SYSTEM_CALL, (uintptr_t)&vector);
}

long clinux_ptrace_get_signal_mask(int tid, uint64_t *mask) {
  return request(PTRACE_GETSIGMASK, tid, sizeof *mask, (uintptr_t)mask);
}

long clinux_ptrace_set_signal_mask(int tid, uint64_t mask) {
  return request(PTRACE_SETSIGMASK, tid, sizeof mask, (uintptr_t)&mask);
}

long clinux_ptrace_set_options(int tid, unsigned long options) {
  return request(PTRACE_SETOPTIONS, tid, 0, options);
}

bool clinux_ptrace_has_none_pending(int tid, uint64_t signals) {
  enum { most = 16 };
  siginfo_t pending[most];
  for (uint32_t shared = 0; shared <= PTRACE_PEEKSIGINFO_SHARED; shared++) {
    struct ptrace_peeksiginfo_args arguments = {.off = 0, .flags = shared, .nr = most};
    long count = request(PTRACE_PEEKSIGINFO, tid, (uintptr_t)&arguments, (uintptr_t)pending);
    if (count < 0 || count == most) return false;
    for (long index = 0; index < count; index++) {
      if (signals >> (pending[index].si_signo - 1) & 1) return false;
    }
  }
  return true;
}

long clinux_ptrace_signal_code(int tid, int *code) {
  siginfo_t info;
  long answer = request(PTRACE_GETSIGINFO, tid, 0, (uintptr_t)&info);
  if (answer == 0) *code = info.si_code;
  return answer;
}

long clinux_ptrace_rseq(int tid, uint64_t *address) {
  struct ptrace_rseq_configuration configuration;
  long answer =
      request(PTRACE_GET_RSEQ_CONFIGURATION, tid, sizeof configuration, (uintptr_t)&configuration);
  if (answer >= 0) *address = configuration.rseq_abi_pointer;
  return answer;
}

// Some kernel headers are older than these constants; include/uapi/linux/ptrace.h.
enum { get_dispatch = 0x4211, set_dispatch = 0x4210 };

long clinux_ptrace_get_dispatch(int tid, struct clinux_syscall_dispatch *dispatch) {
  return request(get_dispatch, tid, sizeof *dispatch, (uintptr_t)dispatch);
}

bool clinux_has_dispatch(void) {
  return prctl(59 /* PR_SET_SYSCALL_USER_DISPATCH */, 0L /* PR_SYS_DISPATCH_OFF */, 0L, 0L, 0L) == 0;
}

long clinux_ptrace_set_dispatch(int tid, const struct clinux_syscall_dispatch *dispatch) {
  return request(set_dispatch, tid, sizeof *dispatch, (uintptr_t)dispatch);
}

const unsigned int clinux_extended_state = 0x202;  // NT_X86_XSTATE
const unsigned int clinux_floating_point_state = NT_PRFPREG;
const unsigned int clinux_compatible_fxsave_state = NT_PRXFPREG;
const unsigned int clinux_arm_thread_pointer = NT_ARM_TLS;
const unsigned int clinux_arm_vector_state = NT_ARM_SVE;
// Some kernel headers are older than these constants; include/uapi/linux/elf.h.
const unsigned int clinux_arm_streaming_state = 0x40b;  // NT_ARM_SSVE
const unsigned int clinux_arm_matrix_state = 0x40c;     // NT_ARM_ZA

long clinux_ptrace_get_state(int tid, unsigned int kind, void *buffer, size_t length) {
  struct iovec vector = {buffer, length};
  long answer = request(PTRACE_GETREGSET, tid, kind, (uintptr_t)&vector);
  return answer < 0 ? answer : (long)vector.iov_len;
}

long clinux_ptrace_set_state(int tid, unsigned int kind, const void *buffer, size_t length) {
  struct iovec vector = {(void *)buffer, length};
  return request(PTRACE_SETREGSET, tid, kind, (uintptr_t)&vector);
}

#if defined(__aarch64__)
bool clinux_ptrace_has_shadow_stack(int tid) {
  // The kernel returns this state for every thread; arch/arm64/include/uapi/asm/ptrace.h, struct user_gcs.
  enum { control_stack = 0x410 };  // NT_ARM_GCS
  struct { uint64_t enabled, locked, pointer; } state = {0};
  struct iovec vector = {&state, sizeof state};
  const uint64_t enable = 1;  // PR_SHADOW_STACK_ENABLE
  return request(PTRACE_GETREGSET, tid, control_stack, (uintptr_t)&vector) == 0 && state.enabled & enable;
}
#else
bool clinux_ptrace_has_shadow_stack(int tid) {
  enum { shadow_stack = 0x204 };  // NT_X86_SHSTK
  uint64_t pointer;
  struct iovec vector = {&pointer, sizeof pointer};
  return request(PTRACE_GETREGSET, tid, shadow_stack, (uintptr_t)&vector) == 0;
}
#endif

#if defined(__x86_64__)
long clinux_ptrace_thread_area(int tid, int index, uint64_t *address) {
  enum { get_thread_area = 25 };  // PTRACE_GET_THREAD_AREA; arch/x86/include/uapi/asm/ptrace-abi.h
  struct user_desc segment;
  long answer = request(get_thread_area, tid, (uintptr_t)index, (uintptr_t)&segment);
  if (answer >= 0) *address = segment.base_addr;
  return answer;
}
#else
long clinux_ptrace_thread_area(int tid, int index, uint64_t *address) {
  (void)tid, (void)index, (void)address;
  return -EIO;
}
#endif

long clinux_ptrace_syscall_stop(int tid, struct clinux_syscall_stop *stop) {
  struct ptrace_syscall_info info = {0};
  long answer = request(PTRACE_GET_SYSCALL_INFO, tid, sizeof info, (uintptr_t)&info);
  if (answer < 0) return answer;
  stop->kind = info.op;
  stop->architecture = info.arch;
  stop->value = info.op == PTRACE_SYSCALL_INFO_ENTRY ? (int64_t)info.entry.nr : info.exit.rval;
  return 0;
}
