#define _GNU_SOURCE
#include "clinux-processes.h"

#include <errno.h>
#include <linux/kcmp.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "result.h"

int clinux_own_thread(void) { return (int)syscall(SYS_gettid); }

long clinux_pidfd_open(int pid) { return result(syscall(SYS_pidfd_open, pid, 0)); }

long clinux_pidfd_getfd(int pidfd, int descriptor) {
  return result(syscall(SYS_pidfd_getfd, pidfd, descriptor, 0));
}

long clinux_pidfd_is_there(int pidfd) {
  return result(syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0));
}

long clinux_compare_descriptor_tables(int one_tid, int other_tid) {
  return result(syscall(SYS_kcmp, one_tid, other_tid, KCMP_FILES, 0, 0));
}

long clinux_wait(int tid, int *status, bool block) {
  return result(waitpid(tid, status, __WALL | (block ? 0 : WNOHANG)));
}

static __thread sigset_t mask_before;

long clinux_block_signals(void) {
  sigset_t all;
  sigfillset(&all);
  sigdelset(&all, SIGALRM);
  return -pthread_sigmask(SIG_SETMASK, &all, &mask_before);
}

long clinux_restore_signals(void) { return -pthread_sigmask(SIG_SETMASK, &mask_before, NULL); }

static __thread timer_t interrupting_timer;

// The handler does nothing: that a signal was handled, without SA_RESTART, is what ends the wait.
static void end_wait(int signal) { (void)signal; }

long clinux_interrupt_waits_every(unsigned int milliseconds) {
  struct sigaction action = {.sa_handler = end_wait};
  if (sigaction(SIGALRM, &action, NULL) != 0) return -errno;
  // To this very thread: only the thread that attached may wait for its tracees' stops.
  struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM};
  event._sigev_un._tid = clinux_own_thread();
  if (timer_create(CLOCK_MONOTONIC, &event, &interrupting_timer) != 0) return -errno;
  struct timespec interval = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000000};
  struct itimerspec every = {.it_interval = interval, .it_value = interval};
  return result(timer_settime(interrupting_timer, 0, &every, NULL));
}

long clinux_stop_interrupting_waits(void) { return result(timer_delete(interrupting_timer)); }

uint64_t clinux_monotonic_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

const char *clinux_error_name(int number) { return strerrorname_np(number); }

const char *clinux_error_description(int number) { return strerrordesc_np(number); }
