// Processes, their relations, and the time we give a wait.
#ifndef CLINUX_PROCESSES_H
#define CLINUX_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int clinux_own_thread(void);  // gettid(2)
long clinux_pidfd_open(int pid);
long clinux_pidfd_getfd(int pidfd, int descriptor);

// 0 while the process that the pidfd stands for is there, also as a zombie; -ESRCH after.
long clinux_pidfd_is_there(int pidfd);

// 0 where two threads have one descriptor table; see kcmp(2), KCMP_FILES.
long clinux_compare_descriptor_tables(int one_tid, int other_tid);

// waitpid(2) with __WALL. A thread group's threads are waited for one at a time, by thread ID:
// waiting for any of them walks the list of all of them.
long clinux_wait(int tid, int *status, bool block);

// Blocks every signal that can be blocked in this thread, but the one that ends a wait.
long clinux_block_signals(void);
long clinux_restore_signals(void);

// Makes a blocked clinux_wait of this thread answer -EINTR, again and again, every interval.
// A repeating timer has no moment between a check and the wait in which it could be missed.
long clinux_interrupt_waits_every(unsigned int milliseconds);
long clinux_stop_interrupting_waits(void);

uint64_t clinux_monotonic_nanoseconds(void);

// strerrorname_np(3), "EPERM", and strerrordesc_np(3); NULL where the number means nothing.
const char *clinux_error_name(int number);
const char *clinux_error_description(int number);

#endif
