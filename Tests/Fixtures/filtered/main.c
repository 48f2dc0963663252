// Runs a program under a seccomp filter.
//
//     filtered KIND PROGRAM [ARGUMENT]...
//
// KIND says what happens to close_range(2) in that program:
//
//     log           the kernel logs the call and runs it
//     kill-thread   the kernel kills the thread that makes the call
//     continue      the kernel asks a supervisor, which lets the call run
//     error         the kernel asks a supervisor, which answers EIO
//     silent        the kernel asks a supervisor, which never answers
//     unsupervised  the filter wants a supervisor, but it has exited
//
// Four kinds do not concern close_range(2): `ptrace` makes ptrace(2) fail with EPERM, `kcmp` makes kcmp(2)
// fail so, as Docker's default profile does, and `harmless` lets every call run. `sequences` makes
// PTRACE_GET_RSEQ_CONFIGURATION fail with EIO, as it does before Linux 5.13. The supervisor is a child
// process that ends when the program does.
#include <errno.h>
#include <linux/filter.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static int installCode(const struct sock_filter *code, size_t size, unsigned flags) {
  struct sock_fprog program = {(unsigned short)(size / sizeof *code), (struct sock_filter *)code};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

// Installs a filter that gives a call this answer. Returns the listener if the flags ask for one.
static int install(unsigned call, unsigned answer, unsigned flags) {
  const struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, answer),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  return installCode(code, sizeof code, flags);
}

static int hideSequences(void) {
  const struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ptrace, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[0])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PTRACE_GET_RSEQ_CONFIGURATION, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EIO),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  return installCode(code, sizeof code, 0);
}

// Answers each call that the kernel asks about. The kind `silent` receives the calls and never answers.
_Noreturn static void supervise(int listener, const char *kind) {
  struct pollfd events = {.fd = listener, .events = POLLIN};
  while (poll(&events, 1, -1) > 0 && !(events.revents & (POLLHUP | POLLERR))) {
    struct seccomp_notif call = {0};
    struct seccomp_notif_resp answer = {0};
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0 || !strcmp(kind, "silent")) continue;
    answer.id = call.id;
    if (!strcmp(kind, "error")) answer.error = -EIO;
    else answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
  }
  _exit(0);
}

static int superviseInChild(const char *kind) {
  int listener = install(SYS_close_range, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
  if (listener < 0) return listener;
  pid_t program = getpid(), child = strcmp(kind, "unsupervised") ? fork() : -1;
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != program) _exit(0);
    for (int number = 0; number < 3; number++) close(number);
    supervise(listener, kind);
  }
  return close(listener);
}

static int filter(const char *kind) {
  if (!strcmp(kind, "log")) return install(SYS_close_range, SECCOMP_RET_LOG, 0);
  if (!strcmp(kind, "kill-thread")) return install(SYS_close_range, SECCOMP_RET_KILL_THREAD, 0);
  if (!strcmp(kind, "ptrace")) return install(SYS_ptrace, SECCOMP_RET_ERRNO | EPERM, 0);
  if (!strcmp(kind, "kcmp")) return install(SYS_kcmp, SECCOMP_RET_ERRNO | EPERM, 0);
  if (!strcmp(kind, "sequences")) return hideSequences();
  if (!strcmp(kind, "harmless")) return install(SYS_ptrace, SECCOMP_RET_ALLOW, 0);
  return superviseInChild(kind);
}

int main(int argc, char *argv[]) {
  if (argc < 3) return 2;
  if (filter(argv[1]) < 0) {
    printf("%s\n", strerrorname_np(errno));
    return 1;
  }
  execv(argv[2], argv + 2);
  return 127;
}
