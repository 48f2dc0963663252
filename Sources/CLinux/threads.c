#define _GNU_SOURCE
#include "clinux-threads.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "clinux-processes.h"

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
  int tid;
};

static void *run(void *argument) {
  struct errand *errand = argument;
  errand->tid = clinux_own_thread();
  errand->body(errand->context);
  return NULL;
}

long clinux_run_in_thread(void (*body)(void *context), void *context) {
  struct errand errand = {body, context, 0};
  pthread_t thread;
#ifdef M_ARENA_MAX
  // The memory that is there already: a new arena's pages would first be touched while a target stands still.
  mallopt(M_ARENA_MAX, 1);
#endif
  int error = pthread_create(&thread, NULL, run, &errand);
  if (!error) error = pthread_join(thread, NULL);
  if (error) return -error;
  // A thread can be joined before it lets go of what it traces: `exit_mm` comes first in kernel/exit.c.
  while (clinux_send_signal(getpid(), errand.tid, 0) == 0) sched_yield();
  return 0;
}
