#define _GNU_SOURCE
#include "clinux-clock.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "clinux-processes.h"
#include "clinux-threads.h"
#include "result.h"

// The threads that were seized under the clock. The handler reads them, in the thread that adds to them.
static __thread int *volatile tracees;
static __thread volatile size_t count;
static __thread size_t capacity;

// Waits for a thread that has exited; for one that has not it does nothing.
static void reap(int tid) {
  // A look first, for waitid(2) takes a tracee's stop whether or not it was asked for stops.
  siginfo_t info = {0};
  int flags = WEXITED | WNOHANG | __WALL;
  if (waitid(P_PID, (id_t)tid, &info, flags | WNOWAIT) != 0 || info.si_pid == 0) return;
  bool isStop = info.si_code == CLD_TRAPPED || info.si_code == CLD_STOPPED;
  if (!isStop) waitid(P_PID, (id_t)tid, &info, flags);
}

// Where a PTRACE_SEIZE is left that does not come back, and when.
static __thread sigjmp_buf leave;
static __thread volatile sig_atomic_t is_seizing;
static __thread volatile uint64_t leave_at;

// That a signal was handled, without SA_RESTART, is what ends a wait. It does not end PTRACE_SEIZE, which
// is begun anew whatever the handler was installed with: ERESTARTNOINTR, `ptrace_attach` in
// kernel/ptrace.c. So threads that have exited are waited for here: a few at a time and the latest first
// of all, or with thousands of them there would be time for nothing else.
static void tick(int signal) {
  static __thread size_t next;
  enum { latest = 16, others = 48 };
  int error = errno;
  (void)signal;
  for (size_t index = 0; index < latest && index < count; index++) reap(tracees[count - 1 - index]);
  for (size_t index = 0; index < others && index < count; index++) reap(tracees[next++ % count]);
  errno = error;
  if (is_seizing && (clinux_monotonic_nanoseconds() >= leave_at || clinux_is_asked_to_end())) {
    is_seizing = 0;
    siglongjmp(leave, 1);
  }
}

static struct sigaction action_before;
static struct itimerval timer_before;

// setitimer(2) takes none of the signals that a user may have queued, of which timer_create(2) needs one;
// see RLIMIT_SIGPENDING in getrlimit(2). This is the only thread that has SIGALRM not blocked: it is its
// calls that have to come back.
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

long clinux_ptrace_seize(int tid, unsigned long options, uint64_t until) {
  if (count == capacity) {
    int *old = tracees, *larger = malloc((2 * capacity + 64) * sizeof *larger);
    if (!larger) return -ENOMEM;
    if (old) memcpy(larger, old, count * sizeof *old);
    tracees = larger;
    capacity = 2 * capacity + 64;
    free(old);
  }
  // Should it be left in the moment of its success, the thread is let go of when this one ends.
  if (sigsetjmp(leave, 1) != 0) return -ETIMEDOUT;
  leave_at = until;
  is_seizing = 1;
  long answer = result(ptrace(PTRACE_SEIZE, tid, NULL, options));
  is_seizing = 0;
  if (answer == 0) {
    tracees[count] = tid;
    count++;
  }
  return answer;
}
