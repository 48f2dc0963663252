#define _GNU_SOURCE
#include "clinux-clock.h"

#include <errno.h>
#include <signal.h>
#include <sys/time.h>

#include "clinux-processes.h"
#include "clinux-threads.h"
#include "clock.h"
#include "result.h"
#include "seized.h"

__thread struct clock_limit clock_limit;

// A handled signal ends a blocked wait, because the handler is installed without SA_RESTART. It does not end
// PTRACE_SEIZE: the kernel restarts that request, even if the handler has no SA_RESTART. See ERESTARTNOINTR
// and `ptrace_attach` in kernel/ptrace.c. So the handler itself waits for seized threads that have exited,
// and jumps out of a call whose time is up.
static void tick(int signal) {
  int error = errno;
  (void)signal;
  seized_reap();
  errno = error;
  if (!clock_limit.is_running) return;
  if (clinux_monotonic_nanoseconds() >= clock_limit.until || clinux_is_termination_pending()) {
    clock_stop_limit();
    siglongjmp(clock_limit.point, 1);
  }
}

static struct sigaction action_before;
static struct itimerval timer_before;

// setitimer(2) needs no queued signal. timer_create(2) needs a queued signal, and the user may have reached
// the limit RLIMIT_SIGPENDING; see getrlimit(2). The kernel delivers SIGALRM to this thread, because all
// other threads block it.
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
  // The process may have been started with an alarm. This restores the alarm with the time that was left when
  // the timer started.
  long answer = result(setitimer(ITIMER_REAL, &timer_before, NULL));
  sigaction(SIGALRM, &action_before, NULL);
  seized_clear();
  return answer;
}
