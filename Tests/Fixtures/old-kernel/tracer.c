// The process that changes the answers of statx(2). A filter cannot do that.
#include "tracer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/ptrace.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static bool hasMount = true, hasSize = true;

void removeFromAnswers(const char *feature) {
  if (!strcmp(feature, "STATX_MNT_ID")) hasMount = false;
  if (!strcmp(feature, "size-of-fd-directory")) hasSize = false;
}

static long request(long kind, pid_t tid, uintptr_t address, uintptr_t data) {
  return syscall(SYS_ptrace, kind, (long)tid, address, data);
}

// Removes what the older kernel does not have.
static void change(struct statx *status) {
  const unsigned mountID = 0x1000;               // STATX_MNT_ID
  const unsigned long long mountRoot = 0x2000;  // STATX_ATTR_MOUNT_ROOT
  struct statx procfs;
  if (!hasMount) {
    status->stx_mask &= ~mountID;
    status->stx_mnt_id = 0;
    status->stx_attributes &= ~mountRoot;
    status->stx_attributes_mask &= ~mountRoot;
  }
  // No other directory of procfs than /proc/PID/fd has a size.
  bool isOfProcfs = statx(AT_FDCWD, "/proc", 0, STATX_BASIC_STATS, &procfs) == 0 &&
                    procfs.stx_dev_major == status->stx_dev_major &&
                    procfs.stx_dev_minor == status->stx_dev_minor;
  if (!hasSize && isOfProcfs && S_ISDIR(status->stx_mode)) status->stx_size = 0;
}

// Lets a thread that is at the entry to statx(2) run the call, and changes the answer.
static void runStatus(pid_t tid) {
  struct ptrace_syscall_info entry = {0}, exit = {0};
  request(PTRACE_GET_SYSCALL_INFO, tid, sizeof entry, (uintptr_t)&entry);
  request(PTRACE_SYSCALL, tid, 0, 0);
  int state;
  if (waitpid(tid, &state, __WALL) != tid || !WIFSTOPPED(state)) return;
  request(PTRACE_GET_SYSCALL_INFO, tid, sizeof exit, (uintptr_t)&exit);
  struct statx status;
  struct iovec local = {&status, sizeof status};
  struct iovec remote = {(void *)(uintptr_t)entry.seccomp.args[4], sizeof status};
  if (exit.op == PTRACE_SYSCALL_INFO_EXIT && exit.exit.rval == 0 &&
      process_vm_readv(tid, &local, 1, &remote, 1, 0) == sizeof status) {
    change(&status);
    process_vm_writev(tid, &local, 1, &remote, 1, 0);
  }
  request(PTRACE_CONT, tid, 0, 0);
}

static void resume(pid_t tid, int state) {
  int event = state >> 16, signal = WSTOPSIG(state);
  bool isGroupStop = event == PTRACE_EVENT_STOP && signal != SIGTRAP;
  if (event == PTRACE_EVENT_SECCOMP) runStatus(tid);
  else if (isGroupStop) request(PTRACE_LISTEN, tid, 0, 0);
  else request(PTRACE_CONT, tid, 0, event ? 0 : (uintptr_t)signal);
}

_Noreturn static void trace(pid_t program, int ready) {
  unsigned long options = PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACESYSGOOD;
  if (request(PTRACE_SEIZE, program, 0, options) != 0) _exit(1);
  if (write(ready, "", 1) != 1) _exit(1);
  // The tests wait for the end of the program's output.
  for (int number = 0; number < 16; number++) close(number);
  pid_t tid;
  int state;
  while ((tid = waitpid(-1, &state, __WALL)) > 0 || errno == EINTR)
    if (tid > 0 && WIFSTOPPED(state)) resume(tid, state);
  _exit(0);
}

// The tracer is no child of the program, because the program would notice a child.
int startTracer(void) {
  int ends[2];
  char byte;
  pid_t program = getpid();
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  pid_t parent = fork();
  if (parent == 0) {
    if (fork() == 0) trace(program, ends[1]);
    _exit(0);
  }
  close(ends[1]);
  bool isReady = waitpid(parent, NULL, 0) == parent && read(ends[0], &byte, 1) == 1;
  close(ends[0]);
  return isReady ? 0 : -1;
}
