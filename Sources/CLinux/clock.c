#define _GNU_SOURCE
#include "clinux-clock.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "clinux-processes.h"
#include "result.h"

static __thread sigset_t mask_before;

long clinux_block_signals(void) {
  sigset_t all;
  sigfillset(&all);
  return -pthread_sigmask(SIG_SETMASK, &all, &mask_before);
}

long clinux_restore_signals(void) { return -pthread_sigmask(SIG_SETMASK, &mask_before, NULL); }

bool clinux_is_asked_to_end(void) {
  static const int ends[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
  sigset_t pending;
  if (sigpending(&pending) != 0) return false;
  for (size_t index = 0; index < sizeof ends / sizeof *ends; index++) {
    struct sigaction action;
    // One that is blocked is kept even where it is to be ignored, as under nohup(1).
    if (sigismember(&pending, ends[index]) != 1) continue;
    if (sigaction(ends[index], NULL, &action) == 0 && action.sa_handler != SIG_IGN) return true;
  }
  return false;
}

struct errand {
  void (*body)(void *context);
  void *context;
};

static void *run(void *argument) {
  const struct errand *errand = argument;
  errand->body(errand->context);
  return NULL;
}

long clinux_run_in_thread(void (*body)(void *context), void *context) {
  struct errand errand = {body, context};
  pthread_t thread;
  int error = pthread_create(&thread, NULL, run, &errand);
  return -(error ? error : pthread_join(thread, NULL));
}

// The threads that were seized under the clock. The handler reads them, in the thread that adds to them.
static __thread int *volatile tracees;
static __thread volatile size_t count;
static __thread size_t capacity;

// That a signal was handled, without SA_RESTART, is what ends a wait. It does not end PTRACE_SEIZE, which
// is begun anew whatever the handler was installed with: ERESTARTNOINTR, `ptrace_attach` in
// kernel/ptrace.c.
static void tick(int signal) {
  int error = errno;
  (void)signal;
  for (size_t index = 0; index < count; index++) {
    // A look first, for waitid(2) takes a tracee's stop whether or not it was asked for stops.
    siginfo_t info = {0};
    int flags = WEXITED | WNOHANG | __WALL;
    if (waitid(P_PID, (id_t)tracees[index], &info, flags | WNOWAIT) != 0 || info.si_pid == 0) continue;
    bool isStop = info.si_code == CLD_TRAPPED || info.si_code == CLD_STOPPED;
    if (!isStop) waitid(P_PID, (id_t)tracees[index], &info, flags);
  }
  errno = error;
}

static struct sigaction action_before;
static struct itimerval timer_before;

// setitimer(2) takes none of the signals that a user may have queued, of which timer_create(2) needs one;
// see RLIMIT_SIGPENDING in getrlimit(2). Every other thread has SIGALRM blocked.
long clinux_start_clock(unsigned int milliseconds) {
  struct sigaction action = {.sa_handler = tick};
  if (sigaction(SIGALRM, &action, &action_before) != 0) return -errno;
  struct timeval interval = {milliseconds / 1000, (long)(milliseconds % 1000) * 1000};
  struct itimerval every = {.it_interval = interval, .it_value = interval};
  if (setitimer(ITIMER_REAL, &every, &timer_before) != 0) return -errno;
  sigset_t alarm;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  return -pthread_sigmask(SIG_UNBLOCK, &alarm, NULL);
}

long clinux_stop_clock(void) {
  // Of an alarm that we were started with, what was left of it then is left.
  long answer = result(setitimer(ITIMER_REAL, &timer_before, NULL));
  sigaction(SIGALRM, &action_before, NULL);
  count = capacity = 0;
  free(tracees);
  tracees = NULL;
  return answer;
}

long clinux_ptrace_seize(int tid, unsigned long options) {
  if (count == capacity) {
    int *old = tracees, *larger = malloc((2 * capacity + 64) * sizeof *larger);
    if (!larger) return -ENOMEM;
    if (old) memcpy(larger, old, count * sizeof *old);
    tracees = larger;
    capacity = 2 * capacity + 64;
    free(old);
  }
  long answer = result(ptrace(PTRACE_SEIZE, tid, NULL, options));
  if (answer == 0) {
    tracees[count] = tid;
    count++;
  }
  return answer;
}
