#define _GNU_SOURCE
#include "clinux-processes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "result.h"

int clinux_own_process(void) { return getpid(); }

int clinux_own_parent(void) { return getppid(); }

int clinux_own_thread(void) { return (int)syscall(SYS_gettid); }

int clinux_usable_processors(void) {
  cpu_set_t set;
  // The call fails if the kernel knows of more processors than the set has room for.
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : CPU_SETSIZE;
}

long clinux_descriptor_limits(int pid, uint64_t *soft, uint64_t *hard) {
  struct rlimit limits;
  if (prlimit(pid, RLIMIT_NOFILE, NULL, &limits) != 0) return -errno;
  *soft = limits.rlim_cur;
  *hard = limits.rlim_max;
  return 0;
}

long clinux_set_descriptor_limit(int pid, uint64_t soft, uint64_t hard) {
  struct rlimit limits = {.rlim_cur = soft, .rlim_max = hard};
  return result(prlimit(pid, RLIMIT_NOFILE, &limits, NULL));
}

int clinux_kernel_version(void) {
  struct utsname name;
  int major = 0, minor = 0;
  if (uname(&name) != 0 || sscanf(name.release, "%d.%d", &major, &minor) != 2) return 0;
  return major << 16 | minor;
}

bool clinux_has_robust_list(int tid) {
  void *head = NULL;
  size_t length;
  return syscall(SYS_get_robust_list, tid, &head, &length) == 0 && head != NULL;
}

long clinux_pidfd_open(int pid) { return result(syscall(SYS_pidfd_open, pid, 0)); }

long clinux_pidfd_open_thread(int tid) {
  const int pidfd_thread = O_EXCL;  // some headers are older; include/uapi/linux/pidfd.h
  return result(syscall(SYS_pidfd_open, tid, pidfd_thread));
}

long clinux_pidfd_inode(int pidfd, uint64_t *inode) {
  const long pidfs = 0x50494446;  // PID_FS_MAGIC; some headers are older
  struct statfs file_system;
  struct stat status;
  if (fstatfs(pidfd, &file_system) != 0 || fstat(pidfd, &status) != 0) return -errno;
  if (file_system.f_type != pidfs) return -EOPNOTSUPP;
  *inode = status.st_ino;
  return 0;
}

long clinux_parent(int pid) {
  // The first version of struct pidfd_info, and its request; some headers are older. See
  // include/uapi/linux/pidfd.h
  struct {
    uint64_t mask, cgroup;
    uint32_t process, thread_group, parent, owners[8];
    int32_t exit_code;
  } info = {0};
  _Static_assert(sizeof info == 64, "PIDFD_INFO_SIZE_VER0");
  long pidfd = clinux_pidfd_open(pid);
  if (pidfd < 0) return pidfd;
  long answer = result(ioctl((int)pidfd, _IOWR(0xFF, 11, info), &info));
  close((int)pidfd);
  return answer < 0 ? answer : (long)info.parent;
}

long clinux_pidfd_getfd(int pidfd, int descriptor) {
  return result(syscall(SYS_pidfd_getfd, pidfd, descriptor, 0));
}

long clinux_pidfd_probe(int pidfd) {
  return result(syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0));
}

long clinux_compare_descriptor_tables(int one_tid, int other_tid) {
  return result(syscall(SYS_kcmp, one_tid, other_tid, KCMP_FILES, 0, 0));
}

long clinux_compare_memory(int one_pid, int other_pid) {
  return result(syscall(SYS_kcmp, one_pid, other_pid, KCMP_VM, 0, 0));
}

long clinux_compare_descriptors(int one_tid, unsigned one, int other_tid, unsigned other) {
  return result(syscall(SYS_kcmp, one_tid, other_tid, KCMP_FILE, (unsigned long)one, (unsigned long)other));
}

void clinux_ignore_signal(int number) { signal(number, SIG_IGN); }

long clinux_send_signal(int pid, int tid, int signal) {
  return result(syscall(SYS_tgkill, pid, tid, signal));
}

long clinux_wait(int tid, int *status, bool block) {
  siginfo_t info = {0};
  int flags = WEXITED | WSTOPPED | __WALL | (block ? 0 : WNOHANG);
  if (waitid(P_PID, (id_t)tid, &info, flags | WNOWAIT) != 0) return -errno;
  if (info.si_pid == 0) return 0;
  if (info.si_code != CLD_TRAPPED && info.si_code != CLD_STOPPED)
    return result(waitpid(tid, status, __WALL | WNOHANG));
  *status = info.si_status << 8 | 0x7F;
  return tid;
}

uint64_t clinux_monotonic_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

int64_t clinux_seconds(void) { return time(NULL); }

const char *clinux_error_name(int number) { return strerrorname_np(number); }

const char *clinux_error_description(int number) { return strerrordesc_np(number); }
