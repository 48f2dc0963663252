// Calls on processes and threads: IDs, pidfds, kcmp(2), signals and waits. Also the monotonic clock, and the
// names of errors.
#ifndef CLINUX_PROCESSES_H
#define CLINUX_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int clinux_own_process(void);  // getpid(2)
int clinux_own_parent(void);   // getppid(2)
int clinux_own_thread(void);   // gettid(2)

// sched_getaffinity(2): the number of processors that this thread may run on.
int clinux_usable_processors(void);

// uname(2): the kernel's version. The upper 16 bits are the major number, the lower 16 bits the minor number.
int clinux_kernel_version(void);

// get_robust_list(2): true if the thread has registered a list of robust futexes, as every thread of glibc
// has. False also if the kernel refuses the call.
bool clinux_has_robust_list(int tid);

// pidfd_open(2)
long clinux_pidfd_open(int pid);

// pidfd_open(2) with PIDFD_THREAD, since Linux 6.9: the descriptor refers to the thread and its descriptor
// table.
long clinux_pidfd_open_thread(int tid);

// fstatfs(2) and fstat(2): the inode number of a pidfd. It identifies the process since Linux 6.9; before
// that the result is -EOPNOTSUPP.
long clinux_pidfd_inode(int pidfd, uint64_t *inode);

// ioctl(2) with PIDFD_GET_INFO, since Linux 6.13: the process ID of the parent, 0 if it is in another PID
// namespace. Older kernels answer -EINVAL or -ENOTTY.
long clinux_parent(int pid);

// pidfd_getfd(2)
long clinux_pidfd_getfd(int pidfd, int descriptor);

// pidfd_send_signal(2) with signal 0. Returns -ESRCH if the process of the pidfd is gone. Before that, it
// returns 0 or -EPERM. A zombie is not gone yet.
long clinux_pidfd_probe(int pidfd);

// kcmp(2) with KCMP_FILES: 0 if two threads share a descriptor table.
long clinux_compare_descriptor_tables(int one_tid, int other_tid);

// kcmp(2) with KCMP_VM: 0 if two processes share their memory.
long clinux_compare_memory(int one_pid, int other_pid);

// kcmp(2) with KCMP_FILE: 0 if two descriptors refer to the same open file description.
long clinux_compare_descriptors(int one_tid, unsigned one, int other_tid, unsigned other);

// prlimit(2) with RLIMIT_NOFILE: the soft and the hard limit of a process. A soft limit is one more than the
// largest number that the process may open.
long clinux_descriptor_limits(int pid, uint64_t *soft, uint64_t *hard);

// prlimit(2) with RLIMIT_NOFILE: sets the soft limit, and leaves the hard limit.
long clinux_set_descriptor_limit(int pid, uint64_t soft, uint64_t hard);

// tgkill(2)
long clinux_send_signal(int pid, int tid, int signal);

// signal(2) with SIG_IGN, a macro that Swift does not import.
void clinux_ignore_signal(int signal);

// Waits with waitid(2), and returns the result and the status as waitpid(2) with __WALL does. Callers wait
// for one thread at a time, by its ID. If they waited for any thread, the kernel would walk the list of all
// threads.
//
// The function reads a stop with WNOWAIT, and does not consume it. So it reports the same stop again until
// the thread has been resumed. If it consumed a signal-delivery-stop, the kernel would regard the signal as
// taken by rangeclose. rangeclose could then be killed before it resumes the thread with the signal, and the
// signal would be lost. See `wait_task_stopped` in kernel/exit.c.
long clinux_wait(int tid, int *status, bool block);

// time(2): seconds since 1970.
int64_t clinux_seconds(void);

// clock_gettime(2) with CLOCK_MONOTONIC, in nanoseconds.
uint64_t clinux_monotonic_nanoseconds(void);

// strerrorname_np(3), such as "EPERM"; NULL for an unknown number.
const char *clinux_error_name(int number);

// strerrordesc_np(3); NULL for an unknown number.
const char *clinux_error_description(int number);

#endif
