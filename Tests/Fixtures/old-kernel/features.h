// What newer kernels have, and how an older kernel answers instead.
#ifndef FEATURES_H
#define FEATURES_H

#include <errno.h>
#include <fcntl.h>
#include <linux/elf.h>
#include <linux/netlink.h>
#include <linux/ptrace.h>
#include <linux/sockios.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/syscall.h>

// A condition on the lower half of one argument of a call: it has this value, or one of these bits.
struct condition {
  enum { none, is, has } kind;
  unsigned argument, value;
};

struct feature {
  const char *name;
  // The version that brought it, 503 for 5.3; 0 for an option that a kernel can be built without.
  int version;
  unsigned call;
  // The error of the older kernel; 0 if the call is run, and the tracer changes its answer.
  int error;
  struct condition conditions[2];
};

enum {
  getSyscallInfo = 0x420e,
  getSequences = 0x420f,
  setDispatch = 0x4210,
  getDispatch = 0x4211,
  suspendSeccomp = 1 << 21,        // PTRACE_O_SUSPEND_SECCOMP
  shadowStack = 0x204,             // NT_X86_SHSTK
  queryMapping = 0xc0686611,       // PROCMAP_QUERY
  closeOnExecFlag = 1 << 2,        // CLOSE_RANGE_CLOEXEC
  exceptFlag = 1 << 3,             // CLOSE_RANGE_EXCEPT
  closeOnExecOnlyFlag = 1 << 4,    // CLOSE_RANGE_CLOEXEC_ONLY
  callSecretMemory = 447,          // memfd_secret(2)
};

// Each feature is a call, a request, a flag or a field that rangeclose or its injected calls use.
static const struct feature features[] = {
    {"clone3", 503, SYS_clone3, ENOSYS, {{0}}},
    {"pidfd_open", 503, SYS_pidfd_open, ENOSYS, {{0}}},
    {"PTRACE_GET_SYSCALL_INFO", 503, SYS_ptrace, EIO, {{is, 0, getSyscallInfo}}},
    {"openat2", 506, SYS_openat2, ENOSYS, {{0}}},
    {"pidfd_getfd", 506, SYS_pidfd_getfd, ENOSYS, {{0}}},
    {"STATX_MNT_ID", 508, SYS_statx, 0, {{0}}},
    {"close_range", 509, SYS_close_range, ENOSYS, {{0}}},
    {"CLOSE_RANGE_CLOEXEC", 511, SYS_close_range, EINVAL, {{has, 2, closeOnExecFlag}}},
    // A filter cannot see the flag. But rangeclose begins each lookup with a call that has it.
    {"RESOLVE_CACHED", 512, SYS_openat2, EINVAL, {{0}}},
    {"PTRACE_GET_RSEQ_CONFIGURATION", 513, SYS_ptrace, EIO, {{is, 0, getSequences}}},
    {"memfd_secret", 514, callSecretMemory, ENOSYS, {{0}}},
    {"size-of-fd-directory", 602, SYS_statx, 0, {{0}}},
    {"PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG", 604, SYS_ptrace, EIO, {{is, 0, getDispatch}}},
    {"PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG", 604, SYS_ptrace, EIO, {{is, 0, setDispatch}}},
    {"NT_X86_SHSTK", 606, SYS_ptrace, EINVAL, {{is, 0, PTRACE_GETREGSET}, {is, 2, shadowStack}}},
    {"PIDFD_THREAD", 609, SYS_pidfd_open, EINVAL, {{has, 1, O_EXCL}}},
    {"PROCMAP_QUERY", 611, SYS_ioctl, ENOTTY, {{is, 1, queryMapping}}},
    {"CLOSE_RANGE_EXCEPT", 704, SYS_close_range, EINVAL, {{has, 2, exceptFlag}}},
    {"CLOSE_RANGE_CLOEXEC_ONLY", 704, SYS_close_range, EINVAL, {{has, 2, closeOnExecOnlyFlag}}},
    // A kernel can be built without these. Filters of containers refuse some of them, too.
    {"PTRACE_O_SUSPEND_SECCOMP", 0, SYS_ptrace, EINVAL,
     {{is, 0, PTRACE_SETOPTIONS}, {has, 3, suspendSeccomp}}},
    {"kcmp", 0, SYS_kcmp, ENOSYS, {{0}}},
    {"memfd_create", 0, SYS_memfd_create, ENOSYS, {{0}}},
    {"process_vm_readv", 0, SYS_process_vm_readv, ENOSYS, {{0}}},
    {"process_vm_writev", 0, SYS_process_vm_writev, ENOSYS, {{0}}},
    {"NETLINK_SOCK_DIAG", 0, SYS_socket, EPROTONOSUPPORT,
     {{is, 0, AF_NETLINK}, {is, 2, NETLINK_SOCK_DIAG}}},
    {"SIOCGSKNS", 0, SYS_ioctl, ENOTTY, {{is, 1, SIOCGSKNS}}},
};

enum { featureCount = sizeof features / sizeof *features };

#endif
