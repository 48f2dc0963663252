#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "clinux-processes.h"
#include "clinux-threads.h"

struct watchdog {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  uint64_t until;
  bool is_over;
  void (*body)(void *context);
  void *context;
};

static void *watch(void *argument) {
  struct watchdog *watchdog = argument;
  pthread_mutex_lock(&watchdog->lock);
  while (!watchdog->is_over) {
    uint64_t until = watchdog->until;
    if (clinux_monotonic_nanoseconds() >= until) watchdog->body(watchdog->context);
    struct timespec end = {(time_t)(until / 1000000000), (long)(until % 1000000000)};
    pthread_cond_timedwait(&watchdog->changed, &watchdog->lock, &end);
  }
  pthread_mutex_unlock(&watchdog->lock);
  free(watchdog);
  return NULL;
}

static bool start_thread(struct watchdog *watchdog) {
  pthread_condattr_t clock;
  pthread_condattr_init(&clock);
  pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
  pthread_mutex_init(&watchdog->lock, NULL);
  pthread_cond_init(&watchdog->changed, &clock);
  // The thread must not take the signals that another thread blocks or waits for.
  sigset_t all, before;
  sigfillset(&all);
  pthread_t thread;
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(&thread, NULL, watch, watchdog);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return !error && pthread_detach(thread) == 0;
}

uintptr_t clinux_start_watchdog(void (*body)(void *context), void *context, uint64_t until) {
  struct watchdog *watchdog = calloc(1, sizeof *watchdog);
  if (!watchdog) return 0;
  watchdog->until = until;
  watchdog->body = body;
  watchdog->context = context;
  if (start_thread(watchdog)) return (uintptr_t)watchdog;
  free(watchdog);
  return 0;
}

void clinux_extend_watchdog(uintptr_t handle, uint64_t until) {
  struct watchdog *watchdog = (void *)handle;
  pthread_mutex_lock(&watchdog->lock);
  watchdog->until = until;
  pthread_mutex_unlock(&watchdog->lock);
}

void clinux_stop_watchdog(uintptr_t handle) {
  struct watchdog *watchdog = (void *)handle;
  pthread_mutex_lock(&watchdog->lock);
  watchdog->is_over = true;
  pthread_cond_signal(&watchdog->changed);
  pthread_mutex_unlock(&watchdog->lock);
}

void clinux_exit_at_once(int status) { _exit(status); }
