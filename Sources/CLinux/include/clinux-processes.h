// Processes, their relations, and the time we give a wait.
#ifndef CLINUX_PROCESSES_H
#define CLINUX_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int clinux_own_process(void);  // getpid(2)
int clinux_own_thread(void);   // gettid(2)

// How many processors this thread may run on; sched_getaffinity(2).
int clinux_usable_processors(void);

// uname(2): the kernel's version, the major number in the upper half and the minor one in the lower half.
int clinux_kernel_version(void);

long clinux_pidfd_open(int pid);
// The same for a thread, whose descriptors it then stands for; PIDFD_THREAD, since Linux 6.9.
long clinux_pidfd_open_thread(int tid);
long clinux_pidfd_getfd(int pidfd, int descriptor);

// -ESRCH once the process that the pidfd stands for is gone; until then 0, also for a zombie, or -EPERM.
long clinux_pidfd_is_there(int pidfd);

// 0 where two threads have one descriptor table; see kcmp(2), KCMP_FILES.
long clinux_compare_descriptor_tables(int one_tid, int other_tid);

// 0 where two descriptors of a thread's table stand for one open file description; see kcmp(2), KCMP_FILE.
long clinux_compare_descriptors(int tid, int one, int other);

// tgkill(2)
long clinux_send_signal(int pid, int tid, int signal);

// signal(2) with SIG_IGN, which Swift cannot name.
void clinux_ignore_signal(int signal);

// What waitpid(2) with __WALL would answer. A thread group's threads are waited for one at a time, by thread
// ID: waiting for any of them walks the list of all of them.
//
// A stop is only looked at, WNOWAIT: the kernel would take it that the signal of a signal-delivery-stop is
// ours from then on, and were we killed before it is handed back, it would be lost; see `wait_task_stopped`
// in kernel/exit.c. So a stop is told again until the thread has been resumed.
long clinux_wait(int tid, int *status, bool block);

uint64_t clinux_monotonic_nanoseconds(void);

// strerrorname_np(3), "EPERM", and strerrordesc_np(3); NULL where the number means nothing.
const char *clinux_error_name(int number);
const char *clinux_error_description(int number);

#endif
